import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { findJwksFault, keyFor } from '../../src/clients/keys/public-jwks.js';

interface Pooled {
  alg: string;
  jwk: Record<string, string>;
}

function exported(type: string, options: object): Record<string, string> {
  const make = generateKeyPairSync as unknown as (type: string, options: object) => { publicKey: KeyObject };
  return make(type, options).publicKey.export({ format: 'jwk' }) as Record<string, string>;
}

const POOL: Pooled[] = [
  ...[1, 2, 3].map(() => ({ alg: 'ES256', jwk: exported('ec', { namedCurve: 'P-256' }) })),
  ...[1, 2].map(() => ({ alg: 'ES384', jwk: exported('ec', { namedCurve: 'P-384' }) })),
  ...[1, 2].map(() => ({ alg: 'RS256', jwk: exported('rsa', { modulusLength: 2048 }) })),
  ...[1, 2].map(() => ({ alg: 'EdDSA', jwk: exported('ed25519', {}) })),
];

const SOUND_MARKS = [{}, { use: 'sig' }, { key_ops: ['verify'] }, { use: 'sig', key_ops: ['verify', 'sign'] }];
const ENCRYPTION_MARKS = [
  { use: 'enc' },
  { key_ops: ['encrypt'] },
  { key_ops: ['deriveBits'] },
  { alg: 'RSA-OAEP' },
  { use: 'enc', alg: 'ECDH-ES' },
];
const FAULTS = [
  { use: 'tls' },
  { key_ops: ['sign'] },
  { alg: 'none' },
  { alg: 'HS256' },
  { kid: 7 },
  { d: 'AAAA' },
  { kty: 'oct' },
  { k: 'AA' },
];
const SILENT = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'use', 'alg', 'key_ops', 'x5c', 'x5t', 'x5u', 'priv'];

interface Made {
  pooled: Pooled;
  kind: 'signing' | 'encryption' | 'faulty';
  kid: string | undefined;
  jwk: object;
}

const silentMembers = fc.dictionary(fc.constantFrom(...SILENT), fc.constantFrom(null, '', []), { maxKeys: 6 });

const made: fc.Arbitrary<Made> = fc
  .record({
    pooled: fc.constantFrom(...POOL),
    kind: fc.constantFrom('signing' as const, 'signing' as const, 'signing' as const, 'encryption' as const, 'faulty' as const),
    kid: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { nil: undefined, freq: 6 }),
    silent: silentMembers,
    pick: fc.nat(),
  })
  .map(({ pooled, kind, kid, silent, pick }) => {
    const marks: readonly object[] = { signing: SOUND_MARKS, encryption: ENCRYPTION_MARKS, faulty: FAULTS }[kind];
    return { pooled, kind, kid, jwk: { ...silent, ...(kid === undefined ? {} : { kid }), ...pooled.jwk, ...marks[pick % marks.length] } };
  });

/** What the rules say, in other words than the code. */
function isSound(set: readonly Made[]): boolean {
  const signing = set.filter(({ kind }) => kind === 'signing');
  const kids = signing.map(({ kid }) => kid);
  const isNamed = signing.length === 1 || (!kids.includes(undefined) && new Set(kids).size === kids.length);
  const isEachOnce = new Set(signing.map(({ pooled }) => pooled)).size === signing.length;
  return signing.length > 0 && isNamed && isEachOnce && set.every(({ kind }) => kind !== 'faulty');
}

/** RSA's other half is sound with another public exponent as well: every odd one that the rules allow. */
function isExponent(value: unknown): boolean {
  const bytes = typeof value === 'string' && /^[\w-]+$/.test(value) ? [...Buffer.from(value, 'base64url')] : [];
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return number >= 65_537 && number < 2 ** 32 && number % 2 === 1;
}

it('takes a set exactly when each key for signatures is sound, named and there once, whatever stands beside', () => {
  fc.assert(
    fc.property(fc.array(made, { minLength: 1, maxLength: 6 }), (set) => {
      expect(findJwksFault({ keys: set.map(({ jwk }) => jwk) }) === undefined).toBe(isSound(set));
    }),
    { numRuns: 1000 },
  );
});

it('finds each key of a set that was taken by its kid, one for encryption never, and without a kid only the one that fits', () => {
  fc.assert(
    fc.property(fc.array(made, { minLength: 1, maxLength: 5 }).filter(isSound), (set) => {
      const jwks = { keys: set.map(({ jwk }) => jwk) };
      const signing = set.filter(({ kind }) => kind === 'signing');
      for (const { pooled, kid } of signing) {
        const rivals = signing.filter((other) => other.pooled.alg === pooled.alg);
        expect(keyFor(jwks, { alg: pooled.alg, kid })).toEqual(kid === undefined && rivals.length > 1 ? undefined : pooled.jwk);
        expect(keyFor(jwks, { alg: pooled.alg })).toEqual(rivals.length > 1 ? undefined : pooled.jwk);
        expect(keyFor(jwks, { alg: pooled.alg, kid: 'nobody' })).toBeUndefined();
      }
      const algorithms = signing.map(({ pooled }) => pooled.alg);
      for (const { pooled } of set) if (!algorithms.includes(pooled.alg)) expect(keyFor(jwks, { alg: pooled.alg })).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

it('says of whatever JSON what is wrong with it, and of a key with any member replaced too', () => {
  const anything = fc.oneof(fc.jsonValue(), fc.constantFrom({ toString: 1 }, ['x'], 7, '', null, '\u0000', 'A'.repeat(3000)));
  fc.assert(
    fc.property(anything, (value) => typeof findJwksFault(value) === 'string' && typeof findJwksFault({ keys: [value] }) === 'string'),
    { numRuns: 1000 },
  );
  const members = fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'alg', 'use', 'kid', 'key_ops');
  fc.assert(
    fc.property(fc.constantFrom(...POOL), members, anything, ({ jwk }, member, value) => {
      const fault = findJwksFault({ keys: [{ ...jwk, [member]: value }] });
      expect(['string', 'undefined']).toContain(typeof fault);
      const isAnotherKey = member === 'e' && isExponent(value);
      if (jwk[member] !== undefined && jwk[member] !== value && !isAnotherKey) expect(typeof fault).toBe('string');
    }),
    { numRuns: 2000 },
  );
});

it('takes a number for no secret, whatever form it has by chance, and a text for one', () => {
  const secret = `lk_${'a1B'.repeat(16)}9`;
  const { jwk } = POOL.find(({ alg }) => alg === 'RS256') as Pooled;
  const n = `${jwk.n?.slice(0, 100)}${secret}${jwk.n?.slice(100 + secret.length)}`;
  expect(findJwksFault({ keys: [{ ...jwk, n }] })).toBeUndefined();
  for (const more of [{ kid: secret }, { note: secret }, { x5u: `https://a.example/${secret}` }])
    expect(findJwksFault({ keys: [{ ...jwk, ...more }] })).toMatch(/has the form of a secret/);
});

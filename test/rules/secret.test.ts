import fc from 'fast-check';
import {
  digestSecret,
  hintOf,
  isPossibleSecret,
  makeSecret,
  matchSecret,
  type PlainSecret,
  type SecretDigest,
} from '../../src/clients/secret.js';
import { Cipher } from '../../src/platform/cipher.js';

const mac = new Cipher(Buffer.alloc(32, 9));
const ROW = '01a2078e-85d0-7685-ba52-c8b31263be61';
const plain = (text: string) => text as PlainSecret;
const store = (secret: string) => ({ digest: digestSecret(mac, ROW, plain(secret)), keyId: mac.keyId });

it('has its form, and uses its whole alphabet evenly', () => {
  const secrets = Array.from({ length: 500 }, makeSecret);
  for (const secret of secrets) expect(secret).toMatch(/^lk_[0-9A-Za-z]{49}$/);
  expect(new Set(secrets).size).toBe(500);
  const random = secrets.map((secret) => secret.slice(4, 46)).join('');
  const counts = Object.values(Object.groupBy([...random], (character) => character)).map((found) => found?.length ?? 0);
  expect(counts).toHaveLength(62);
  expect(Math.min(...counts)).toBeGreaterThan((random.length / 62) * 0.7);
});

it('passes its own check, and no secret with one character changed does', () => {
  fc.assert(
    fc.property(fc.nat(48), fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'), (index, character) => {
      const secret = makeSecret();
      const changed = `${secret.slice(0, 3 + index)}${character}${secret.slice(4 + index)}`;
      return isPossibleSecret(secret) && (changed === secret || !isPossibleSecret(changed));
    }),
  );
});

it('is refused in any other length or with anything around it', () => {
  const secret = makeSecret();
  for (const text of [`${secret}\0`, `${secret} `, ` ${secret}`.slice(1) + secret, secret.slice(0, -1), `${secret}\n`, 'lk_'])
    expect(isPossibleSecret(text)).toBe(false);
});

it('that an administrator brought may have any other form', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.startsWith('lk_')),
      (text) => isPossibleSecret(text),
    ),
  );
});

it('matches its own digest for its own client, and nothing else', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (right, wrong) => {
      const own = store(right);
      return (
        matchSecret(mac, ROW, right, [own]) === own &&
        matchSecret(mac, ROW, right, [store('other'), own]) === own &&
        (matchSecret(mac, ROW, wrong, [own]) === own) === (wrong === right) &&
        matchSecret(mac, ROW.replace('0', '1'), right, [own]) === undefined &&
        matchSecret(mac, ROW, right, []) === undefined
      );
    }),
  );
});

it('matches a digest of an earlier key while that key is at hand, and of no other', () => {
  const earlier = new Cipher(Buffer.alloc(32, 1));
  const digest = { digest: digestSecret(earlier, ROW, plain('x')), keyId: earlier.keyId };
  const both = new Cipher(Buffer.alloc(32, 2), Buffer.alloc(32, 1));
  expect(matchSecret(both, ROW, 'x', [digest])).toBe(digest);
  expect(matchSecret(both, ROW, 'y', [digest])).toBeUndefined();
  expect(matchSecret(both, ROW, 'x', [{ ...digest, keyId: both.keyId }])).toBeUndefined();
  expect(matchSecret(new Cipher(Buffer.alloc(32, 2)), ROW, 'x', [digest])).toBeUndefined();
});

it('matches nothing that was stored without a digest', () => {
  expect(matchSecret(mac, ROW, 'x', [{ digest: '' as SecretDigest, keyId: mac.keyId }, store('x')])).toEqual(store('x'));
  expect(matchSecret(mac, ROW, '', [{ digest: '' as SecretDigest, keyId: mac.keyId }])).toBeUndefined();
});

it('does the same work whether there are no digests, one or two', () => {
  const calls: string[] = [];
  const counting = {
    keyIds: mac.keyIds,
    lookupMac: () => '',
    mac: (text: string) => {
      calls.push(text);
      return mac.mac(text);
    },
  };
  for (const secrets of [[], ['a'], ['a', 'b']]) {
    calls.length = 0;
    matchSecret(counting, ROW, 'x', secrets.map(store));
    expect(calls).toEqual([`${ROW}x`]);
  }
});

it('is hinted at by its last four characters', () => {
  const secret = makeSecret();
  expect(hintOf(secret)).toBe(`…${secret.slice(-4)}`);
});

import { generateKeyPairSync, sign } from 'node:crypto';
import { CompactSign, importJWK, type JWK } from 'jose';
import { checkingKey, isSignedBy } from '../../src/authentication/assertion-signature.js';

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const makeKeys = () => {
  const [short, long] = [rsa(2048), rsa(4104)];
  const ed = generateKeyPairSync('ed25519');
  return {
    ...{ RS256: short, RS384: short, RS512: long, PS256: short, EdDSA: ed, Ed25519: ed },
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  };
};
type Algorithm = keyof ReturnType<typeof makeKeys>;
const [KEYS, OTHERS] = [makeKeys(), makeKeys()];
const text = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function signed(alg: Algorithm): Promise<string> {
  const key = await importJWK(KEYS[alg].privateKey.export({ format: 'jwk' }) as JWK, alg);
  return new CompactSign(Buffer.from(JSON.stringify({ at: Math.random() }))).setProtectedHeader({ alg }).sign(key);
}

const check = (alg: Algorithm, jws: string, { publicKey } = KEYS[alg]) => isSignedBy(checkingKey(publicKey), alg, jws);

describe.each(Object.keys(KEYS) as Algorithm[])('a signature by %s', (alg) => {
  it('is that of its key for its text, and of no other', async () => {
    const jws = await signed(alg);
    expect(await check(alg, jws)).toBe(true);
    const [header, , signature] = jws.split('.');
    expect(await check(alg, [header, text({ at: 2 }), signature].join('.'))).toBe(false);
    expect(await check(alg, jws, OTHERS[alg])).toBe(false);
  });

  it('is none with a bit turned, cut off, longer, empty, or of zeros alone', async () => {
    const jws = await signed(alg);
    const end = jws.lastIndexOf('.') + 1;
    const bytes = Buffer.from(jws.slice(end), 'base64url');
    const turned = bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));
    const half = bytes.length / 2;
    const zeros = Buffer.alloc(half);
    for (const other of [
      turned,
      bytes.subarray(1),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.of(0)]),
      Buffer.concat([Buffer.of(0), bytes]),
      Buffer.alloc(0),
      Buffer.alloc(bytes.length),
      Buffer.alloc(bytes.length, 0xff),
      Buffer.concat([bytes.subarray(0, half), zeros]),
      Buffer.concat([zeros, bytes.subarray(half)]),
    ])
      expect(await check(alg, jws.slice(0, end) + Buffer.from(other).toString('base64url'))).toBe(false);
  });
});

it.each<[Algorithm, string, number]>([
  ['ES256', 'sha256', 32],
  ['ES384', 'sha384', 48],
])('numbers of every length are read as OpenSSL writes them: %s', async (alg, hash, size) => {
  const { privateKey } = KEYS[alg];
  const seen = new Set<string>();
  // One in 128 has a number with a zero before it.
  for (let time = 0; time < 4_000 && seen.size < 4; time += 1) {
    const data = `${text({ alg })}.${text({ time })}`;
    const signature = sign(hash, Buffer.from(data), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const forms = [signature, signature.subarray(size)].map((number) =>
      number[0] === 0 ? 'short' : (number[0] as number) < 0x80 ? 'plain' : 'high',
    );
    const isNew = forms.some((form, index) => !seen.has(`${index} ${form}`));
    for (const [index, form] of forms.entries()) if (form !== 'plain') seen.add(`${index} ${form}`);
    if (isNew) expect(await check(alg, `${data}.${signature.toString('base64url')}`)).toBe(true);
  }
  expect([...seen].sort()).toEqual(['0 high', '0 short', '1 high', '1 short']);
});

import { generateKeyPairSync } from 'node:crypto';
import { KeyRing } from '../../src/keys/key-ring.js';
import type { SigningKey } from '../../src/keys/signing-key.entity.js';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const row = (id: string) =>
  ({
    id,
    algorithm: 'ES256',
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid: id, alg: 'ES256' },
    activatesAt: new Date(0),
    publishedUntil: null,
  }) as unknown as SigningKey;

/** A ring whose database answers when it is told to, and a ring that has asked it twice by now. */
async function askedTwice() {
  const waiting: ((rows: SigningKey[]) => void)[] = [];
  const reload = () => new Promise<SigningKey[]>((resolve) => waiting.push(resolve));
  const ring = new KeyRing([row('old')], 1, { unlock: () => privateKey, reload });
  const done = Promise.all([ring.catchUp(2), ring.catchUp(3)]);
  return { ring, done, first: waiting[0] as (rows: SigningKey[]) => void, second: waiting[1] as (rows: SigningKey[]) => void };
}

it('keeps the answer that it asked for last, in whatever order they come', async () => {
  const { ring, done, first, second } = await askedTwice();
  second([row('new')]);
  await new Promise(setImmediate);
  first([row('old')]);
  await done;
  expect(ring.active.kid).toBe('new');
  expect(ring.publishedAt(new Date()).map(({ jwk }) => jwk.kid)).toEqual(['new']);
});

it('does not ask for what it knows', async () => {
  const reload = () => Promise.reject(new Error('asked'));
  const ring = new KeyRing([row('old')], 3, { unlock: () => privateKey, reload });
  await Promise.all([1, 2, 3].map((version) => ring.catchUp(version)));
  await expect(ring.catchUp(4)).rejects.toThrow('asked');
});

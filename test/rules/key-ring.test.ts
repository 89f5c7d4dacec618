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
  let isLoaded = false;
  const reload = () => (isLoaded ? new Promise<SigningKey[]>((resolve) => waiting.push(resolve)) : Promise.resolve([row('old')]));
  const ring = await KeyRing.load(1, { unlock: () => privateKey, reload });
  isLoaded = true;
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
  let isLoaded = false;
  const reload = () => (isLoaded ? Promise.reject(new Error('asked')) : Promise.resolve([row('old')]));
  const ring = await KeyRing.load(3, { unlock: () => privateKey, reload });
  isLoaded = true;
  await Promise.all([1, 2, 3].map((version) => ring.catchUp(version)));
  await expect(ring.catchUp(4)).rejects.toThrow('asked');
});

it('lets others be served while it reads very many', async () => {
  const rows = Array.from({ length: 200 }, (_, index) => row(`key-${index}`));
  let [turns, isRead] = [0, false];
  const count = () => {
    turns += 1;
    if (!isRead) setImmediate(count);
  };
  setImmediate(count);
  const ring = await KeyRing.load(1, { unlock: () => privateKey, reload: async () => rows });
  isRead = true;
  expect(turns).toBeGreaterThanOrEqual(19);
  expect(ring.publishedAt(new Date())).toHaveLength(200);
});

it('publishes each key until its end, and lets each sign from its beginning, as the clock goes, forth and back', async () => {
  const planned = { ...row('next'), activatesAt: new Date(2_000) } as SigningKey;
  const retired = { ...row('old'), publishedUntil: new Date(3_000) } as SigningKey;
  const ring = await KeyRing.load(1, { unlock: () => privateKey, reload: async () => [planned, retired] });
  const at = (milliseconds: number) => ring.publishedAt(new Date(milliseconds)).map(({ jwk }) => jwk.kid);
  const seen = [1_000, 1_999, 2_000, 2_999, 3_000, 9_000, 1_500].map((moment) => at(moment).join());
  expect(seen).toEqual(['old,next', 'old,next', 'next,old', 'next,old', 'next', 'next', 'old,next']);
});

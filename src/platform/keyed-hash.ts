import { createHash, randomBytes } from 'node:crypto';

/** Of this process: nobody else can find texts whose hashes meet. */
const KEY = randomBytes(16);
const LOW_BITS = 21;

/** A text as a number of 53 bits: what is counted or remembered by it takes the same room however long it was. */
export function hashOf(text: string): number {
  const digest = createHash('sha256').update(KEY).update(text).digest();
  return digest.readUInt32LE(0) * 2 ** LOW_BITS + (digest.readUInt32LE(4) >>> (32 - LOW_BITS));
}

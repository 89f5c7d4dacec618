import { Conflict } from '../platform/errors.js';
import type { SigningKey } from './signing-key.entity.js';

/** Published at a time, by rotations that somebody asks for: each is in every JWKS, and read by whoever checks a token. */
const MOST_KEYS = 50;

/** The key that signs at a moment: of those that have begun to, the one that began last. A clock that is far behind gets the first. */
export function activeAt<Key extends Pick<SigningKey, 'id' | 'activatesAt'>>(rows: readonly Key[], moment: Date): Key | undefined {
  const planned = rows.filter(({ activatesAt }) => activatesAt !== null);
  planned.sort((a, b) => Number(b.activatesAt) - Number(a.activatesAt) || (a.id < b.id ? 1 : -1));
  return planned.find(({ activatesAt }) => Number(activatesAt) <= moment.getTime()) ?? planned.at(-1);
}

/** Of the keys that sign or will by a plan, the one that does last. */
export function lastOf(rows: readonly SigningKey[]): SigningKey | undefined {
  return rows.filter((row) => !isWaiting(row)).sort(byActivation)[0];
}

/** The one that began to sign last comes first. */
export function byActivation(a: SigningKey, b: SigningKey): number {
  return Number(b.activatesAt) - Number(a.activatesAt);
}

/** Whether nobody knows yet when a key will sign. */
export function isWaiting({ activatesAt }: SigningKey): boolean {
  return activatesAt === null;
}

/** Whether tokens of a key may still be alive at a moment, or will be. */
export function isPublishedAt({ publishedUntil }: SigningKey, moment: Date): boolean {
  return publishedUntil === null || publishedUntil > moment;
}

/** Requires that somebody may ask for the next key to sign. @throws {Conflict} */
export function requireRotatable(rows: readonly SigningKey[]): void {
  const now = new Date();
  const last = lastOf(rows) as SigningKey;
  if (Number(last.activatesAt) > now.getTime()) {
    const when = `signs from ${last.activatesAt?.toISOString()} on, when every API can know it`;
    throw new Conflict(`A rotation is under way: the key ${last.id} ${when}. Where a wrong clock planned that, revoke the key.`);
  }
  if (rows.filter((row) => isPublishedAt(row, now)).length >= MOST_KEYS)
    throw new Conflict(`${MOST_KEYS} keys are published, each until the last token that it may have signed has expired: revoke one.`);
}

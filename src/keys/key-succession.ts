import type { SigningKey } from './signing-key.entity.js';

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

import { AsyncLocalStorage } from 'node:async_hooks';

/** For how long a request waits for a database that went away: about what a cluster needs to put another node in its place. */
export const PATIENCE_MS = 4_000;

/** Whoever has spent it on something else still gets what is at hand. */
const LEAST_MS = 200;

const storage = new AsyncLocalStorage<number>();

/** Does something that waits for the database for {@link PATIENCE_MS} in all, however often it asks. */
export function withPatience<T>(work: () => T): T {
  return storage.run(performance.now() + PATIENCE_MS, work);
}

/** Until when what asks now may wait, on the clock of `performance.now()`. */
export function patienceEnds(): number {
  const now = performance.now();
  return Math.max(storage.getStore() ?? now + PATIENCE_MS, now + LEAST_MS);
}

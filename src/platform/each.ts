import { DatabaseUnavailable } from './errors.js';

/**
 * Does something for one after another; what fails for one keeps it from none of the others.
 * @throws {DatabaseUnavailable} at once, since it would fail for all
 * @throws {AggregateError} of what failed, when every one has had its turn
 */
export async function forEach<T>(items: Iterable<T> | AsyncIterable<T>, work: (item: T) => Promise<unknown>): Promise<void> {
  const faults: unknown[] = [];
  for await (const item of items) {
    try {
      await work(item);
    } catch (error) {
      if (error instanceof DatabaseUnavailable) throw error;
      faults.push(error);
    }
  }
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1) throw new AggregateError(faults, `${faults.length} of them failed`);
}

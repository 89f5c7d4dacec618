import type { QueryRunner } from 'typeorm';
import { DatabaseUnavailable } from '../errors.js';
import { Commit, type CommitMarker } from './commit-marker.js';
import type { Writing } from './engine.js';
import { isReadOnly, isUndone } from './faults.js';
import { breakOff } from './mysql-connection.js';

/** A transaction of which it is not known whether it was committed, and what it had to give. */
export class CommitUnknown extends Error {
  constructor(
    readonly result: unknown,
    readonly marker: CommitMarker,
    override readonly cause: unknown,
  ) {
    super('COMMIT was not answered', { cause });
  }
}

/** What a transaction gave that was committed. */
export interface Committed<T> {
  result: T;
  /** Whether it named a row by which that can be known. */
  isMarked: boolean;
}

/**
 * Runs work as one transaction.
 * @param before an attempt of the same that may have been committed, or may still be
 * @throws {CommitUnknown} when nobody knows whether it was committed
 */
export async function transact<T>(runner: QueryRunner, work: Writing<T>, before?: CommitUnknown): Promise<Committed<T>> {
  const commit = new Commit(before?.marker);
  await runner.startTransaction();
  let result: T;
  try {
    result = await work(runner.manager, commit);
  } catch (cause) {
    await runner.rollbackTransaction().catch((failure) => abandon(runner, failure));
    throw cause;
  }
  try {
    await runner.commitTransaction();
  } catch (cause) {
    // A node that only reads has taken it back.
    if (isUndone(cause) || isReadOnly(cause)) throw cause;
    await abandon(runner, cause);
    throw commit.marker ? new CommitUnknown(result, commit.marker, cause) : new DatabaseUnavailable({ cause });
  }
  return { result, isMarked: commit.marker !== undefined };
}

/** Nobody else is to get a connection whose transaction may still be open. */
async function abandon(runner: QueryRunner, cause: unknown): Promise<void> {
  breakOff(await runner.connect(), cause as Error);
}

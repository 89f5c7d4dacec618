import type { QueryRunner } from 'typeorm';
import { DatabaseUnavailable } from '../errors.js';
import type { Work } from './engine.js';
import { isReadOnly, isUndone } from './faults.js';
import { breakOff } from './mysql-connection.js';
import { type Proof, proofOf, proveAgain } from './transaction-proof.js';

/** A transaction of which it is not known whether it was committed, and what it had to give. */
export class InDoubt extends Error {
  constructor(
    readonly result: unknown,
    readonly proof: Proof,
    override readonly cause: unknown,
  ) {
    super('COMMIT was not answered', { cause });
  }
}

/**
 * Runs work as one transaction.
 * @param before an attempt of the same that may have been committed, or may still be
 * @throws {InDoubt} when nobody knows whether it was committed
 */
export async function transact<T>(runner: QueryRunner, work: Work<T>, before?: InDoubt): Promise<T> {
  if (before) proveAgain(runner, before.proof);
  await runner.startTransaction();
  let result: T;
  try {
    result = await work(runner.manager);
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
    const proof = proofOf(runner);
    throw proof ? new InDoubt(result, proof, cause) : new DatabaseUnavailable({ cause });
  }
  return result;
}

/** Nobody else is to get a connection whose transaction may still be open. */
async function abandon(runner: QueryRunner, cause: unknown): Promise<void> {
  breakOff(await runner.connect(), cause as Error);
}

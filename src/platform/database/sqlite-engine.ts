import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { requestDeadline, waitingMember } from '../deadline.js';
import { breathe } from '../queues/breath.js';
import { Places } from '../queues/places.js';
import { Commit } from './commit-marker.js';
import type { Engine, Work, Writing } from './engine.js';
import { isBusy, WaitedInVain } from './faults.js';

/** How long the driver itself waits for a lock, which holds up the whole process. */
export const BUSY_TIMEOUT_MS = 5_000;
const LONGEST_PAUSE_MS = 20;

/**
 * SQLite has one connection for writing, on which transactions wait for one another, and one for
 * reading, which sees only what is committed. Another process that writes is waited for without holding this one up.
 */
export class SqliteEngine implements Engine {
  readonly dialect = 'sqlite';
  readonly #writing = new Places(1);

  constructor(
    private readonly reader: DataSource,
    private readonly writer: DataSource,
  ) {}

  read<T>(work: Work<T>): Promise<T> {
    return work(this.reader.manager);
  }

  rows<T>(statement: string, parameters: readonly unknown[]): Promise<T[]> {
    return this.reader.query(statement, [...parameters]);
  }

  async write<T>(work: Writing<T>): Promise<T> {
    const deadline = requestDeadline();
    const leave = await this.#writing.take({ member: waitingMember(), deadline, tooLate: () => new WaitedInVain('QUEUE_TOO_LONG') });
    try {
      // The driver never waits: without that those in the queue would be done in one go, and nobody else answered meanwhile.
      await breathe();
      return await this.#transact(work, deadline);
    } finally {
      leave();
    }
  }

  async ping(question: string): Promise<boolean> {
    return (await this.reader.query(question)).length > 0;
  }

  async close(): Promise<void> {
    await this.reader.destroy();
    await this.writer.destroy();
  }

  async #transact<T>(work: Writing<T>, deadline: number): Promise<T> {
    const runner = this.writer.createQueryRunner();
    await begin(runner, deadline);
    try {
      const result = await work(runner.manager, new Commit());
      await runner.query('COMMIT');
      return result;
    } catch (cause) {
      // Some faults have ended the transaction already.
      await runner.query('ROLLBACK').catch(() => undefined);
      throw cause;
    }
  }
}

/** Takes the write lock before anything is read, so that no other process slips in between. */
async function begin(runner: QueryRunner, deadline: number): Promise<void> {
  await runner.query('PRAGMA busy_timeout = 0');
  try {
    while (!(await hasBegun(runner, deadline))) await sleep(Math.random() * LONGEST_PAUSE_MS);
  } finally {
    await runner.query(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}

async function hasBegun(runner: QueryRunner, deadline: number): Promise<boolean> {
  try {
    await runner.query('BEGIN IMMEDIATE');
    return true;
  } catch (cause) {
    if (!isBusy(cause) || performance.now() > deadline) throw cause;
    return false;
  }
}

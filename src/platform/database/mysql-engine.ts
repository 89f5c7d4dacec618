import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { isAsking, requestDeadline } from '../deadline.js';
import { DatabaseUnavailable } from '../errors.js';
import type { Log } from '../log.js';
import { hasMarker } from './commit-marker.js';
import type { Engine, Pace, Work, Writing } from './engine.js';
import { isAway, isInterrupted, isReadOnly, isUndone, Silent, WaitedInVain } from './faults.js';
import { type Bound, FREE_CONNECTION_MS, MysqlAccess } from './mysql-access.js';
import { Bulkheads } from './mysql-bulkheads.js';
import type { MysqlConnection, MysqlPool } from './mysql-connection.js';
import { requireWriter, witnessed } from './mysql-node.js';
import type { MysqlServer } from './mysql-server.js';
import { QUESTION_MS } from './mysql-session.js';
import { CommitUnknown, transact } from './mysql-transaction.js';

/** The longest that anything may take on a database that is there. */
const WORK: Bound = { longestMs: 20_000, tooLong: () => new WaitedInVain('TOOK_TOO_LONG') };
/** Each of its statements ends in the database within half of that. */
const QUESTION: Bound = { longestMs: 2 * QUESTION_MS, tooLong: () => new WaitedInVain('TOOK_TOO_LONG') };
/** What is asked in few words and takes that long has lost its connection on the way: another is tried. */
const LOOKUP: Bound = { longestMs: 2_500, tooLong: () => new Silent() };
/** The first time it is tried again soon: a deadlock is over, another node leads. */
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;

/**
 * A MySQL server, or a cluster behind an address. What failed with the database is retried while that may help and cannot do it
 * twice: reads, and transactions that were not committed for certain, as after a deadlock, a lost connection or a failover.
 */
export class MysqlEngine implements Engine {
  readonly dialect = 'mysql';
  readonly #access: MysqlAccess;
  readonly #bulkheads: Bulkheads;

  constructor(
    private readonly dataSource: DataSource,
    server: MysqlServer,
    log: Log,
  ) {
    this.#bulkheads = new Bulkheads(server.settings.poolSize);
    this.#access = new MysqlAccess(server, log);
  }

  read<T>(work: Work<T>, pace?: Pace): Promise<T> {
    const done = async ({ manager }: QueryRunner) => {
      const result = await work(manager);
      requireWriter(await manager.query(witnessed('SELECT 1')));
      return result;
    };
    return this.#persist((deadline) => (isAsking() ? this.#ask(deadline, done, pace) : this.#withRunner(deadline, done)));
  }

  rows<T>(statement: string, parameters: readonly unknown[]): Promise<T[]> {
    return this.#persist((deadline) => this.#select<T>(deadline, statement, parameters));
  }

  write<T>(work: Writing<T>): Promise<T> {
    let undecided: CommitUnknown | undefined;
    return this.#persist(async (deadline) => {
      const held = await this.#bulkheads.enter('writing', deadline);
      try {
        if (undecided && (await this.#wasCommitted(undecided, deadline))) return undecided.result as T;
        if (undecided) return await this.#doAgain(work, undecided, deadline);
        return (await this.#withRunner(deadline, (runner) => transact(runner, work))).result;
      } catch (cause) {
        if (!(cause instanceof CommitUnknown)) throw cause;
        if (undecided) throw new DatabaseUnavailable({ cause: cause.cause });
        undecided = cause;
        if (!isAway(cause.cause) && (await this.#wasCommitted(undecided, deadline))) return undecided.result as T;
        throw cause.cause;
      } finally {
        held.end();
      }
    });
  }

  async ping(question: string): Promise<boolean> {
    this.#access.availability.require();
    return (await this.#select(performance.now() + FREE_CONNECTION_MS, question, [])).length > 0;
  }

  async close(): Promise<void> {
    this.#access.availability.close();
    await this.dataSource.destroy();
  }

  async #persist<T>(attempt: (deadline: number) => Promise<T>): Promise<T> {
    const deadline = requestDeadline();
    for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await this.#access.availability.wait(deadline);
      try {
        return await attempt(deadline);
      } catch (cause) {
        if (!isWorthAgain(cause) || performance.now() > deadline) throw cause;
        await sleep(Math.random() * pause);
      }
    }
  }

  /** Looks for what may take long, beside others that do. */
  async #ask<T>(deadline: number, work: (runner: QueryRunner) => Promise<T>, pace?: Pace): Promise<T> {
    const held = await this.#bulkheads.enter('asking', deadline, pace?.isLong);
    try {
      return await this.#withRunner(deadline, work, QUESTION);
    } finally {
      held.end();
    }
  }

  /** Does again what was not done as far as was known. If it was after all, this fails for that, or finds nothing left to do. */
  async #doAgain<T>(work: Writing<T>, undecided: CommitUnknown, deadline: number): Promise<T> {
    const attempt = this.#withRunner(deadline, (runner) => transact(runner, work, undecided));
    const end = await attempt.catch((error: unknown) => ({ error }));
    if ('error' in end && (end.error instanceof CommitUnknown || isAway(end.error))) throw end.error;
    if ('result' in end && end.isMarked) return end.result;
    if (await this.#wasCommitted(undecided, deadline)) return undecided.result as T;
    if ('error' in end) throw end.error;
    return end.result;
  }

  /** Whether a transaction was committed whose answer was lost, as far as the node that is asked knows by now. */
  #wasCommitted({ marker }: CommitUnknown, deadline: number): Promise<boolean> {
    return this.#withRunner(deadline, (runner) => hasMarker(runner.manager, marker), LOOKUP);
  }

  async #select<T>(deadline: number, statement: string, parameters: readonly unknown[]): Promise<T[]> {
    const { pool } = this.dataSource.driver as unknown as { pool: MysqlPool };
    const open = () =>
      new Promise<MysqlConnection>((resolve, reject) =>
        pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection))),
      );
    const answer = async (connection: MysqlConnection) => {
      const rows = await execute<T>(connection, witnessed(statement), parameters);
      requireWriter(rows.length > 0 ? rows : await execute(connection, witnessed('SELECT 1'), []));
      return rows;
    };
    return this.#access.use(
      deadline,
      { open, close: (connection: MysqlConnection) => connection.release() },
      { work: answer, bound: LOOKUP },
    );
  }

  async #withRunner<T>(deadline: number, work: (runner: QueryRunner) => Promise<T>, bound = WORK): Promise<T> {
    let runner: QueryRunner;
    const open = (): Promise<MysqlConnection> => {
      // One that had no connection once has none for ever.
      runner = this.dataSource.createQueryRunner();
      return runner.connect();
    };
    return this.#access.use(deadline, { open, close: () => runner.release() }, { work: () => work(runner), bound });
  }
}

/** Whether the same may be done again at once, on this node or another. */
function isWorthAgain(cause: unknown): boolean {
  return isAway(cause) || isUndone(cause) || isInterrupted(cause) || isReadOnly(cause);
}

function execute<T>(connection: MysqlConnection, statement: string, parameters: readonly unknown[]): Promise<T[]> {
  return new Promise((resolve, reject) =>
    connection.execute(statement, parameters, (error, rows) => (error ? reject(error) : resolve(rows))),
  );
}

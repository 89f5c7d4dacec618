import { setTimeout as sleep } from 'node:timers/promises';
import { Semaphore } from 'async-mutex';
import type { DataSource, QueryRunner } from 'typeorm';
import { Availability } from './availability.js';
import { isAway, isFull, isUndone, Silent, Unreachable, WaitedInVain } from './database-faults.js';
import type { Engine, Work } from './engine.js';
import { DatabaseUnavailable } from './errors.js';
import type { Log } from './log.js';
import { breakOff, type MysqlConnection, type MysqlPool, probe } from './mysql-connection.js';
import type { MysqlServer } from './mysql-server.js';
import { patienceEnds } from './patience.js';
import { isProved, type Proof, proofOf, proveAgain } from './transaction-proof.js';

/** So many of the connections write at most: what waits for locks does not keep tokens from being issued. */
const MOST_WRITING = 0.7;
/** For how long a connection is waited for while all are in use. */
const FREE_CONNECTION_MS = 3_000;
/** After that long without an end, the database is asked whether it is there at all. */
const SUSPECT_AFTER_MS = 1_500;
/** How long work may take, and how it fails then. */
interface Bound {
  longestMs: number;
  tooLong(): Error;
}

/** The longest that anything may take on a database that is there. */
const WORK: Bound = { longestMs: 20_000, tooLong: () => new WaitedInVain('TOOK_TOO_LONG') };
/** What is asked in few words and takes that long has lost its connection on the way: another is tried. */
const LOOKUP: Bound = { longestMs: 2_500, tooLong: () => new Silent() };
const LONGEST_PAUSE_MS = 20;
/** Whoever is turned away asks less often. */
const LONGEST_PAUSE_WHEN_FULL_MS = 200;

/**
 * A MySQL server, or a cluster behind an address. What failed with the database is done again while that may help and
 * cannot do it twice: reads, and transactions that were not committed for certain.
 */
export class MysqlEngine implements Engine {
  readonly dialect = 'mysql';
  readonly #availability: Availability;
  readonly #writing: Semaphore;

  constructor(
    private readonly dataSource: DataSource,
    server: MysqlServer,
    log: Log,
  ) {
    this.#writing = new Semaphore(Math.floor(server.settings.poolSize * MOST_WRITING));
    this.#availability = new Availability(() => probe((withinMs) => server.connect(withinMs)), log);
  }

  read<T>(work: Work<T>): Promise<T> {
    return this.#persist((deadline) => this.#withRunner(deadline, (runner) => work(runner.manager)));
  }

  rows<T>(statement: string, parameters: readonly unknown[]): Promise<T[]> {
    return this.#persist((deadline) => this.#select<T>(deadline, statement, parameters));
  }

  write<T>(work: Work<T>): Promise<T> {
    let doubt: InDoubt | undefined;
    return this.#persist(async (deadline) => {
      const [, leave] = await inTime(this.#writing.acquire(), deadline, ([, late]) => late());
      try {
        if (doubt && (await this.#wasCommitted(doubt, deadline))) return doubt.result as T;
        return await (doubt ? this.#doAgain(work, doubt, deadline) : this.#withRunner(deadline, (runner) => transact(runner, work)));
      } catch (cause) {
        if (!(cause instanceof InDoubt)) throw cause;
        if (doubt) throw new DatabaseUnavailable({ cause: cause.cause });
        doubt = cause;
        if (!isAway(cause.cause) && (await this.#wasCommitted(doubt, deadline))) return doubt.result as T;
        throw cause.cause;
      } finally {
        leave();
      }
    });
  }

  async ping(): Promise<void> {
    if (this.#availability.isAway) throw new DatabaseUnavailable();
    await this.#select(performance.now() + FREE_CONNECTION_MS, 'SELECT 1', []);
  }

  async close(): Promise<void> {
    this.#availability.close();
    await this.dataSource.destroy();
  }

  async #persist<T>(attempt: (deadline: number) => Promise<T>): Promise<T> {
    const deadline = patienceEnds();
    for (;;) {
      await this.#availability.wait(deadline);
      try {
        return await attempt(deadline);
      } catch (cause) {
        if (!(isAway(cause) || isUndone(cause)) || performance.now() > deadline) throw cause;
        await sleep(Math.random() * (isFull(cause) ? LONGEST_PAUSE_WHEN_FULL_MS : LONGEST_PAUSE_MS));
      }
    }
  }

  /** Does again what was not done as far as was known. If it was after all, this fails for that, or finds nothing left to do. */
  async #doAgain<T>(work: Work<T>, doubt: InDoubt, deadline: number): Promise<T> {
    const attempt = this.#withRunner(deadline, async (runner) => {
      const result = await transact(runner, work, doubt);
      return { result, isProved: proofOf(runner) !== undefined };
    });
    const end = await attempt.catch((error: unknown) => ({ error }));
    if ('error' in end && (end.error instanceof InDoubt || isAway(end.error))) throw end.error;
    if ('result' in end && end.isProved) return end.result;
    if (await this.#wasCommitted(doubt, deadline)) return doubt.result as T;
    if ('error' in end) throw end.error;
    return end.result;
  }

  /** Whether a transaction was committed whose answer was lost, as far as the node that is asked knows by now. */
  #wasCommitted({ proof }: InDoubt, deadline: number): Promise<boolean> {
    return this.#withRunner(deadline, (runner) => isProved(runner.manager, proof), LOOKUP);
  }

  async #select<T>(deadline: number, statement: string, parameters: readonly unknown[]): Promise<T[]> {
    const { pool } = this.dataSource.driver as unknown as { pool: MysqlPool };
    const taken = new Promise<MysqlConnection>((resolve, reject) =>
      pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection))),
    );
    const connection = await this.#open(taken, deadline);
    try {
      const answer = () =>
        new Promise<T[]>((resolve, reject) =>
          connection.execute(statement, parameters, (error, rows) => (error ? reject(error) : resolve(rows))),
        );
      return await this.#watch(connection, answer, LOOKUP);
    } finally {
      connection.release();
    }
  }

  async #withRunner<T>(deadline: number, work: (runner: QueryRunner) => Promise<T>, bound = WORK): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const connection = await this.#open(runner.connect() as Promise<MysqlConnection>, deadline);
    try {
      return await this.#watch(connection, () => work(runner), bound);
    } finally {
      await runner.release();
    }
  }

  async #open(connecting: Promise<MysqlConnection>, deadline: number): Promise<MysqlConnection> {
    const opened = connecting.catch((cause) => {
      if (isFull(cause)) throw cause;
      this.#availability.lose(cause);
      throw new Unreachable(cause);
    });
    return inTime(opened, deadline, (late) => late.release());
  }

  /** Does something on a connection, which is broken off when the database falls silent meanwhile, or when it takes too long. */
  async #watch<T>(connection: MysqlConnection, work: () => Promise<T>, { longestMs, tooLong } = WORK): Promise<T> {
    const began = performance.now();
    let isOver = false;
    const look = async () => {
      const isThere = await this.#availability.check();
      if (isOver) return;
      if (!isThere) breakOff(connection, new Silent());
      else if (performance.now() - began > longestMs) breakOff(connection, tooLong());
    };
    const timer = setInterval(look, SUSPECT_AFTER_MS);
    try {
      return await work();
    } catch (cause) {
      if (!isAway(cause)) throw cause;
      breakOff(connection, cause as Error);
      // It may take connections and refuse whatever is asked.
      void this.#availability.check();
      throw cause;
    } finally {
      isOver = true;
      clearInterval(timer);
    }
  }
}

/** Waits for something that all compete for. What comes too late is given back. */
async function inTime<T>(wanted: Promise<T>, deadline: number, giveBack: (late: T) => void): Promise<T> {
  const wait = Math.max(0, Math.min(FREE_CONNECTION_MS, deadline - performance.now()));
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new WaitedInVain('POOL_EXHAUSTED'));
    wanted.then(giveBack, () => undefined);
  }, wait);
  return Promise.race([wanted, late.promise]).finally(() => clearTimeout(timer));
}

/** A transaction of which it is not known whether it was committed, and what it had to give. */
class InDoubt extends Error {
  constructor(
    readonly result: unknown,
    readonly proof: Proof,
    override readonly cause: unknown,
  ) {
    super('COMMIT was not answered', { cause });
  }
}

/** @param before an attempt of the same that may have been committed, or may still be */
async function transact<T>(runner: QueryRunner, work: Work<T>, before?: InDoubt): Promise<T> {
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
    if (isUndone(cause)) throw cause;
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

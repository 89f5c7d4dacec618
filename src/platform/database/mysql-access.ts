import { waitingMember } from '../deadline.js';
import type { Log } from '../log.js';
import type { Wait } from '../queues/places.js';
import { Availability } from './availability.js';
import { Disconnected, isAway, isReadOnly, isRefusal, isUnable, rootCode, Silent, WaitedInVain } from './faults.js';
import { breakOff, type MysqlConnection, probe } from './mysql-connection.js';
import { MysqlConnections } from './mysql-connections.js';
import type { MysqlServer } from './mysql-server.js';

/** For how long a connection is waited for while all are in use. */
export const FREE_CONNECTION_MS = 3_000;
/** After that long without an end, the database is asked whether it is there at all. */
const SUSPECT_AFTER_MS = 1_500;
/** How long work may take, and how it fails then. */
export interface Bound {
  longestMs: number;
  tooLong(): Error;
}

/** How a connection is had, and given back. */
export interface Way {
  open(): Promise<MysqlConnection>;
  close(connection: MysqlConnection): Promise<void> | void;
}

/** What is done on it, and how long that may take. */
export interface BoundWork<T> {
  work(connection: MysqlConnection): Promise<T>;
  bound: Bound;
}

/** The way to a MySQL server for all who work on it: who may have a connection, and what becomes of it when the server fails. */
export class MysqlAccess {
  readonly availability: Availability;
  readonly #connections: MysqlConnections;

  constructor(
    server: MysqlServer,
    private readonly log: Log,
  ) {
    this.#connections = new MysqlConnections(server.settings.poolSize);
    this.availability = new Availability(() => this.#requireService(() => probe((withinMs) => server.connect(withinMs))), log);
  }

  /**
   * Does something on a connection, which nobody else has meanwhile.
   * @param deadline until when one is waited for, of `performance.now()`
   */
  async use<T>(deadline: number, way: Way, bounded: BoundWork<T>): Promise<T> {
    const { connection, giveBack } = await this.#take(deadline, way);
    this.#connections.begin(connection);
    try {
      return await this.#watch(connection, () => bounded.work(connection), bounded.bound);
    } catch (cause) {
      if (isReadOnly(cause)) await this.#leave(connection, cause as Error);
      const isOutOfDate = isUnable(cause) && this.#connections.retire(connection);
      if (!isOutOfDate || performance.now() > deadline) throw cause;
    } finally {
      this.#connections.end(connection);
      await way.close(connection);
      giveBack();
    }
    return this.use(deadline, way, bounded);
  }

  /** Takes a connection. Where the database is there all the same, one that cannot be had is done without for a while: others are waited for. */
  async #take(deadline: number, way: Way, isAgain = false): Promise<{ connection: MysqlConnection; giveBack: () => void }> {
    const giveBack = await this.#connections.place({ ...waitForPlace(deadline), isFirst: isAgain });
    const opened = way.open().catch(async (cause) => {
      const isThere = await this.availability.check();
      if (isThere) this.#connections.keepBack(giveBack);
      else giveBack();
      throw new Disconnected(cause, isThere);
    });
    const closeLate = async (late: MysqlConnection) => {
      await way.close(late);
      giveBack();
    };
    try {
      const connection = await inTime(opened, deadline, closeLate);
      return { connection, giveBack };
    } catch (cause) {
      if (!(cause instanceof Disconnected && cause.isThere) || performance.now() > deadline) throw cause;
      return this.#take(deadline, way, true);
    }
  }

  /** Leaves a node that writes nothing any more, and looks whether another one is to be had. */
  async #leave(connection: MysqlConnection, cause: Error): Promise<void> {
    if (this.#connections.leave(connection, cause))
      this.log.warn({ code: rootCode(cause) }, 'a node of the database only reads, and is left');
    await this.availability.check();
  }

  /**
   * Asks over a new connection, and over one that is idle. Whatever keeps new ones from being made, the database is there while one of
   * those that are open answers; and when it refuses with a word, while some are in use.
   * @throws why it serves nobody
   */
  async #requireService(probeAnew: () => Promise<void>): Promise<void> {
    const anew = probeAnew();
    try {
      await Promise.any([anew, this.#connections.ask()]);
    } catch {
      const cause: unknown = await anew.catch((failure: unknown) => failure);
      if (!isRefusal(cause) || isReadOnly(cause) || !this.#connections.areInUse) throw cause;
    }
  }

  /** Does something on a connection, which is broken off when the database falls silent meanwhile, or when it takes too long. */
  async #watch<T>(connection: MysqlConnection, work: () => Promise<T>, { longestMs, tooLong }: Bound): Promise<T> {
    const began = performance.now();
    let isOver = false;
    const look = async () => {
      const isThere = await this.availability.check();
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
      void this.availability.check();
      throw cause;
    } finally {
      isOver = true;
      clearInterval(timer);
    }
  }
}

/** How what all compete for is waited for. */
export function waitForPlace(deadline: number): Wait {
  const latest = Math.min(deadline, performance.now() + FREE_CONNECTION_MS);
  return { member: waitingMember(), deadline: latest, tooLate: () => new WaitedInVain('POOL_EXHAUSTED') };
}

/** Waits for a connection. One that comes too late is given back. */
async function inTime<T>(wanted: Promise<T>, deadline: number, giveBack: (late: T) => void): Promise<T> {
  const wait = Math.max(0, Math.min(FREE_CONNECTION_MS, deadline - performance.now()));
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new WaitedInVain('POOL_EXHAUSTED'));
    wanted.then(giveBack, () => undefined);
  }, wait);
  return Promise.race([wanted, late.promise]).finally(() => clearTimeout(timer));
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type GiveBack, Places, type Wait } from '../queues/places.js';
import { breakOff, type MysqlConnection } from './mysql-connection.js';
import { requireService } from './mysql-node.js';

/** A connection that was refused is asked for again after that time. Until then those that there are serve. */
const REFUSED_FOR_MS = 1_000;
/** What is older may lack a right that its user has by now, or keep to a limit that holds no more. */
const IN_DATE_MS = 1_000;
/** One that works is idle now and then. */
const IDLE_WITHIN_MS = 1_000;

/**
 * The connections of a process, beside the pool that makes them: which work, which are idle, which are not to be used any more.
 * Places are what requests wait for, one after another. While the server refuses new connections there are fewer of them.
 */
export class MysqlConnections {
  readonly #places: Places;
  readonly #idle = new Set<MysqlConnection>();
  readonly #inUse = new Set<MysqlConnection>();
  /** Who waits for one to be idle. */
  readonly #waiting: (() => void)[] = [];
  /** When each was used first, of `performance.now()`. */
  readonly #since = new WeakMap<MysqlConnection, number>();
  /** In use by somebody, and to be used by nobody else. */
  readonly #left = new WeakSet<MysqlConnection>();

  /** @param size the most that there are at a time */
  constructor(size: number) {
    this.#places = new Places(size);
  }

  /** Whether any does something. */
  get areInUse(): boolean {
    return this.#inUse.size > 0;
  }

  /** Waits for the right to take a connection. Whoever had it for nothing comes before all others. */
  place(wait: Wait): Promise<GiveBack> {
    return this.#places.take(wait);
  }

  /** Keeps back the place of a connection that the server refused. */
  keepBack(giveBack: GiveBack): void {
    setTimeout(giveBack, REFUSED_FOR_MS).unref();
  }

  /** Notes that a connection is in use. */
  begin(connection: MysqlConnection): void {
    if (!this.#idle.delete(connection)) {
      connection.stream.once('close', () => this.#forget(connection));
      this.#since.set(connection, performance.now());
    }
    this.#inUse.add(connection);
  }

  /** Notes that a connection is idle again; one that was left meanwhile is broken off. */
  end(connection: MysqlConnection): void {
    if (this.#left.has(connection)) breakOff(connection, new Error('The connection was left.'));
    else if (this.#inUse.delete(connection) && !connection.stream.destroyed) this.#idle.add(connection);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /**
   * Leaves the node that a connection leads to: all that are idle are broken off at once, those in use when they are done.
   * @returns false when that was done before: what was opened since leads elsewhere
   */
  leave(connection: MysqlConnection, cause: Error): boolean {
    if (this.#left.has(connection)) return false;
    for (const busy of this.#inUse) this.#left.add(busy);
    for (const idle of this.#idle) breakOff(idle, cause);
    this.#inUse.clear();
    this.#idle.clear();
    return true;
  }

  /** Lets a connection in use be used by nobody else, unless it was opened just now. @returns whether another one may know better */
  retire(connection: MysqlConnection): boolean {
    if (performance.now() - (this.#since.get(connection) ?? 0) < IN_DATE_MS) return false;
    this.#left.add(connection);
    return true;
  }

  /** Asks an idle connection, or the next that is, whether its node serves. One that does not say is broken off. @throws when none does */
  async ask(): Promise<void> {
    const connection = await this.#nextIdle();
    await requireService(connection).catch((cause) => {
      this.#forget(connection);
      breakOff(connection, cause);
      throw cause;
    });
  }

  async #nextIdle(): Promise<MysqlConnection> {
    if (this.#idle.size === 0 && this.#inUse.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      const over = new AbortController();
      await Promise.race([promise, sleep(IDLE_WITHIN_MS, undefined, { signal: over.signal })]);
      over.abort();
    }
    const [connection] = this.#idle;
    if (!connection) throw new Error('No connection is idle.');
    return connection;
  }

  #forget(connection: MysqlConnection): void {
    this.#idle.delete(connection);
    this.#inUse.delete(connection);
  }
}

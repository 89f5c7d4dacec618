import { Mutex } from 'async-mutex';
import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import type { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver.js';
import { DatabaseUnavailable, TenantDisabled } from './errors.js';

/** How often a transaction is tried when the database asks for it to be repeated. */
const ATTEMPTS = 4;
const REPEATABLE = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD']);
const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
  'SQLITE_BUSY',
]);
const ORPHAN = new Set(['ER_NO_REFERENCED_ROW', 'ER_NO_REFERENCED_ROW_2', 'SQLITE_CONSTRAINT_FOREIGNKEY']);
const DUPLICATE = new Set(['ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY']);

/**
 * The one way to the data. Reads run beside writes; every write is a transaction. SQLite has one
 * connection for writing, on which transactions wait for one another, and one for reading, which
 * sees only what is committed.
 */
export class Database {
  readonly #writing = new Mutex();

  constructor(
    private readonly reader: DataSource,
    private readonly writer: DataSource = reader,
  ) {}

  /** Runs reads; nothing in it may write. @throws {DatabaseUnavailable} */
  async read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await work(this.reader.manager);
    } catch (cause) {
      throw translate(cause);
    }
  }

  /**
   * The rows of a query as the driver gives them. The statement stays prepared: for what is asked all the time, in few words.
   * @throws {DatabaseUnavailable}
   */
  async rows<T>(statement: string, parameters: readonly unknown[]): Promise<T[]> {
    if (this.#isSqlite) return this.read((manager) => manager.query(statement, [...parameters]));
    const { pool } = this.reader.driver as MysqlDriver;
    try {
      return await new Promise<T[]>((resolve, reject) =>
        pool.execute(statement, parameters, (error: Error | null, rows: T[]) => (error ? reject(error) : resolve(rows))),
      );
    } catch (cause) {
      throw translate(cause);
    }
  }

  /**
   * Runs reads and writes as one: all of it is committed, or none. `work` may run more than once.
   * @throws {DatabaseUnavailable | TenantDisabled}
   */
  async write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await (this.#isSqlite ? this.#writing.runExclusive(() => this.#commitOnSqlite(work)) : this.#commit(work));
    } catch (cause) {
      throw translate(cause);
    }
  }

  /** A moment as a parameter of raw SQL: SQLite compares text. */
  moment(date: Date): Date | string {
    return this.#isSqlite ? date.toISOString().replace('T', ' ').slice(0, -1) : date;
  }

  /** Picks the statement of the dialect. */
  dialect<T>(statements: { sqlite: T; mysql: T }): T {
    return this.#isSqlite ? statements.sqlite : statements.mysql;
  }

  /** Whether the database answers. */
  async ping(): Promise<boolean> {
    return this.read((manager) => manager.query('SELECT 1')).then(
      () => true,
      () => false,
    );
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    if (this.writer !== this.reader) await this.reader.destroy();
    await this.writer.destroy();
  }

  get #isSqlite(): boolean {
    return this.writer.options.type === 'better-sqlite3';
  }

  /** SQLite hands out the write lock at the first write; taking it first keeps other processes from slipping in between. */
  #commitOnSqlite<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.writer.transaction(async (manager) => {
      await manager.query('DELETE FROM tenants WHERE 1 = 0');
      return work(manager);
    });
  }

  async #commit<T>(work: (manager: EntityManager) => Promise<T>, attempt = 1): Promise<T> {
    try {
      return await this.writer.transaction(work);
    } catch (cause) {
      if (attempt < ATTEMPTS && REPEATABLE.has(driverCode(cause))) return this.#commit(work, attempt + 1);
      throw cause;
    }
  }
}

/** Whether an error says that a unique value is there already. */
export function isDuplicate(error: unknown): boolean {
  return DUPLICATE.has(driverCode(error));
}

/** Whether an error says that the database cannot be reached, rather than that something is wrong with the request. */
export function isAway(error: unknown): boolean {
  return AWAY.has(driverCode(error));
}

/** The driver's own code of an error, `''` when it has none. */
export function driverCode(error: unknown): string {
  const cause = error instanceof QueryFailedError ? error.driverError : error;
  return String((cause as { code?: unknown } | null)?.code ?? '');
}

/** What a row refers to is checked before it is written, except for a tenant that is deleted at the same moment. */
function translate(error: unknown): unknown {
  if (ORPHAN.has(driverCode(error))) return new TenantDisabled({ cause: error });
  return isAway(error) ? new DatabaseUnavailable({ cause: error }) : error;
}

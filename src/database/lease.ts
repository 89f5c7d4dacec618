import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { v4 as uuid } from 'uuid';

const LEASE_MS = 15_000;
/** Nobody has it for so long: the clock was wrong when it was taken. More than a lease, for clocks of nodes differ a little. */
const UNREAL_MS = 2 * LEASE_MS;
const RENEW_MS = 3_000;
const POLL_MS = 200;

/**
 * Runs work that only one process may do at a time on this database. The lock is a row that its
 * holder renews: it holds on every node of a cluster, and ends by itself when its holder dies.
 */
export async function withLease<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
  const lease = new Lease(dataSource);
  await lease.acquire();
  const renewal = setInterval(() => void lease.renew().catch(() => undefined), RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    // Where that fails, it ends by itself.
    await lease.release().catch(() => undefined);
  }
}

class Lease {
  readonly #holder = uuid();
  readonly #isSqlite: boolean;
  readonly #now: string;

  constructor(private readonly dataSource: DataSource) {
    this.#isSqlite = dataSource.options.type === 'better-sqlite3';
    this.#now = this.#isSqlite ? "CAST(unixepoch('subsec') * 1000 AS INTEGER)" : 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';
  }

  async acquire(): Promise<void> {
    await this.dataSource.query(
      'CREATE TABLE IF NOT EXISTS leases (name varchar(50) NOT NULL PRIMARY KEY, holder varchar(36) NULL, expires_at bigint NOT NULL)',
    );
    await this.dataSource.query(
      `INSERT ${this.#isSqlite ? 'OR IGNORE' : 'IGNORE'} INTO leases (name, holder, expires_at) VALUES ('startup', NULL, 0)`,
    );
    while (!(await this.#take())) await sleep(POLL_MS);
  }

  async #take(): Promise<boolean> {
    await this.dataSource.query(
      `UPDATE leases SET holder = ?, expires_at = ${this.#now} + ${LEASE_MS}
       WHERE name = 'startup' AND (holder IS NULL OR expires_at < ${this.#now} OR expires_at > ${this.#now} + ${UNREAL_MS})`,
      [this.#holder],
    );
    const [row] = await this.dataSource.query(`SELECT holder FROM leases WHERE name = 'startup'`);
    return row.holder === this.#holder;
  }

  async renew(): Promise<void> {
    await this.dataSource.query(`UPDATE leases SET expires_at = ${this.#now} + ${LEASE_MS} WHERE holder = ?`, [this.#holder]);
  }

  async release(): Promise<void> {
    await this.dataSource.query('UPDATE leases SET holder = NULL WHERE holder = ?', [this.#holder]);
  }
}

import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Log } from '../log.js';
import { isBusy, isRefusal, rootCode, WaitedInVain } from './faults.js';
import { allowLongWork } from './mysql-silence.js';
import { prepareFile } from './sqlite-file.js';

const LEASE_MS = 15_000;
/** Nobody has it for so long: the clock was wrong when it was taken. More than a lease, for clocks of nodes differ a little. */
const UNREAL_MS = 2 * LEASE_MS;
const RENEW_MS = 3_000;
const POLL_MS = 100;
const SEEN_WITHIN_MS = 3_000;
const TOLD_WITHIN_MS = 3_000;
const TELL_AFTER_MS = 5_000;
const HOLDER = "SELECT holder FROM leases WHERE name = 'startup'";
const PLACE = "SELECT CONCAT_WS('|', @@hostname, @@port, @@server_id, CURRENT_USER()) AS place, CONNECTION_ID() AS id";
const NOW = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';

/** The connection that holds a lock. */
export interface Lock {
  dataSource: DataSource;
  /** Does nothing more once another process has the lock: this one may have been stopped for longer than it lasts. */
  runner: QueryRunner;
  /** @throws {WaitedInVain} when another process has it */
  requireHeld(): Promise<void>;
  /** Whether it is seen over another connection too, which then leads to the same database. */
  isSeenBy(other: DataSource): Promise<boolean>;
}

/** How a lock is waited for that another process has. */
export interface Waiting {
  /** Where it is told. */
  log: Log;
  /** Ends the wait, which throws an `AbortError` then. */
  signal?: AbortSignal | undefined;
}

async function waitUntil(isHeld: () => Promise<boolean> | boolean, { log, signal }: Waiting): Promise<void> {
  const telling = setTimeout(() => log.warn('another process makes or migrates the database, and is waited for'), TELL_AFTER_MS);
  try {
    while (!(await isHeld())) await sleep(POLL_MS, undefined, { signal });
  } finally {
    clearTimeout(telling);
  }
}

/**
 * Lock: runs work that only one process may do at a time on this database. It ends with the process that holds it: SQLite's is a lock of the
 * operating system, MySQL's a row that names the connection of its holder.
 * @param work is given the connection to do it on; when that is lost, so is the lock
 */
export async function withLease<T>(dataSource: DataSource, waiting: Waiting, work: (lock: Lock) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    const { database } = dataSource.options;
    return dataSource.options.type === 'better-sqlite3'
      ? await withLockedFile(`${database}-startup`, waiting, () =>
          work({ dataSource, runner, requireHeld: async () => undefined, isSeenBy: async () => true }),
        )
      : await withLeasedRow({ dataSource, runner }, waiting, work);
  } finally {
    await runner.release();
  }
}

/** The system gives the lock of a process that was killed to the next at once. */
async function withLockedFile<T>(path: string, waiting: Waiting, work: () => Promise<T>): Promise<T> {
  prepareFile(path);
  const file = new Sqlite(path, { timeout: 0 });
  try {
    await waitUntil(() => isLocked(file), waiting);
    return await work();
  } finally {
    file.close();
  }
}

function isLocked(file: Sqlite.Database): boolean {
  try {
    file.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

async function withLeasedRow<T>(
  { dataSource, runner }: Pick<Lock, 'dataSource' | 'runner'>,
  waiting: Waiting,
  work: (lock: Lock) => Promise<T>,
): Promise<T> {
  const lease = new Lease(dataSource, runner);
  await lease.acquire(waiting);
  const forbid = allowLongWork(await runner.connect(), () => lease.isAtWork());
  const renewal = setInterval(() => void lease.renew().catch(() => undefined), RENEW_MS);
  const query = runner.query;
  const requireHeld = () => lease.requireHeld();
  runner.query = async (...args: Parameters<QueryRunner['query']>) => {
    await requireHeld();
    return query.apply(runner, args);
  };
  try {
    return await work({ dataSource, runner, requireHeld, isSeenBy: (other) => lease.isSeenBy(other) });
  } finally {
    runner.query = query;
    forbid();
    clearInterval(renewal);
    // Where that fails, it ends by itself.
    await lease.release().catch(() => undefined);
  }
}

/** Character set: with that of the database, what is text may come back as bytes. */
const TABLE = `CREATE TABLE IF NOT EXISTS leases (name varchar(50) NOT NULL PRIMARY KEY, holder varchar(36) NULL,
  expires_at bigint NOT NULL) DEFAULT CHARACTER SET utf8mb4`;

/**
 * A row that its holder renews: it holds on every node of a cluster. Its holder is dead when it was not renewed, and at once when it came
 * over a connection to this node that this user had, and that is there no more.
 */
class Lease {
  #holder = '';

  /** @param runner the holder's connection @param dataSource renews meanwhile */
  constructor(
    private readonly dataSource: DataSource,
    private readonly runner: QueryRunner,
  ) {}

  async acquire(waiting: Waiting): Promise<void> {
    // Rights: to make a table takes one also where the table is there already.
    if (!(await this.runner.hasTable('leases'))) await this.runner.query(TABLE);
    await this.runner.query(`INSERT IGNORE INTO leases (name, holder, expires_at) VALUES ('startup', NULL, 0)`);
    this.#holder = await this.#name();
    await waitUntil(() => this.#take(), waiting);
  }

  async renew(): Promise<void> {
    await this.dataSource.query(`UPDATE leases SET expires_at = ${NOW} + ${LEASE_MS} WHERE holder = ?`, [this.#holder]);
  }

  /** Renewed first: from then on nobody else takes it for as long as it lasts. */
  async requireHeld(): Promise<void> {
    await this.renew();
    const [row] = await this.dataSource.query(HOLDER);
    if (row?.holder !== this.#holder) throw new WaitedInVain('LOCK_LOST');
  }

  /** Another node of a cluster may take a moment. */
  async isSeenBy(other: DataSource): Promise<boolean> {
    for (const deadline = performance.now() + SEEN_WITHIN_MS; ; await sleep(POLL_MS)) {
      const rows: { holder: string | null }[] = await other.query(HOLDER).catch((error) => {
        if (rootCode(error) === 'ER_NO_SUCH_TABLE') return [];
        throw error;
      });
      if (rows[0]?.holder === this.#holder) return true;
      if (performance.now() > deadline) return false;
    }
  }

  /** Whether the server works at what the holder's connection has asked. Where nobody can say, it is believed to. */
  async isAtWork(): Promise<boolean> {
    const asked = commandOf(this.#holder, this.dataSource).catch((cause) => (isRefusal(cause) ? undefined : null));
    const command = await Promise.race([asked, sleep(TOLD_WITHIN_MS, null, { ref: false })]);
    return command !== null && command !== 'Sleep';
  }

  async release(): Promise<void> {
    await this.runner.query('UPDATE leases SET holder = NULL WHERE holder = ?', [this.#holder]);
  }

  /** Place, connection, and something that no other holder has. A proxy may make up the number of a connection: then there is none. */
  async #name(): Promise<string> {
    const node = await lookAtNode(this.runner);
    const connection = node.commands.has(node.id) ? Number(node.id).toString(36) : '';
    return [node.place, connection, randomBytes(4).toString('hex')].join('.');
  }

  async #take(): Promise<boolean> {
    const [before] = await this.runner.query(HOLDER);
    const dead = before.holder !== null && (await this.#isGone(before.holder)) ? before.holder : '';
    await this.runner.query(
      `UPDATE leases SET holder = ?, expires_at = ${NOW} + ${LEASE_MS}
       WHERE name = 'startup' AND (holder IS NULL OR holder = ? OR expires_at < ${NOW} OR expires_at > ${NOW} + ${UNREAL_MS})`,
      [this.#holder, dead],
    );
    const [after] = await this.runner.query(HOLDER);
    return after.holder === this.#holder;
  }

  async #isGone(holder: string): Promise<boolean> {
    return (await commandOf(holder, this.runner)) === null;
  }
}

interface Asking {
  query(sql: string): Promise<unknown>;
}

/** A node of a database as a connection to it sees it. */
interface Node {
  /** Tells it from others, and its users from one another. */
  place: string;
  /** The connection's own number. */
  id: string;
  /** What each connection to it is about that this user may see, by number: at least their own. */
  commands: Map<string, string>;
}

async function lookAtNode(source: Asking): Promise<Node> {
  const [{ place, id }] = (await source.query(PLACE)) as [{ place: string; id: number | string }];
  const rows = (await source.query('SHOW PROCESSLIST')) as { Id: number | string; Command: string }[];
  return {
    place: createHash('sha256').update(String(place)).digest('hex').slice(0, 12),
    id: String(id),
    commands: new Map(rows.map((row) => [String(row.Id), row.Command])),
  };
}

/** What the connection of a holder is about; `null` when it is there no more, `undefined` where nobody can say. */
async function commandOf(holder: string, source: Asking): Promise<string | null | undefined> {
  const [place, connection] = holder.split('.');
  const node = await lookAtNode(source);
  if (!connection || place !== node.place) return undefined;
  return node.commands.get(String(Number.parseInt(connection, 36))) ?? null;
}

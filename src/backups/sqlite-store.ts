import {
  chownSync,
  createWriteStream,
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import Sqlite from 'better-sqlite3';
import { driverCode } from '../platform/database-faults.js';
import type { DatabaseSettings } from '../platform/database-url.js';
import { StartupError } from '../platform/errors.js';
import { type Backup, syncFolder } from './backup-file.js';
import { type Ask, type Contents, readContents } from './contents.js';
import { stamp } from './stamp.js';
import type { Store } from './store.js';
import { listUndone } from './undone.js';

const PAGES_AT_ONCE = 1000;
const WAIT_MS = 2_000;
const COMPANIONS = ['-wal', '-shm', '-journal'];
const IN_USE = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED']);
const LIST_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";

/** The file of an embedded database. */
export class SqliteStore implements Store {
  readonly #path: string;
  readonly #staged: string;

  /** A link to the file stays one. */
  constructor(path: string) {
    this.#path = existsSync(path) ? realpathSync(path) : path;
    this.#staged = `${this.#path}.restoring-${process.pid}`;
  }

  async copyTo(path: string, signal: AbortSignal): Promise<Contents> {
    if (!existsSync(this.#path)) throw new StartupError(`There is no database ${this.#path}: there is nothing to back up.`);
    const source = new Sqlite(this.#path, { fileMustExist: true });
    try {
      // A transaction that reads keeps the copy at one moment: without it every write of a server would begin it anew.
      source.exec('BEGIN');
      source.prepare(LIST_TABLES).all();
      writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
      const progress = () => {
        signal.throwIfAborted();
        return PAGES_AT_ONCE;
      };
      await source.backup(path, { progress });
    } finally {
      source.close();
    }
    return inspect(path);
  }

  async requireRoom(mayReplace: boolean): Promise<void> {
    if (!this.#isThere) return;
    if (!mayReplace && hasTables(this.#path)) {
      throw new StartupError(
        `The database ${this.#path} has tables. To put the backup in their place, add --replace. Nothing was changed.`,
      );
    }
    this.#lock()?.close();
  }

  async stage(backup: Backup, signal: AbortSignal): Promise<DatabaseSettings> {
    mkdirSync(dirname(this.#path), { recursive: true });
    await pipeline(backup.payload(), createWriteStream(this.#staged, { flags: 'wx', mode: 0o600 }), { signal });
    await inspect(this.#staged);
    return { type: 'sqlite', path: this.#staged };
  }

  async swap(): Promise<string | undefined> {
    const staged = await open(this.#staged);
    await staged.sync().finally(() => staged.close());
    keepOwner(this.#staged, this.#isThere ? this.#path : dirname(this.#path));
    const kept = this.#isThere ? `${this.#path}.replaced-${stamp()}` : undefined;
    const lock = kept ? this.#lock() : undefined;
    try {
      if (kept) this.#keep(kept);
      renameSync(this.#staged, this.#path);
    } finally {
      lock?.close();
    }
    await syncFolder(this.#path);
    return kept;
  }

  async listUndone(kept: string, since: string): Promise<string[]> {
    const old = new Sqlite(kept, { readonly: true, fileMustExist: true });
    try {
      return await listUndone(askOf(old), since);
    } finally {
      old.close();
    }
  }

  async discard(): Promise<void> {
    for (const end of ['', ...COMPANIONS]) rmSync(this.#staged + end, { force: true });
  }

  get #isThere(): boolean {
    return existsSync(this.#path) && statSync(this.#path).size > 0;
  }

  /** The file has its second name before its first goes to another. What belongs to it and was left by a damaged one goes along. */
  #keep(kept: string): void {
    for (const end of COMPANIONS) if (existsSync(this.#path + end)) renameSync(this.#path + end, kept + end);
    linkSync(this.#path, kept);
  }

  /**
   * Whoever has the file open keeps it in WAL mode: leaving that mode takes the file alone, and leaves all of it in one file.
   * @returns a connection that keeps others out; undefined when the file is so damaged that nobody can have it open
   */
  #lock(): Sqlite.Database | undefined {
    let connection: Sqlite.Database | undefined;
    try {
      connection = new Sqlite(this.#path, { timeout: WAIT_MS });
      connection.pragma('journal_mode = DELETE');
      connection.exec('BEGIN EXCLUSIVE');
      return connection;
    } catch (cause) {
      connection?.close();
      if (!IN_USE.has(driverCode(cause))) return undefined;
      throw new StartupError(`A server uses the database ${this.#path}: stop it first. Nothing was changed.`, { cause });
    }
  }
}

/** @throws {StartupError} when it is not whole, or not one of Latchkey's */
async function inspect(path: string): Promise<Contents> {
  const copy = new Sqlite(path, { fileMustExist: true });
  try {
    const faults = [...(copy.pragma('integrity_check') as object[]), ...(copy.pragma('foreign_key_check') as object[])];
    if (JSON.stringify(faults) !== '[{"integrity_check":"ok"}]') {
      throw new StartupError(`The database is damaged: SQLite's integrity check says ${JSON.stringify(faults).slice(0, 500)}.`);
    }
    const ask = askOf(copy);
    return await readContents(
      ask,
      (await ask(LIST_TABLES)).map(({ name }) => String(name)),
    );
  } finally {
    copy.close();
  }
}

function askOf(connection: Sqlite.Database): Ask {
  return async (sql, values = []) => connection.prepare(sql).all(...values) as Record<string, unknown>[];
}

/** What cannot be read may hold anything. */
function hasTables(path: string): boolean {
  let connection: Sqlite.Database | undefined;
  try {
    connection = new Sqlite(path, { fileMustExist: true, timeout: WAIT_MS });
    return connection.prepare(LIST_TABLES).all().length > 0;
  } catch {
    return true;
  } finally {
    connection?.close();
  }
}

/** A server that runs as another user than whoever restores has to be able to write to it. */
function keepOwner(path: string, like: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  chownSync(path, uid, gid);
}

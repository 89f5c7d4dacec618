import {
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pid } from 'node:process';
import Sqlite from 'better-sqlite3';
import { driverCode } from '../../platform/database/faults.js';
import type { DatabaseSettings } from '../../platform/database/url.js';
import { draftOf } from '../../platform/draft.js';
import { StartupError } from '../../platform/errors.js';
import { type Backup, type Block, syncFolder } from './backup-file.js';
import { type Ask, type Contents, readContents } from './contents.js';
import { stamp } from './stamp.js';
import type { Store } from './store.js';
import { fill, readTables, type Tables } from './tables.js';
import { listUndone } from './undone.js';
import { toBlocks } from './values.js';

const WAIT_MS = 2_000;
const COMPANIONS = ['-wal', '-shm', '-journal'];
/** What SQLite says of a file that nobody can use; anything else, such as a file that this user may not open, says nothing of others. */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB|FORMAT|ERROR|IOERR)/;
/** What a start on it leaves. */
const LOCK = '-startup';
const MOST_LINKS = 40;
const LOCKS = '/proc/locks';
const IN_USE = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED']);
const LIST_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";

/** The file of an embedded database. */
export class SqliteStore implements Store {
  readonly #path: string;
  readonly #staged: string;
  #mayReplace = false;

  /** A link to the file stays one. */
  constructor(path: string) {
    this.#path = targetOf(path);
    this.#staged = draftOf(this.#path, 'restoring');
  }

  async copy(write: (contents: Contents, blocks: AsyncIterable<Block>) => Promise<void>): Promise<void> {
    if (!existsSync(this.#path)) throw new StartupError(`There is no database ${this.#path}: there is nothing to back up.`);
    const source = openFile(this.#path);
    try {
      // A transaction that reads keeps the copy at one moment.
      source.exec('BEGIN');
      const contents = await inspect(source);
      await write(contents, readBlocks(source, await readTables(contents.lastMigration)));
    } finally {
      source.close();
    }
  }

  async requireRoom(mayReplace: boolean): Promise<boolean> {
    this.#mayReplace = mayReplace;
    if (existsSync(this.#path) && !statSync(this.#path).isFile())
      throw new StartupError(`${this.#path} is no file, and so no database. Name another in DATABASE_URL. Nothing was changed.`);
    if (!this.#isThere) {
      // A server has a file that was removed or emptied under it, and what belongs to it.
      if (isLocked(this.#path)) throw this.#inUse();
      return false;
    }
    if (!mayReplace && hasTables(this.#path)) {
      throw new StartupError(
        `The database ${this.#path} has tables. To put the backup in their place, add --replace. Nothing was changed.`,
      );
    }
    this.#lock()?.close();
    return true;
  }

  async stage(backup: Backup, signal: AbortSignal): Promise<DatabaseSettings> {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileSync(this.#staged, '', { mode: 0o600, flag: 'wx' });
    await fill({ type: 'sqlite', path: this.#staged }, backup, signal);
    return { type: 'sqlite', path: this.#staged };
  }

  async swap(): Promise<string | undefined> {
    const staged = await open(this.#staged);
    await staged.sync().finally(() => staged.close());
    // Another restore may have been done meanwhile: what comes between this look and the next ones is noticed by them.
    const [isReplacing, hasName] = [this.#isThere, existsSync(this.#path)];
    await this.requireRoom(this.#mayReplace);
    keepOwner(this.#staged, isReplacing ? this.#path : dirname(this.#path));
    const kept = `${this.#path}.replaced-${stamp()}`;
    const lock = isReplacing ? this.#lock() : undefined;
    try {
      // The file has its second name before its first goes to another.
      if (isReplacing) linkSync(this.#path, kept);
      // Of one that is damaged or gone: SQLite would play it into what takes its place.
      for (const end of COMPANIONS) if (existsSync(this.#path + end)) renameSync(this.#path + end, kept + end);
      if (!hasName) this.#claim();
      renameSync(this.#staged, this.#path);
    } finally {
      lock?.close();
    }
    await syncFolder(this.#path);
    return isReplacing ? kept : undefined;
  }

  async listUndone(kept: string, since: string): Promise<string[]> {
    const old = openFile(kept, { readonly: true });
    try {
      return await listUndone(askOf(old), since);
    } finally {
      old.close();
    }
  }

  async discard(): Promise<void> {
    for (const end of ['', ...COMPANIONS, LOCK]) if (existsSync(this.#staged + end)) rmSync(this.#staged + end);
  }

  get #isThere(): boolean {
    return existsSync(this.#path) && statSync(this.#path).size > 0;
  }

  /** Of several restores to where nothing was, one has the name. Where a file cannot have two names, the last one has it. */
  #claim(): void {
    try {
      linkSync(this.#staged, this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return;
      throw new StartupError(`Another has made the database ${this.#path} meanwhile. Nothing was changed.`, { cause: error });
    }
  }

  /**
   * Whoever has the file open keeps it in WAL mode: leaving that mode takes the file alone, and leaves all of it in one file.
   * @returns a connection that keeps others out; undefined when the file is so damaged that nobody can use it
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
      const isInUse = IN_USE.has(driverCode(cause)) || isLocked(this.#path);
      if (!isInUse && DAMAGED.test(driverCode(cause))) return undefined;
      throw isInUse ? this.#inUse(cause) : cause;
    }
  }

  #inUse(cause?: unknown): StartupError {
    return new StartupError(`A server uses the database ${this.#path}: stop it first. Nothing was changed.`, { cause });
  }
}

/** What a database defines is not trusted to be ours: no view or trigger of it may call a function that does more than compute. */
function openFile(path: string, options: Sqlite.Options = {}): Sqlite.Database {
  const connection = new Sqlite(path, { fileMustExist: true, ...options });
  connection.pragma('trusted_schema = OFF');
  connection.pragma('cell_size_check = ON');
  return connection;
}

async function* readBlocks(source: Sqlite.Database, tables: Tables): AsyncGenerator<Block> {
  for (const [table, columns] of tables) {
    const names = columns.map((name) => `\`${name}\``).join(', ');
    const rows = source.prepare(`SELECT ${names} FROM ${table}`).raw().safeIntegers().iterate() as Iterable<unknown[]>;
    yield* toBlocks(table, columns, rows);
  }
}

function askOf(connection: Sqlite.Database): Ask {
  return async (sql, values = []) => connection.prepare(sql).all(...values) as Record<string, unknown>[];
}

/** @throws {StartupError} when it is not whole, or not one of Latchkey's */
async function inspect(source: Sqlite.Database): Promise<Contents> {
  const ask = askOf(source);
  const tables = (await ask(LIST_TABLES)).map(({ name }) => String(name));
  const contents = await readContents(ask, tables);
  const faults = [...(source.pragma('integrity_check') as object[]), ...(source.pragma('foreign_key_check') as object[])];
  if (JSON.stringify(faults) === '[{"integrity_check":"ok"}]') return contents;
  throw new StartupError(`The database is damaged: SQLite's integrity check says ${JSON.stringify(faults).slice(0, 500)}.`);
}

/** What cannot be read may hold anything. */
function hasTables(path: string): boolean {
  let connection: Sqlite.Database | undefined;
  try {
    connection = openFile(path, { timeout: WAIT_MS });
    return connection.prepare(LIST_TABLES).all().length > 0;
  } catch {
    return true;
  } finally {
    connection?.close();
  }
}

/** Whether a process that can be seen has a lock on a file, as everybody has who opened it before it was damaged; on Linux, which lists them. */
function isLocked(path: string): boolean {
  if (!existsSync(LOCKS)) return false;
  const files = ['', ...COMPANIONS].map((end) => path + end).filter((file) => existsSync(file));
  const nodes = new Set(files.map(nodeOf));
  return readFileSync(LOCKS, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(([, , , , process, file = '']) => process !== String(pid) && nodes.has(file));
}

/** A file as Linux names it there: `08:01:1234`. @see https://man7.org/linux/man-pages/man5/proc_locks.5.html */
function nodeOf(file: string): string {
  const { dev, ino } = statSync(file);
  const [major, minor] = [(dev >>> 8) & 0xfff, (dev & 0xff) | ((dev >>> 12) & 0xfff00)];
  return `${[major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':')}:${ino}`;
}

/** Where a path leads, though nothing may be there: as the system would find it. A link stays one. */
function targetOf(path: string, links = MOST_LINKS): string {
  if (existsSync(path)) return realpathSync(path);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
  if (links === 0) throw new StartupError(`${path} is a link that leads nowhere but to links. Nothing was changed.`);
  return targetOf(resolve(realpathSync(dirname(path)), readlinkSync(path)), links - 1);
}

/** A server that runs as another user than whoever restores has to be able to write to it. */
function keepOwner(path: string, like: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  chownSync(path, uid, gid);
}

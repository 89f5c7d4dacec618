import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mysql2';
import { driverCode } from '../../platform/database/faults.js';
import { breakOff, type MysqlConnection } from '../../platform/database/mysql-connection.js';
import { requireKnownProduct } from '../../platform/database/mysql-product.js';
import { MysqlServer } from '../../platform/database/mysql-server.js';
import { endSilence, endSilenceOfRows } from '../../platform/database/mysql-silence.js';
import { reasonOf } from '../../platform/database/sentences.js';
import type { DatabaseSettings, MysqlSettings } from '../../platform/database/url.js';
import { causesOf, StartupError } from '../../platform/errors.js';
import type { Backup, Block } from './backup-file.js';
import { type Ask, type Contents, readContents } from './contents.js';
import { listTables, quote, requireNobody, requireOwn, requireTablesAlone } from './mysql-room.js';
import { stamp } from './stamp.js';
import type { Store } from './store.js';
import { fill, readTables, type Tables } from './tables.js';
import { listUndone } from './undone.js';
import { toBlocks } from './values.js';

const LONGEST_NAME = 64;
const CONNECT_MS = 5_000;
const MOST_LOOKS = 10;
/** A database may have to begin anew, or another one to take its place. */
const LOOK_AFTER_LOSS_MS = 1_500;
/** A table has become another one since the snapshot was taken. */
const CHANGED = 'ER_TABLE_DEF_CHANGED';
const MAY_NOT = new Set(['ER_DBACCESS_DENIED_ERROR', 'ER_TABLEACCESS_DENIED_ERROR', 'ER_SPECIFIC_ACCESS_DENIED_ERROR']);

const LOST = 'The connection to the database was lost before the backup was put in place. Nothing was changed: run it again.';

/** What is special of a connection. */
interface ConnectionRules {
  explain?: (cause: unknown) => unknown;
  /** Breaks it off. */
  signal?: AbortSignal | null;
  server?: MysqlServer;
}

/** For what is done to its end, or undone. */
const WHATEVER_COMES: ConnectionRules = { signal: null };

/** A database on a MySQL or MariaDB server. */
export class MysqlStore implements Store {
  readonly #server: MysqlServer;
  /** To which servers are connected as a user of their own, whom others may not see. */
  readonly #serving: MysqlServer | undefined;
  readonly #name: string;
  #staged: string | undefined;
  #mayReplace = false;

  /** @param signal breaks off what is asked, except for what has to be done to its end */
  constructor(
    settings: MysqlSettings,
    private readonly signal: AbortSignal,
    serving = settings,
  ) {
    this.#server = new MysqlServer(settings);
    this.#serving = serving === settings ? undefined : new MysqlServer(serving);
    this.#name = settings.database;
  }

  async copy(write: (contents: Contents, blocks: AsyncIterable<Block>) => Promise<void>): Promise<void> {
    await this.#connect(async (connection, ask) => {
      // One moment: all is read from the snapshot that the transaction begins with.
      await ask('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await ask('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
      const contents = await readContents(ask, await listTables(ask, this.#name));
      await write(contents, readBlocks(connection, await readTables(contents.lastMigration)));
    });
  }

  async requireRoom(mayReplace: boolean): Promise<boolean> {
    this.#mayReplace = mayReplace;
    return this.#ask(async (ask) => {
      const replaced = await this.#findReplaced(ask);
      await requireTablesAlone(ask, this.#name);
      await requireOwn(ask, this.#name, replaced);
      await this.#requireNobody(ask);
      return replaced.length > 0;
    });
  }

  async stage(backup: Backup, signal: AbortSignal): Promise<DatabaseSettings> {
    const staged = nameBeside(this.#name, 'restoring');
    await this.#ask((ask) => ask(`CREATE DATABASE ${quote(staged)}`));
    this.#staged = staged;
    const beside = { ...this.#server.settings, database: staged };
    await fill(beside, backup, signal).catch((cause) => {
      throw this.#explainRestoring(cause);
    });
    return beside;
  }

  /** One statement moves all tables, those that were there to a database of their own: it does all of it or nothing. */
  async swap(): Promise<string | undefined> {
    const { moves, kept } = await this.#ask((ask) => this.#prepareMove(ask), WHATEVER_COMES);
    try {
      await this.#ask((ask) => ask(`RENAME TABLE ${moves.join(', ')}`), WHATEVER_COMES);
    } catch (error) {
      const wasLost = isLost(error);
      if (wasLost && (await this.#hasMoved(kept))) return kept;
      if (kept) await this.#ask((ask) => ask(`DROP DATABASE ${quote(kept)}`), WHATEVER_COMES);
      throw wasLost ? new StartupError(LOST, { cause: error }) : error;
    }
    return kept;
  }

  async #prepareMove(ask: Ask): Promise<{ moves: string[]; kept: string | undefined }> {
    const staged = this.#staged as string;
    const old = await this.#findReplaced(ask);
    const kept = old.length > 0 ? nameBeside(this.#name, 'replaced') : undefined;
    await this.#requireNobody(ask);
    const move = (table: string, from: string, to: string) => `${quote(from)}.${quote(table)} TO ${quote(to)}.${quote(table)}`;
    const moves = (await listTables(ask, staged)).map((table) => move(table, staged, this.#name));
    if (kept) {
      await ask(`CREATE DATABASE ${quote(kept)}`);
      moves.unshift(...old.map((table) => move(table, this.#name, kept)));
    }
    return { moves, kept };
  }

  /**
   * Whether the tables have moved, where the connection was lost over which that was asked. That may still arrive: so what it would put in
   * place goes first, without which it fails as a whole.
   * @throws {StartupError} when nobody can say
   */
  async #hasMoved(kept: string | undefined): Promise<boolean> {
    const staged = this.#staged as string;
    const underWay = "SELECT COUNT(*) AS moves FROM information_schema.processlist WHERE info LIKE 'RENAME TABLE %' AND INSTR(info, ?) > 0";
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      if (look > 0) await sleep(LOOK_AFTER_LOSS_MS);
      const hasMoved = await this.#ask(async (ask) => {
        await ask(`DROP DATABASE IF EXISTS ${quote(staged)}`);
        const [row] = await ask(underWay, [staged]);
        return Number(row?.moves) === 0 ? (await listTables(ask, kept ?? this.#name)).length > 0 : undefined;
      }, WHATEVER_COMES).catch(() => undefined);
      if (hasMoved !== undefined) return hasMoved;
    }
    const sign = kept ? `${kept} has tables, which are those that were there before` : `${this.#name} has tables`;
    throw new StartupError(
      `The connection was lost while the backup was put in place, and nobody can say now whether it was: it was when ${sign}.`,
    );
  }

  async listUndone(kept: string, since: string): Promise<string[]> {
    return this.#ask(async (ask) => {
      await ask(`USE ${quote(kept)}`);
      return listUndone(ask, since);
    });
  }

  async discard(): Promise<void> {
    const staged = this.#staged;
    if (staged) await this.#ask((ask) => ask(`DROP DATABASE IF EXISTS ${quote(staged)}`), WHATEVER_COMES);
  }

  async #requireNobody(ask: Ask): Promise<void> {
    await requireNobody(ask, this.#name);
    const server = this.#serving;
    if (server)
      await this.#connect((_connection, asServer) => requireNobody(asServer, server.settings.database, ask), { ...WHATEVER_COMES, server });
  }

  /** The tables that are there, if they may be replaced. */
  async #findReplaced(ask: Ask): Promise<string[]> {
    const tables = await listTables(ask, this.#name);
    if (tables.length === 0 || this.#mayReplace) return tables;
    throw new StartupError(`The database ${this.#name} has tables. To put the backup in their place, add --replace. Nothing was changed.`);
  }

  #ask<T>(work: (ask: Ask) => Promise<T>, rules: ConnectionRules = {}): Promise<T> {
    return this.#connect((_connection, ask) => work(ask), { explain: (cause) => this.#explainRestoring(cause), ...rules });
  }

  async #connect<T>(
    work: (connection: Connection, ask: Ask) => Promise<T>,
    { explain = (cause) => this.#explain(cause), signal = this.signal, server = this.#server }: ConnectionRules = {},
  ): Promise<T> {
    const connection = await server.connect(CONNECT_MS).catch((cause) => {
      throw new StartupError(`The database cannot be used: ${reasonOf(cause, server.settings.setting)}.`, { cause });
    });
    const watched = connection as unknown as MysqlConnection;
    endSilence(watched);
    const end = () => breakOff(watched, signal?.reason);
    signal?.addEventListener('abort', end);
    try {
      signal?.throwIfAborted();
      const ask: Ask = async (sql, values = []) => {
        const [rows] = await connection.promise().query(sql, [...values]);
        return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
      };
      await requireKnownProduct(ask);
      const result = await work(connection, ask);
      await connection.promise().end();
      return result;
    } catch (cause) {
      // What is still being read is not waited for. By an error of its own: the driver marks it as what broke the connection.
      breakOff(watched, new Error('The connection is given up.'));
      throw explain(cause);
    } finally {
      signal?.removeEventListener('abort', end);
    }
  }

  /** What makes and moves databases takes rights of its own. */
  #explainRestoring(cause: unknown): unknown {
    if (!MAY_NOT.has(driverCode(cause))) return this.#explain(cause);
    return new StartupError(
      `The user in ${this.#server.settings.setting} may not do this. Restoring makes databases beside ${this.#name} and moves tables between them; let an administrator of the database run ` +
        `GRANT ALL ON \`${beginningBeside(this.#name).replaceAll(/[_%]/g, '\\$&')}\\_%\`.* TO that user, who needs the same ON ${quote(this.#name)}.*. Nothing was changed.`,
      { cause },
    );
  }

  #explain(cause: unknown): unknown {
    const code = driverCode(cause);
    if (code === CHANGED) return new StartupError('The database was migrated while it was backed up: back it up again.', { cause });
    if (code === '' || !isOfDriver(cause)) return cause;
    return new StartupError(`The database cannot be used: ${reasonOf(cause, this.#server.settings.setting)}.`, { cause });
  }
}

async function* readBlocks(connection: Connection, tables: Tables): AsyncGenerator<Block> {
  for (const [table, columns] of tables) {
    const sql = `SELECT ${columns.map((name) => quote(name)).join(', ')} FROM ${quote(table)}`;
    const rows = connection.query({ sql, rowsAsArray: true, dateStrings: true }).stream();
    yield* toBlocks(table, columns, endSilenceOfRows(connection, rows));
  }
}

function nameBeside(name: string, what: 'restoring' | 'replaced'): string {
  return `${beginningBeside(name)}_${what}_${stamp()}`;
}

/** How all of these begin: a name may be too long for what stands behind it. */
function beginningBeside(name: string): string {
  return name.slice(0, LONGEST_NAME - `_restoring_${stamp()}`.length);
}

/** Others, such as those of a file that is written meanwhile, have codes of their own. */
function isOfDriver(cause: unknown): boolean {
  return cause instanceof Error && ('sqlState' in cause || 'fatal' in cause);
}

/** Whether the connection broke: what was asked may have been done. */
function isLost(error: unknown): boolean {
  return causesOf(error).some((cause) => (cause as { fatal?: boolean }).fatal === true);
}

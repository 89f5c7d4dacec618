import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { isPassing, rootCode } from '../platform/database/faults.js';
import { MysqlEngine } from '../platform/database/mysql-engine.js';
import { requireKnownProduct, requireWritable } from '../platform/database/mysql-product.js';
import { MysqlServer, type PreparedPool } from '../platform/database/mysql-server.js';
import { reasonOf } from '../platform/database/sentences.js';
import type { Databases } from '../platform/database/settings.js';
import { SqliteEngine } from '../platform/database/sqlite-engine.js';
import { prepareFile } from '../platform/database/sqlite-file.js';
import { Database } from '../platform/database/transaction.js';
import { type DatabaseSettings, settingOf } from '../platform/database/url.js';
import { StartupError } from '../platform/errors.js';
import type { Log } from '../platform/log.js';
import { createDataSource, createMysqlDataSource, createReader } from './data-source.js';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;

/** An open database: the way to its data, and the connection that migrates it. */
export interface OpenDatabase {
  database: Database;
  writer: DataSource;
}

/**
 * Opens the database; one that is away is waited for, as long as it takes.
 * @param signal ends the wait
 * @throws {StartupError} when it is there and cannot be used
 */
export async function openDatabase(settings: DatabaseSettings, log: Log, signal?: AbortSignal): Promise<OpenDatabase> {
  if (settings.type === 'mysql') {
    const server = new MysqlServer(settings);
    const writer = await connect(() => createMysqlDataSource(server), { settings, log, signal });
    return { database: new Database(new MysqlEngine(writer, server, log), log), writer };
  }
  prepareFile(settings.path);
  const writer = await connect(() => createDataSource(settings), { settings, log, signal });
  const engine = new SqliteEngine(await createReader(settings).initialize(), writer);
  return { database: new Database(engine, log), writer };
}

/**
 * Opens the connection on which the schema is changed, as {@link openDatabase} does.
 * @throws {StartupError} when it cannot be used
 */
export async function openMigrator({ migrationDatabase }: Databases, log: Log, signal?: AbortSignal): Promise<DataSource> {
  if (migrationDatabase.type === 'sqlite') prepareFile(migrationDatabase.path);
  return connect(() => createDataSource(migrationDatabase), { settings: migrationDatabase, log, signal });
}

interface Connecting {
  settings: DatabaseSettings;
  log: Log;
  signal: AbortSignal | undefined;
}

async function connect(create: () => DataSource, { settings, log, signal }: Connecting): Promise<DataSource> {
  const setting = settingOf(settings);
  for (let delay = FIRST_RETRY_MS; ; delay = Math.min(delay * 2, LONGEST_RETRY_MS)) {
    try {
      return await initialize(create(), setting);
    } catch (cause) {
      if (cause instanceof StartupError) throw cause;
      if (!isPassing(cause)) throw new StartupError(`The database cannot be used: ${reasonOf(cause, setting)}.`, { cause });
      log.warn({ code: rootCode(cause), reason: reasonOf(cause, setting), retryInMs: delay }, 'the database does not answer yet');
      await sleep(delay, undefined, { signal });
    }
  }
}

/** What only looks like MySQL, or may not be written, is refused before anything is asked of it. */
async function initialize(dataSource: DataSource, setting: string): Promise<DataSource> {
  await dataSource.initialize().catch((cause) => {
    // TypeORM leaves what it has opened when the server lets it in and refuses its first question, as with a password that has expired.
    (dataSource.driver as { pool?: PreparedPool }).pool?.abandon(cause);
    throw cause;
  });
  if (dataSource.options.type !== 'mysql') return dataSource;
  try {
    const ask = (sql: string) => dataSource.query(sql);
    await requireKnownProduct(ask);
    await requireWritable(ask, setting);
    return dataSource;
  } catch (cause) {
    await dataSource.destroy();
    throw cause;
  }
}

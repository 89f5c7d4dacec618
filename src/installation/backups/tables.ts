import type { DataSource, QueryRunner } from 'typeorm';
import { migrate } from '../../platform/database/migrate.js';
import type { DatabaseSettings } from '../../platform/database/url.js';
import { StartupError } from '../../platform/errors.js';
import { createDataSource } from '../data-source.js';
import type { Backup, Block } from './backup-file.js';
import { decodeValue } from './values.js';

const NOWHERE: DatabaseSettings = { type: 'sqlite', path: ':memory:' };
/** Neither is data: migrations run anew where a backup is loaded, and a lease is of a moment. */
const NOT_DATA = new Set(['migrations', 'leases']);
/** What somebody has written past the server is put back as it was. */
const ANY_MOMENT = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'";
/** A transaction of more would be too large for a cluster. */
const BLOCKS_AT_ONCE = 50;

/** The tables of the product with their columns. */
export type Tables = ReadonlyMap<string, readonly string[]>;

const unknownMigration = (name: string) =>
  `The newest migration of the database, ${name.slice(0, 100)}, is none that this release knows: a later release has made it, which has to make the backup, or another application. Nothing was backed up.`;

/** The names of tables that no release up to this one makes. */
export async function listForeign(tables: readonly string[]): Promise<string[]> {
  const known = await readTables(listMigrations().at(-1) as string);
  return tables.filter((name) => !known.has(name) && !NOT_DATA.has(name));
}

/** The names of all migrations, the oldest first. */
export function listMigrations(): string[] {
  return migrationsOf(createDataSource(NOWHERE)).map(({ name }) => name);
}

/**
 * What tables there are after a migration, on either kind of database: by what the migrations make, and never by what a file or a
 * database says. Whatever else is in a database is no part of a backup.
 * @throws {StartupError} when this release does not know the migration
 */
export async function readTables(lastMigration: string): Promise<Tables> {
  if (!listMigrations().includes(lastMigration)) throw new StartupError(unknownMigration(lastMigration));
  const source = await openAt(NOWHERE, lastMigration);
  try {
    const tables = await source.query<{ name: string }[]>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    );
    const known = new Map<string, string[]>();
    for (const { name } of tables.filter((table) => !NOT_DATA.has(table.name))) {
      const columns = await source.query<{ name: string }[]>('SELECT name FROM pragma_table_info(?)', [name]);
      known.set(
        name,
        columns.map((column) => column.name),
      );
    }
    return known;
  } finally {
    await source.destroy();
  }
}

/**
 * Makes the tables of a release in an empty database and puts rows into them. Nothing of a backup is run: names are held against those of the
 * tables that were made, and values are parameters.
 */
export async function fill(settings: DatabaseSettings, { header, blocks }: Backup, signal: AbortSignal): Promise<void> {
  const tables = await readTables(header.lastMigration);
  const source = await openAt(settings, header.lastMigration);
  const runner = source.createQueryRunner();
  try {
    // Rows come in no order; as they were, each has what it refers to.
    const rules = settings.type === 'sqlite' ? ['PRAGMA foreign_keys = OFF'] : ['SET SESSION foreign_key_checks = 0', ANY_MOMENT];
    for (const rule of rules) await runner.query(rule);
    let count = 0;
    for await (const block of blocks()) {
      signal.throwIfAborted();
      if (count % BLOCKS_AT_ONCE === 0) await runner.startTransaction();
      await insert(runner, tables, block);
      if (++count % BLOCKS_AT_ONCE === 0) await runner.commitTransaction();
    }
    if (runner.isTransactionActive) await runner.commitTransaction();
  } finally {
    await runner.release();
    await source.destroy();
  }
}

async function insert(runner: QueryRunner, tables: Tables, { table, columns, rows }: Block): Promise<void> {
  const known = tables.get(table) ?? [];
  if (known.length === 0 || columns.join() !== known.join() || rows.some((row) => row.length !== known.length)) {
    throw new StartupError('The backup has a table or a column that its release does not know. Nothing was changed.');
  }
  const row = `(${known.map(() => '?').join(', ')})`;
  const isMysql = runner.connection.options.type === 'mysql';
  // A driver for MySQL takes whole numbers as text, however long they are.
  const values = rows
    .flat()
    .map(decodeValue)
    .map((value) => (isMysql && typeof value === 'bigint' ? String(value) : value));
  const names = known.map((name) => `\`${name}\``).join(', ');
  await runner.query(`INSERT INTO ${table} (${names}) VALUES ${rows.map(() => row).join(', ')}`, values);
}

/** A database with the migrations up to one of them. */
async function openAt(settings: DatabaseSettings, lastMigration: string): Promise<DataSource> {
  const source = createDataSource(settings);
  const migrations = migrationsOf(source);
  const upTo = migrations.findIndex(({ name }) => name === lastMigration) + 1;
  source.setOptions({ migrations: migrations.slice(0, upTo) });
  await source.initialize();
  // Nobody else knows of this database: it takes no lock.
  const runner = source.createQueryRunner();
  try {
    await migrate({ dataSource: source, runner }, 'DATABASE_URL');
    await runner.release();
    return source;
  } catch (error) {
    await source.destroy();
    // What is told of a migration is for a database that goes on.
    throw error instanceof StartupError && error.cause ? error.cause : error;
  }
}

// biome-ignore lint/complexity/noBannedTypes: a migration is a class, which is how TypeORM lists it.
function migrationsOf({ options }: DataSource): Function[] {
  return Object.values(options.migrations ?? {}).filter((migration) => typeof migration === 'function');
}

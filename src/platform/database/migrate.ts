import { type DataSource, type Logger, MigrationExecutor, type QueryRunner } from 'typeorm';
import { StartupError } from '../errors.js';
import { driverCode, isPassing } from './faults.js';
import { reasonOf } from './sentences.js';

/** What MySQL says of a table, column or index that is there already, or gone already. */
const DONE = new Set(['ER_TABLE_EXISTS_ERROR', 'ER_DUP_FIELDNAME', 'ER_DUP_KEYNAME', 'ER_CANT_DROP_FIELD_OR_KEY']);

/** As TypeORM makes it, but for the character set: with that of the database, names may come back as bytes, and nothing would count as done. */
const RECORD_OF_MIGRATIONS = `CREATE TABLE IF NOT EXISTS migrations (id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  timestamp bigint NOT NULL, name varchar(255) NOT NULL) DEFAULT CHARACTER SET utf8mb4`;

const nothing = () => undefined;
const SILENT: Logger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
};
const WHAT_TO_DO =
  'Mend that and start again, or run "npm run migrate" with MIGRATION_DATABASE_URL of a user who may change tables: what was done is not done twice.';

/**
 * Runs the migrations that a database lacks. On MySQL each change of the schema is committed by itself, so a migration
 * that was cut short has left some of them: they are passed over, and the rest is done.
 * @param runner the connection that holds the lock: where that is lost, nothing more is changed
 * @param setting the one that names the user
 * @returns the names of those that were run
 * @throws {StartupError} when one fails for good
 */
export async function migrate({ dataSource, runner }: { dataSource: DataSource; runner: QueryRunner }, setting: string): Promise<string[]> {
  // TypeORM writes of a migration that fails to the terminal, whatever it was told of logging.
  dataSource.logger = SILENT;
  if (dataSource.options.type === 'mysql') {
    passOverWhatIsDone(runner);
    // With another one MariaDB refuses what cannot be done so; others know no such setting.
    await runner.query("SET SESSION alter_algorithm = 'DEFAULT'").catch(nothing);
    if (!(await runner.hasTable('migrations'))) await runner.query(RECORD_OF_MIGRATIONS);
  }
  const executor = new MigrationExecutor(dataSource, runner);
  executor.transaction = 'each';
  return (await executor.executePendingMigrations().catch((cause) => fail(executor, setting, cause))).map(({ name }) => name);
}

/**
 * Whether a database lacks no migration. A later release may have made more of it.
 * @throws {StartupError} when its tables are those of something else
 */
export async function isUpToDate(dataSource: DataSource): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  try {
    const names = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
    const done = await readDone(runner);
    const missing = names.filter((name) => !done.has(name));
    if (missing.length === names.length) await requireNoneElse(dataSource, runner, names);
    return missing.length === 0;
  } finally {
    await runner.release();
  }
}

const FOREIGN = 'of something else than Latchkey: name a database of its own in DATABASE_URL. Nothing was changed.';

async function readDone(runner: QueryRunner): Promise<Set<string>> {
  if (!(await runner.hasTable('migrations'))) return new Set();
  if (!(await runner.hasColumn('migrations', 'name')) || !(await runner.hasColumn('migrations', 'timestamp')))
    throw new StartupError(`The database has a table "migrations" ${FOREIGN}`);
  const rows: { name: string }[] = await runner.query('SELECT name FROM migrations');
  return new Set(rows.map(({ name }) => name));
}

async function requireNoneElse({ entityMetadatas, options }: DataSource, runner: QueryRunner, names: readonly string[]): Promise<void> {
  const isServer = options.type === 'mysql';
  const there: Named[] = await runner.query(isServer ? NAMED_ON_SERVER : NAMED_IN_FILE);
  const isTable = (name: string) => there.some((one) => one.name === name && one.type === 'table');
  const isThere = (name: string) => there.some((one) => one.name === name || (!isServer && one.name.toLowerCase() === name));
  const refuse = (name: string) => {
    throw new StartupError(`The database has a table "${name}" ${FOREIGN}`);
  };
  if (isThere('migrations') && !isTable('migrations')) refuse('migrations');
  const ownLease = isServer && isTable('leases') && (await isLease(runner));
  if (isServer && isThere('leases') && !ownLease) refuse('leases');
  const found = entityMetadatas.map(({ tableName }) => tableName).find(isThere);
  // On a server the table of the lock comes before all others, and stays when a start is cut short.
  if (found === undefined || ownLease) return;
  // Asked after that: another start may be making them.
  const done = await readDone(runner);
  if (!names.some((name) => done.has(name))) refuse(found);
}

interface Named {
  name: string;
  /** `table`, or whatever else has the name. */
  type: string;
}

/** SQLite takes two names for one that differ in case alone, and a view or an index is as much in the way as a table. */
const NAMED_IN_FILE = 'SELECT name, type FROM sqlite_master';
const NAMED_ON_SERVER =
  "SELECT table_name AS name, CASE table_type WHEN 'BASE TABLE' THEN 'table' ELSE 'view' END AS type FROM information_schema.tables WHERE table_schema = DATABASE()";

async function isLease(runner: QueryRunner): Promise<boolean> {
  for (const column of ['name', 'holder', 'expires_at']) if (!(await runner.hasColumn('leases', column))) return false;
  return true;
}

/** Whether a table is there, and may be used. */
export async function hasTable(dataSource: DataSource, table: string): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  try {
    return await runner.hasTable(table);
  } finally {
    await runner.release();
  }
}

async function fail(executor: MigrationExecutor, setting: string, cause: unknown): Promise<never> {
  if (isPassing(cause)) throw cause;
  const [failed] = await executor.getPendingMigrations().catch(() => []);
  const what = failed ? `The migration ${failed.name} of the database failed` : 'What was migrated in the database cannot be read';
  throw new StartupError(`${what}: ${reasonOf(cause, setting)}. ${WHAT_TO_DO}`, { cause });
}

function passOverWhatIsDone(runner: QueryRunner): void {
  const query = runner.query.bind(runner);
  runner.query = async (...args: Parameters<QueryRunner['query']>) => {
    try {
      return await query(...args);
    } catch (error) {
      if (DONE.has(driverCode(error))) return undefined;
      throw error;
    }
  };
}

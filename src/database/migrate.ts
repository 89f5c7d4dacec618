import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { driverCode } from '../platform/database-faults.js';

/** What MySQL says of a table, column or index that is there already, or gone already. */
const DONE = new Set(['ER_TABLE_EXISTS_ERROR', 'ER_DUP_FIELDNAME', 'ER_DUP_KEYNAME', 'ER_CANT_DROP_FIELD_OR_KEY']);

/** As TypeORM makes it, but for the character set: with that of the database, names may come back as bytes, and nothing would count as done. */
const RECORD_OF_MIGRATIONS = `CREATE TABLE IF NOT EXISTS migrations (id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  timestamp bigint NOT NULL, name varchar(255) NOT NULL) DEFAULT CHARACTER SET utf8mb4`;

/**
 * Runs the migrations that a database lacks. On MySQL each change of the schema is committed by itself, so a migration
 * that was cut short has left some of them: they are passed over, and the rest is done.
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    if (dataSource.options.type === 'mysql') {
      passOverWhatIsDone(runner);
      await runner.query(RECORD_OF_MIGRATIONS);
    }
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'each';
    await executor.executePendingMigrations();
  } finally {
    await runner.release();
  }
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

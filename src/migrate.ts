import 'reflect-metadata';
import { withLease } from './database/lease.js';
import { isUpToDate, migrate } from './database/migrate.js';
import { openMigrator } from './database/open.js';
import { readArguments } from './platform/arguments.js';
import { readDatabases } from './platform/config.js';
import { settingOf } from './platform/database-url.js';
import { StartupError } from './platform/errors.js';
import { abortOnSignals, runProgram } from './platform/exit.js';
import { createLog } from './platform/log.js';
import { say } from './platform/terminal.js';

/**
 * `npm run migrate`: brings the tables up to date, as the user in `MIGRATION_DATABASE_URL`, or in `DATABASE_URL` without that.
 * It needs the settings of the database and no other. Servers of the release before may run meanwhile.
 */
async function migrateDatabase(): Promise<void> {
  readArguments({ usage: 'Nothing is to be named: npm run migrate.' });
  const { signal } = abortOnSignals();
  const databases = readDatabases();
  const source = await openMigrator(databases, createLog('warn'), signal).catch((cause) => {
    throw signal.aborted ? new StartupError('The command was ended before the database answered. Nothing was changed.', { cause }) : cause;
  });
  try {
    await isUpToDate(source);
    const done = await withLease(source, (lock) => migrate(lock, settingOf(databases.migrationDatabase)));
    say(done.length === 0 ? UP_TO_DATE : `The database is up to date. These migrations were run: ${done.join(', ')}.\n`);
  } finally {
    await source.destroy();
  }
}

const UP_TO_DATE = 'The database was up to date already. Nothing was changed.\n';

await runProgram(migrateDatabase);

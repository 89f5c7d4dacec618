import { readArguments } from '../../platform/arguments.js';
import { readDatabases } from '../../platform/config.js';
import { withLease } from '../../platform/database/lease.js';
import { isUpToDate, migrate } from '../../platform/database/migrate.js';
import { settingOf } from '../../platform/database/url.js';
import { StartupError } from '../../platform/errors.js';
import { abortOnSignals, runProgram } from '../../platform/exit.js';
import { createLog } from '../../platform/log.js';
import { say } from '../../platform/terminal.js';
import { openMigrator } from '../open.js';

/**
 * `npm run migrate`: brings the tables up to date, as the user in `MIGRATION_DATABASE_URL`, or in `DATABASE_URL` without that.
 * It needs the settings of the database and no other. Servers of the release before may run meanwhile.
 */
export function run(): Promise<void> {
  return runProgram(migrateDatabase);
}

async function migrateDatabase(): Promise<void> {
  readArguments({ usage: 'Nothing is to be named: npm run migrate.' });
  const { signal } = abortOnSignals();
  const databases = readDatabases();
  const log = createLog('warn');
  const source = await openMigrator(databases, log, signal).catch((cause) => endedBy(signal, 'the database answered', cause));
  try {
    await isUpToDate(source);
    const done = await withLease(source, { log, signal }, (lock) => migrate(lock, settingOf(databases.migrationDatabase))).catch((cause) =>
      endedBy(signal, 'it was its turn', cause),
    );
    say(done.length === 0 ? UP_TO_DATE : `The database is up to date. These migrations were run: ${done.join(', ')}.\n`);
  } finally {
    await source.destroy();
  }
}

function endedBy(signal: AbortSignal, before: string, cause: unknown): never {
  const isEnded = signal.aborted && (cause as Error).name === 'AbortError';
  throw isEnded ? new StartupError(`The command was ended before ${before}. Nothing was changed.`, { cause }) : cause;
}

const UP_TO_DATE = 'The database was up to date already. Nothing was changed.\n';

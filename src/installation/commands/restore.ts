import { type ArgumentRules, readArguments } from '../../platform/arguments.js';
import { Cipher } from '../../platform/cipher.js';
import { type Config, readConfig } from '../../platform/config.js';
import { counted } from '../../platform/counted.js';
import { withLease } from '../../platform/database/lease.js';
import { findEncryptionKey } from '../../platform/encryption-key.js';
import { StartupError } from '../../platform/errors.js';
import { abortOnSignals, runProgram } from '../../platform/exit.js';
import { createLog } from '../../platform/log.js';
import { say } from '../../platform/terminal.js';
import { type Backup, type BackupHeader, readBackup } from '../backups/backup-file.js';
import { explainFileFault } from '../backups/file-fault.js';
import { requireFit } from '../backups/fit.js';
import { refresh } from '../backups/refresh.js';
import { createStore } from '../backups/store-choice.js';
import { createDataSource } from '../data-source.js';
import { ELSEWHERE, openInstallation } from '../installation.js';

/**
 * `npm run restore -- FILE [--replace] [--cut-tokens]`: puts what a backup holds in the place of the database, all of it or
 * nothing. No server may run meanwhile.
 */
export function run(): Promise<void> {
  return runProgram(restore);
}

async function restore(): Promise<void> {
  const { names, isOn } = readArguments(ARGUMENTS);
  const [file, mayReplace, cutsTokens] = [names[0] as string, isOn('replace'), isOn('cut-tokens')];
  const config = readConfig();
  const { signal } = abortOnSignals();
  // Whoever may migrate makes the tables.
  const store = createStore(config.migrationDatabase, signal, config.database);
  let backup: Backup | undefined;
  let isMoving = false;
  try {
    const encryptionKey = findEncryptionKey(config);
    const cipher = new Cipher(encryptionKey, config.previousEncryptionKey);
    backup = await readBackup(file, cipher);
    requireFit(backup.header, config, cipher);
    const replaces = await store.requireRoom(mayReplace);
    await requireServed(config, { replaces, signal });
    const database = await store.stage(backup, signal);
    await complete({ ...config, encryptionKey, database, migrationDatabase: database }, backup.header, cutsTokens);
    signal.throwIfAborted();
    isMoving = true;
    const kept = await store.swap();
    // What is damaged or older than the record has none to read.
    const undone = kept && (await store.listUndone(kept, backup.header.createdAt).catch(() => undefined));
    tell(backup.header, cutsTokens, kept, undone || undefined);
  } catch (error) {
    throw signal.aborted && !isMoving
      ? new StartupError('The restore was ended before it was done. Nothing was changed.')
      : explainFileFault(error, 'The restore');
  } finally {
    await backup?.close();
    // What came before is what there is to tell.
    await store.discard().catch(() => say(LEFT_BEHIND));
  }
}

const LEFT_BEHIND = 'What was made beside the database, with _restoring_ in its name, could not be removed: remove it yourself.\n';

/** Where a backup goes has to be what is served, whichever way leads there. @param replaces whether something is there, on which a mark can be made */
async function requireServed(
  { database, migrationDatabase }: Config,
  { replaces, signal }: { replaces: boolean; signal: AbortSignal },
): Promise<void> {
  if (database === migrationDatabase) return;
  const [serving, migrating] = [createDataSource(database), createDataSource(migrationDatabase)];
  try {
    await serving.initialize();
    if (replaces) {
      await migrating.initialize();
      await withLease(migrating, { log: createLog('warn'), signal }, async (lock) => {
        if (!(await lock.isSeenBy(serving))) throw new StartupError(ELSEWHERE);
      });
    } else if ((await serving.query('SHOW TABLES')).length > 0) {
      throw new StartupError(ELSEWHERE);
    }
  } finally {
    for (const source of [serving, migrating]) if (source.isInitialized) await source.destroy();
  }
}

/** Opens what was restored as a server would, which migrates it and shows that it can be used. */
async function complete(config: Config, header: BackupHeader, cutsTokens: boolean): Promise<void> {
  const installation = await openInstallation(config, createLog('warn'), { isCommand: true });
  try {
    await refresh(installation, header, cutsTokens);
  } finally {
    await installation.database.close();
  }
}

const ARGUMENTS: ArgumentRules = {
  usage: 'Name the backup: npm run restore -- FILE [--replace] [--cut-tokens].',
  names: [1, 1],
  switches: ['replace', 'cut-tokens'],
};

/** @param undone what the record of the database before says was done since; undefined when it cannot be read */
function tell(
  { createdAt, clients, tenants, version }: BackupHeader,
  cutsTokens: boolean,
  kept: string | undefined,
  undone?: string[],
): void {
  const lines = [
    `Restored all that was stored at ${createdAt}: ${counted(clients, 'client')} in ${counted(tenants, 'tenant')}, backed up by release ${version}.`,
    kept && `What was there before is in ${kept} now. Remove it when nobody needs it: it has what is secret as well.`,
    'What was done after that moment is undone. Clients, tenants and secrets that were made since are gone; clients and tenants that were deleted or disabled since,',
    `and ${cutsTokens ? 'secrets and signing keys' : 'secrets, signing keys and tokens'} that were revoked since, are good again: do again what has to hold. Everybody was signed out.`,
    cutsTokens
      ? 'All tokens were cut: applications have to ask for new ones. An API that checks tokens by itself takes them until they expire.'
      : 'Tokens that were issued before go on. To end all of them, restore with --cut-tokens.',
    undone &&
      (undone.length > 0
        ? 'By the record of what was there before, this was done since:'
        : 'By the record of what was there before, nothing was done since.'),
    ...(undone ?? []).map((line) => `  ${line}`),
  ];
  say(`${lines.filter(Boolean).join('\n')}\n`);
}

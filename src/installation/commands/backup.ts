import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readArguments } from '../../platform/arguments.js';
import { Cipher } from '../../platform/cipher.js';
import { readConfig } from '../../platform/config.js';
import { counted } from '../../platform/counted.js';
import { findEncryptionKey } from '../../platform/encryption-key.js';
import { StartupError } from '../../platform/errors.js';
import { abortOnSignals, runProgram } from '../../platform/exit.js';
import { say } from '../../platform/terminal.js';
import { VERSION } from '../../platform/version.js';
import { type BackupHeader, writeBackup } from '../backups/backup-file.js';
import type { Contents } from '../backups/contents.js';
import { explainFileFault } from '../backups/file-fault.js';
import { createStore } from '../backups/store-choice.js';

/** `npm run backup -- FILE`: copies the whole database, as it is at one moment, into a new file. Servers go on meanwhile. */
export function run(): Promise<void> {
  return runProgram(backUp);
}

async function backUp(): Promise<void> {
  const config = readConfig();
  const path = readPath();
  const cipher = new Cipher(findEncryptionKey(config), config.previousEncryptionKey);
  const { signal } = abortOnSignals();
  const createdAt = new Date().toISOString();
  try {
    await createStore(config.database, signal).copy(async (contents, blocks) => {
      // Sealed with the key that the home tenant's signing key is under, while that is changed too: never with one that everything else
      // has left, perhaps because others have it.
      const [sealedUnder = cipher.keyId] = contents.keyIds;
      if (!cipher.keyIds.includes(sealedUnder)) throw new StartupError(leftBehind(contents, cipher));
      const about = { version: VERSION, database: config.database.type, createdAt, sealedUnder, ...contents };
      await writeBackup(path, about, { blocks, cipher, signal });
      tell(path, about);
    });
  } catch (error) {
    throw signal.aborted
      ? new StartupError('The backup was ended before it was done; there is no file.')
      : explainFileFault(error, 'The backup');
  }
}

function leftBehind({ keyIds }: Contents, { keyId }: Cipher): string {
  return `This database belongs to another ENCRYPTION_KEY (it names ${keyIds.join(' and ')}, yours is ${keyId}): back it up with the settings that the server has. There is no file.`;
}

function tell(
  path: string,
  { createdAt, sealedUnder, clients, tenants, ...about }: Contents & Pick<BackupHeader, 'createdAt' | 'sealedUnder'>,
): void {
  const keyIds = new Set([sealedUnder, ...about.keyIds, ...about.otherKeyIds]);
  say(
    `${path} has all that was stored at ${createdAt}: ${counted(clients, 'client')} in ${counted(tenants, 'tenant')}, ${statSync(path).size} bytes.\n` +
      `It is of use only with the encryption key ${[...keyIds].join(' and ')}, which is not in it: keep that in another place.\n`,
  );
}

function readPath(): string {
  const { names } = readArguments({ usage: 'Name the file to make: npm run backup -- FILE.', names: [1, 1] });
  const path = names[0] as string;
  if (existsSync(path)) throw new StartupError(`${resolve(path)} is there already: name a file that is not. Nothing was changed.`);
  return resolve(path);
}

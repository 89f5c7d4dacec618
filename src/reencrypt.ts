import 'reflect-metadata';
import { systemCaller } from './access/principal.js';
import { AuditAction, AuditObjectType } from './audit/audit-event.entity.js';
import { reencryptRecordKeys } from './audit/record-key.service.js';
import { openInstallation } from './installation.js';
import { readArguments } from './platform/arguments.js';
import { readConfig } from './platform/config.js';
import { StartupError } from './platform/errors.js';
import { runProgram } from './platform/exit.js';
import { createLog } from './platform/log.js';

/**
 * `npm run encryption-key:change`: encrypts with `ENCRYPTION_KEY` what `ENCRYPTION_KEY_PREVIOUS` protects, and tells
 * which secrets still need the previous key. A server may run meanwhile; it may be run again at any time.
 */
async function reencrypt(): Promise<void> {
  readArguments({ usage: 'Nothing is to be named: npm run encryption-key:change.' });
  const config = readConfig();
  if (!config.previousEncryptionKey) {
    throw new StartupError('ENCRYPTION_KEY_PREVIOUS is not set: run this with the settings that the server has. Nothing was changed.');
  }
  const { database, changes, secrets, signingKeys, providers, home, cipher } = await openInstallation(config, createLog('warn'), {
    isCommand: true,
    isThere: true,
  });
  try {
    const { keys, assertionSecrets, providerSecrets, recordKeys } = await changes.perform(
      systemCaller(home, 'encryption-key:change'),
      async ({ manager, record }) => {
        const counts = {
          keys: await signingKeys.reencrypt(manager),
          assertionSecrets: await secrets.reencrypt(manager),
          providerSecrets: await providers.reencrypt(manager),
          recordKeys: await reencryptRecordKeys(manager, cipher),
        };
        const on: [AuditObjectType, string] = [AuditObjectType.INSTALLATION, cipher.keyId];
        await record({ action: AuditAction.CHANGE_ENCRYPTION_KEY, on, after: counts });
        return counts;
      },
    );
    const waiting = await secrets.waitingForUse();
    process.stdout.write(
      `Encrypted anew: ${keys} signing keys, ${assertionSecrets} secrets that sign assertions, ${providerSecrets} secrets for identity providers, ${recordKeys} keys of records.\n`,
    );
    process.stdout.write(waiting.length === 0 ? NOTHING_WAITS : tellWaiting(waiting));
  } finally {
    await database.close();
  }
}

const NOTHING_WAITS = 'Nothing needs ENCRYPTION_KEY_PREVIOUS any more: remove it.\n';

function tellWaiting(waiting: readonly { clientId: string; hint: string }[]): string {
  const lines = waiting.map(({ clientId, hint }) => `  ${clientId}  ${hint}\n`).join('');
  return `Keep ENCRYPTION_KEY_PREVIOUS until these secrets were used or rotated, and run this again some seconds later:\n${lines}`;
}

await runProgram(reencrypt);

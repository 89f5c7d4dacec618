import 'reflect-metadata';
import { systemCaller } from './access/principal.js';
import { AuditAction, AuditObjectType } from './audit/audit-event.entity.js';
import { reencryptRecordKeys } from './audit/record-key.service.js';
import { type NamedSecret, secretsOfLostKeys, secretsWaitingForUse } from './clients/secrets-by-key.service.js';
import { openInstallation } from './installation.js';
import { readArguments } from './platform/arguments.js';
import { readConfig } from './platform/config.js';
import { StartupError } from './platform/errors.js';
import { runProgram } from './platform/exit.js';
import { createLog } from './platform/log.js';
import { say } from './platform/terminal.js';

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
    const { counts, unreadable } = await changes.perform(systemCaller(home, 'encryption-key:change'), async ({ manager, record }) => {
      const [keys, ofClients, ofProviders] = [
        await signingKeys.reencrypt(manager),
        await secrets.reencrypt(manager),
        await providers.reencrypt(manager),
      ];
      const counts = {
        keys: keys.done,
        assertionSecrets: ofClients.done,
        providerSecrets: ofProviders.done,
        recordKeys: await reencryptRecordKeys(manager, cipher),
      };
      const on: [AuditObjectType, string] = [AuditObjectType.INSTALLATION, cipher.keyId];
      await record({ action: AuditAction.CHANGE_ENCRYPTION_KEY, on, after: counts });
      return { counts, unreadable: [keys, ofClients, ofProviders].flatMap((renewal) => renewal.unreadable) };
    });
    const [waiting, lost] = [await secretsWaitingForUse({ database, cipher }), await secretsOfLostKeys({ database, cipher })];
    const { keys, assertionSecrets, providerSecrets, recordKeys } = counts;
    say(
      `Encrypted anew: ${keys} signing keys, ${assertionSecrets} secrets that sign assertions, ${providerSecrets} secrets for identity providers, ${recordKeys} keys of records.\n`,
    );
    if (unreadable.length > 0) say(tellUnreadable(unreadable));
    if (lost.length > 0) say(LOST + linesOf(lost));
    say(waiting.length === 0 ? NOTHING_WAITS : WAITING + linesOf(waiting));
  } finally {
    await database.close();
  }
}

function tellUnreadable(names: readonly string[]): string {
  const lines = names.map((name) => `  ${name}\n`).join('');
  return `These cannot be read with the keys at hand, were left as they are, and work with no key: they were damaged, or changed past the server.\n${lines}`;
}

const NOTHING_WAITS = 'Nothing needs ENCRYPTION_KEY_PREVIOUS any more: remove it.\n';

const WAITING = 'Keep ENCRYPTION_KEY_PREVIOUS until these secrets were used or rotated, and run this again some seconds later:\n';
const LOST =
  'These secrets are under an encryption key that is not at hand, and are refused. Rotate them, or run this with that key as ENCRYPTION_KEY_PREVIOUS:\n';

function linesOf(secrets: readonly NamedSecret[]): string {
  return secrets.map(({ host, clientId, hint }) => `  ${clientId}  ${hint}  at ${host}\n`).join('');
}

await runProgram(reencrypt);

import { AuditAction, AuditObjectType } from '../../changes/record/audit-event.entity.js';
import { type NamedSecret, secretsOfLostKeys, secretsWaitingForUse } from '../../clients/secrets-by-key.service.js';
import { readArguments } from '../../platform/arguments.js';
import { readConfig } from '../../platform/config.js';
import { StartupError } from '../../platform/errors.js';
import { runProgram } from '../../platform/exit.js';
import { createLog } from '../../platform/log.js';
import { type Reach, renewInPieces } from '../../platform/renewal.js';
import type { Encrypted } from '../../platform/room.js';
import { say } from '../../platform/terminal.js';
import { systemCaller } from '../../tenants/caller.js';
import { openInstallation } from '../installation.js';
import { encryptedOf } from '../rooms.js';

/** How often all is looked through at most. */
const MOST_ROUNDS = 10;

/**
 * `npm run encryption-key:change`: encrypts with `ENCRYPTION_KEY` what `ENCRYPTION_KEY_PREVIOUS` protects, and tells
 * which secrets still need the previous key. A server may run meanwhile; it may be run again at any time.
 */
export function run(): Promise<void> {
  return runProgram(reencrypt);
}

async function reencrypt(): Promise<void> {
  readArguments({ usage: 'Nothing is to be named: npm run encryption-key:change.' });
  const config = readConfig();
  if (!config.previousEncryptionKey) {
    throw new StartupError('ENCRYPTION_KEY_PREVIOUS is not set: run this with the settings that the server has. Nothing was changed.');
  }
  const installation = await openInstallation(config, createLog('warn'), { isCommand: true, isThere: true });
  const { database, changes, home, cipher } = installation;
  let isBegun = false;
  try {
    const caller = systemCaller(home, 'encryption-key:change');
    const kinds = encryptedOf(installation);
    const counts = Object.fromEntries(kinds.map(({ name }) => [name, 0]));
    const unreadable = new Set<string>();
    const reach: Reach = {
      read: (work) => database.read(work),
      write: (work) => {
        isBegun = true;
        return changes.perform(caller, ({ manager }) => work(manager), { isPart: true });
      },
    };
    const renewAll = async ({ name, renew }: Encrypted) => {
      const renewal = await renewInPieces((after) => renew(reach, after));
      counts[name] = (counts[name] ?? 0) + renewal.done;
      for (const one of renewal.unreadable) unreadable.add(one);
      return renewal.done;
    };
    // A server may have put away more in the meantime, whatever it knew of the keys.
    for (let round = 0, found = 1; found > 0 && round < MOST_ROUNDS; round += 1) {
      found = 0;
      for (const kind of kinds) found += await renewAll(kind);
    }
    const on: [AuditObjectType, string] = [AuditObjectType.INSTALLATION, cipher.keyId];
    await changes.perform(caller, ({ record }) => record({ action: AuditAction.CHANGE_ENCRYPTION_KEY, on, after: counts }));
    say(`Encrypted anew: ${kinds.map(({ name, words }) => `${counts[name]} ${words}`).join(', ')}.\n`);
    if (unreadable.size > 0) say(tellUnreadable([...unreadable]));
    await tellAll(LOST, secretsOfLostKeys({ database, cipher }));
    if (!(await tellAll(WAITING, secretsWaitingForUse({ database, cipher })))) say(NOTHING_WAITS);
  } catch (error) {
    if (isBegun) say(UNFINISHED);
    throw error;
  } finally {
    await database.close();
  }
}

function tellUnreadable(names: readonly string[]): string {
  const lines = names.map((name) => `  ${name}\n`).join('');
  return `These cannot be read with the keys at hand, were left as they are, and work with no key: they were damaged, or changed past the server.\n${lines}`;
}

const UNFINISHED = 'This ended before all was encrypted anew. What was stays so: run it again.\n';

const NOTHING_WAITS = 'Nothing needs ENCRYPTION_KEY_PREVIOUS any more: remove it.\n';

const WAITING = 'Keep ENCRYPTION_KEY_PREVIOUS until these secrets were used or rotated, and run this again some seconds later:\n';
const LOST =
  'These secrets are under an encryption key that is not at hand, and are refused. Rotate them, or run this with that key as ENCRYPTION_KEY_PREVIOUS:\n';

/** @returns whether there were any */
async function tellAll(heading: string, pages: AsyncIterable<NamedSecret[]>): Promise<boolean> {
  let isTold = false;
  for await (const secrets of pages) {
    const lines = secrets.map(({ host, clientId, hint }) => `  ${clientId}  ${hint}  at ${host}\n`).join('');
    say(isTold ? lines : heading + lines);
    isTold = true;
  }
  return isTold;
}

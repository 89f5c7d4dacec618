import type { Change } from '../../changes/changes.service.js';
import { SigningKey } from '../../keys/signing-key.entity.js';
import { readArguments } from '../../platform/arguments.js';
import { type Config, readConfig } from '../../platform/config.js';
import { isPassing } from '../../platform/database/faults.js';
import { StartupError } from '../../platform/errors.js';
import { runProgram } from '../../platform/exit.js';
import { createLog } from '../../platform/log.js';
import type { SigningAlgorithm } from '../../platform/setting-values.js';
import { say } from '../../platform/terminal.js';
import { type ReachedTenant, systemCaller, type TenantContext } from '../../tenants/caller.js';
import { aliasesOf, normalizeHost } from '../../tenants/host.js';
import { countChange } from '../../tenants/tenant-lock.service.js';
import { type AdministratorSecret, chooseAdministratorSecret, putAdministrator } from '../bootstrap.js';
import { type Installation, openInstallation } from '../installation.js';
import { SecretFile } from '../secret-file.service.js';
import { showSecret } from '../show-secret.js';

/**
 * `npm run admin:reset [-- host]`: gives the administrator's client of the home tenant, or of the tenant with this
 * host, a new secret and all its rights back. A server may run meanwhile.
 */
export function run(): Promise<void> {
  return runProgram(resetAdministrator);
}

async function resetAdministrator(): Promise<void> {
  const [host] = readArguments({
    usage: 'Name one tenant by its host, or none for the home tenant: npm run admin:reset [-- HOST].',
    names: [0, 1],
  }).names;
  const config = readConfig();
  const installation = await openInstallation(config, createLog('warn'), { isCommand: true, isThere: true });
  const { database, changes, clients, secrets } = installation;
  try {
    const context = host ? await findTenant(installation, host) : installation.home;
    const secret = chooseAdministratorSecret(config);
    await withSecretFile(config, secret, () =>
      changes.perform(systemCaller(context, 'admin:reset'), async (change) => {
        await replaceLostKeys(change, installation);
        await putAdministrator(change, { clients, secrets }, { clientId: config.adminClientId, secret });
      }),
    );
    if (secret.isGenerated) showSecret(config, secret.secret, host);
    else
      say(
        `The secret of ${config.adminClientId}${host === undefined ? '' : ` of ${host}`} is now the one in ADMIN_CLIENT_SECRET. The old one is refused.\n`,
      );
  } finally {
    await database.close();
  }
}

/** The secret is on disk before it comes into force, and no longer when it does not. */
async function withSecretFile(config: Config, secret: AdministratorSecret, work: () => Promise<unknown>): Promise<void> {
  const file = new SecretFile(config.adminSecretFileOut);
  if (secret.isGenerated) file.write(secret.secret);
  try {
    await work();
  } catch (error) {
    // Where nobody can say whether it came into force, the next start looks.
    if (!isPassing(error)) file.takeBack();
    throw error;
  }
  file.keep();
}

/** A tenant's signing keys are gone when the encryption key was lost with which they could be read. */
async function replaceLostKeys(change: Change, { signingKeys, config }: Installation): Promise<void> {
  const { manager, caller } = change;
  const { tenant } = caller;
  if (await manager.existsBy(SigningKey, { tenantId: tenant.id })) return;
  await signingKeys.ensureKeys(change, (tenant.signingAlgorithm ?? config.signingAlgorithm) as SigningAlgorithm);
  // Servers that run have the tenant without them.
  await countChange(manager, tenant.id);
}

async function findTenant({ directory, home }: Installation, host: string): Promise<TenantContext> {
  // The server may have other settings than this command; what its host was at its last start stands in the row.
  const isHome = aliasesOf(home.tenant.host).includes(normalizeHost(host, directory.scheme) ?? '');
  const found: ReachedTenant | undefined = isHome ? home : await directory.find(host);
  // Its other host is not what it is called by.
  const context = found?.mtlsOrigin === directory.originOf(host) ? undefined : found;
  if (!context) throw new StartupError(`No tenant that is enabled has the host ${host}. Nothing was changed.`);
  return context;
}

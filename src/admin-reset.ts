import 'reflect-metadata';
import { chooseAdministratorSecret, putAdministrator } from './access/bootstrap.js';
import { systemCaller, type TenantContext } from './access/principal.js';
import { type Installation, openInstallation } from './installation.js';
import { readConfig } from './platform/config.js';
import { StartupError } from './platform/errors.js';
import { runProgram } from './platform/exit.js';
import { createLog } from './platform/log.js';
import { showSecret } from './server.js';
import { takeTurn } from './tenants/tenant-turn.service.js';

/**
 * `npm run admin:reset [-- host]`: gives the administrator's client of the home tenant, or of the tenant with this
 * host, a new secret and all its rights back. A server may run meanwhile.
 */
async function resetAdministrator(): Promise<void> {
  const config = readConfig();
  const installation = await openInstallation(config, createLog('warn'), { isCommand: true });
  const { database, clients, secrets, generatedSecret } = installation;
  const host = process.argv[2];
  try {
    if (generatedSecret && !host) return showSecret(config.adminClientId, generatedSecret);
    const context = host ? await findTenant(installation, host) : installation.home;
    const secret = chooseAdministratorSecret(config);
    await database.write(async (manager) => {
      await takeTurn(manager, context);
      const caller = systemCaller(context, 'admin:reset');
      await putAdministrator(manager, { clients, secrets }, { caller, clientId: config.adminClientId, secret });
    });
    if (secret.isGenerated) showSecret(config.adminClientId, secret.secret);
    else process.stdout.write(`The secret of ${config.adminClientId} is now the one in ADMIN_CLIENT_SECRET. The old one is refused.\n`);
  } finally {
    await database.close();
  }
}

async function findTenant({ directory }: Installation, host: string): Promise<TenantContext> {
  const context = await directory.find(host);
  if (!context) throw new StartupError(`No tenant that is enabled has the host ${host}. Nothing was changed.`);
  return context;
}

await runProgram(resetAdministrator);

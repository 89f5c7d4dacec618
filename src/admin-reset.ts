import 'reflect-metadata';
import { chooseAdministratorSecret, putAdministrator } from './access/bootstrap.js';
import { openInstallation } from './installation.js';
import { readConfig } from './platform/config.js';
import { runProgram } from './platform/exit.js';
import { createLog } from './platform/log.js';
import { showSecret } from './server.js';
import { takeTurn } from './tenants/tenant.service.js';

/** `npm run admin:reset`: gives the administrator's client a new secret and all its rights back. A server may run meanwhile. */
async function resetAdministrator(): Promise<void> {
  const config = readConfig();
  const { database, clients, secrets, home, generatedSecret } = await openInstallation(config, createLog('warn'), { isCommand: true });
  try {
    if (generatedSecret) return showSecret(config.adminClientId, generatedSecret);
    const secret = chooseAdministratorSecret(config);
    await database.write(async (manager) => {
      await takeTurn(manager, home.tenant.id);
      await putAdministrator(manager, { clients, secrets }, { home, clientId: config.adminClientId, secret });
    });
    if (secret.isGenerated) showSecret(config.adminClientId, secret.secret);
    else process.stdout.write(`The secret of ${config.adminClientId} is now the one in ADMIN_CLIENT_SECRET. The old one is refused.\n`);
  } finally {
    await database.close();
  }
}

await runProgram(resetAdministrator);

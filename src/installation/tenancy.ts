import { type EntityManager, IsNull, Not } from 'typeorm';
import type { ClientService } from '../clients/client.service.js';
import type { ClientSecretService } from '../clients/client-secret.service.js';
import type { SigningKeys } from '../keys/signing-keys.js';
import { Session } from '../people/session.entity.js';
import type { Config } from '../platform/config.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { makeTokenEpoch } from '../tenants/token-epoch.js';
import { chooseAdministratorSecret, putAdministrator } from './bootstrap.js';
import { removeBelongings, removeSomeOfMany } from './removal.js';
import type { Administrator } from './tenants/tenant.resolver.js';
import type { TenantContents } from './tenants/tenant.service.js';

/** What a tenant's contents are made with. */
interface ContentServices {
  clients: ClientService;
  secrets: ClientSecretService;
  signingKeys: SigningKeys;
}

/** What is inside a tenant, from the rooms that know. */
export function createTenantContents({ clients, secrets, signingKeys }: ContentServices, config: Config): TenantContents<Administrator> {
  return {
    provision: async (change) => {
      await signingKeys.ensureKeys(change, config.signingAlgorithm);
      const secret = chooseAdministratorSecret({});
      const client = await putAdministrator(change, { clients, secrets }, { clientId: config.adminClientId, secret });
      return { client, clientSecret: secret.secret };
    },
    changeAlgorithm: (change, algorithm) => signingKeys.ensureKeys(change, algorithm),
    suspend,
    thin: removeSomeOfMany,
    remove: removeBelongings,
  };
}

async function suspend(manager: EntityManager, tenantId: string): Promise<void> {
  await manager.update(Tenant, { id: tenantId }, { tokenEpoch: makeTokenEpoch() });
  // Those of clients have ended with their tokens.
  await manager.delete(Session, { tenantId, subject: Not(IsNull()) });
}

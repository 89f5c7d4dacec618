import type { EntityManager } from 'typeorm';
import { Client } from '../clients/client.entity.js';
import { makeTokenEpoch } from '../clients/client.rules.js';
import type { ClientService } from '../clients/client.service.js';
import type { ClientSecretService } from '../clients/client-secret.service.js';
import type { SigningKeys } from '../keys/signing-keys.js';
import { Session } from '../people/session.entity.js';
import type { Config } from '../platform/config.js';
import { removeSome } from '../platform/database/pieces.js';
import { chooseAdministratorSecret, putAdministrator } from './bootstrap.js';
import { BELONGINGS } from './rooms.js';
import type { Administrator } from './tenants/tenant.resolver.js';
import type { TenantContents } from './tenants/tenant.service.js';

/** Up to so many go together with the tenant, or not at all. */
const MOST_AT_ONCE = 5_000;

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
    thin: async (manager, tenantId) => {
      for (const { entity } of BELONGINGS.filter(({ mayBeMany }) => mayBeMany)) {
        const table = manager.connection.getMetadata(entity).tableName;
        if (await hasVeryMany(manager, table, tenantId))
          return removeSome(manager, { table, where: 'tenant_id = ?', parameters: [tenantId] });
      }
      return false;
    },
    remove: async (manager, tenantId) => {
      for (const { entity } of BELONGINGS) await manager.delete(entity, { tenantId });
    },
  };
}

async function hasVeryMany(manager: EntityManager, table: string, tenantId: string): Promise<boolean> {
  const some = `SELECT 1 FROM ${table} WHERE tenant_id = ? LIMIT ${MOST_AT_ONCE + 1}`;
  const [row]: [{ n: number | string }] = await manager.query(`SELECT COUNT(*) AS n FROM (${some}) some`, [tenantId]);
  return Number(row.n) > MOST_AT_ONCE;
}

async function suspend(manager: EntityManager, tenantId: string): Promise<void> {
  await manager.update(Client, { tenantId }, { tokenEpoch: makeTokenEpoch() });
  await manager.delete(Session, { tenantId });
}

import type { EntityManager } from 'typeorm';
import { chooseAdministratorSecret, putAdministrator } from './access/bootstrap.js';
import { IdentityProvider } from './access/identity-provider.entity.js';
import { Session } from './access/session.entity.js';
import { AuditEvent } from './audit/audit-event.entity.js';
import { Client } from './clients/client.entity.js';
import { makeTokenEpoch } from './clients/client.rules.js';
import type { ClientService } from './clients/client.service.js';
import type { ClientSecretService } from './clients/client-secret.service.js';
import { ClientSegment } from './clients/client-segment.entity.js';
import type { Config } from './platform/config.js';
import { removeSome } from './platform/pieces.js';
import type { Administrator } from './tenants/tenant.resolver.js';
import type { TenantContents } from './tenants/tenant.service.js';
import { RevokedToken } from './tokens/revoked-token.entity.js';
import { SigningKey } from './tokens/signing-key.entity.js';
import type { SigningKeys } from './tokens/signing-keys.js';
import { UsedProof } from './tokens/used-proof.entity.js';

/** What belongs to a tenant, in an order in which it can be removed; secrets and hours go with their client, grams with their segment. */
export const BELONGINGS = [Session, IdentityProvider, AuditEvent, RevokedToken, UsedProof, SigningKey, ClientSegment, Client];

/** Of what there may be very much, in the same order; last what nobody misses of a tenant that is half gone: its record. */
const MANY = ['revoked_tokens', 'used_proofs', 'client_segments', 'clients', 'audit_events'];

/** What a tenant's contents are made with. */
interface Services {
  clients: ClientService;
  secrets: ClientSecretService;
  signingKeys: SigningKeys;
}

/** What is inside a tenant, from the rooms that know. */
export function createTenantContents({ clients, secrets, signingKeys }: Services, config: Config): TenantContents<Administrator> {
  return {
    furnish: async (change) => {
      await signingKeys.ensureKeys(change, config.signingAlgorithm);
      const secret = chooseAdministratorSecret({});
      const client = await putAdministrator(change, { clients, secrets }, { clientId: config.adminClientId, secret });
      return { client, clientSecret: secret.secret };
    },
    changeAlgorithm: (change, algorithm) => signingKeys.ensureKeys(change, algorithm),
    suspend,
    thin: async (manager, tenantId) => {
      for (const table of MANY) if (await removeSome(manager, { table, where: 'tenant_id = ?', parameters: [tenantId] })) return true;
      return false;
    },
    remove: async (manager, tenantId) => {
      for (const entity of BELONGINGS) await manager.delete(entity, { tenantId });
    },
  };
}

async function suspend(manager: EntityManager, tenantId: string): Promise<void> {
  await manager.update(Client, { tenantId }, { tokenEpoch: makeTokenEpoch() });
  await manager.delete(Session, { tenantId });
}

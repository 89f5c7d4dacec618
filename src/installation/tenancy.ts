import type { EntityManager } from 'typeorm';
import { UsedProof } from '../authentication/used-proof.entity.js';
import { AuditEvent } from '../changes/record/audit-event.entity.js';
import { Client } from '../clients/client.entity.js';
import { makeTokenEpoch } from '../clients/client.rules.js';
import type { ClientService } from '../clients/client.service.js';
import type { ClientSecretService } from '../clients/client-secret.service.js';
import { ClientSegment } from '../clients/search/client-segment.entity.js';
import { SigningKey } from '../keys/signing-key.entity.js';
import type { SigningKeys } from '../keys/signing-keys.js';
import { IdentityProvider } from '../people/identity-provider.entity.js';
import { Session } from '../people/session.entity.js';
import type { Config } from '../platform/config.js';
import { removeSome } from '../platform/database/pieces.js';
import { RevokedToken } from '../tokens/revoked-token.entity.js';
import { chooseAdministratorSecret, putAdministrator } from './bootstrap.js';
import type { Administrator } from './tenants/tenant.resolver.js';
import type { TenantContents } from './tenants/tenant.service.js';

/** What belongs to a tenant, in an order in which it can be removed; secrets and hours go with their client, grams with their segment. */
export const BELONGINGS = [Session, IdentityProvider, AuditEvent, RevokedToken, UsedProof, SigningKey, ClientSegment, Client];

/** Of what there may be very much, in the same order; last what nobody misses of a tenant that is half gone: its record. */
const MANY = ['revoked_tokens', 'used_proofs', 'client_segments', 'clients', 'audit_events'];

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
      for (const table of MANY) {
        if (await hasVeryMany(manager, table, tenantId))
          return removeSome(manager, { table, where: 'tenant_id = ?', parameters: [tenantId] });
      }
      return false;
    },
    remove: async (manager, tenantId) => {
      for (const entity of BELONGINGS) await manager.delete(entity, { tenantId });
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

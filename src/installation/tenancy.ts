import { And, type EntityManager, LessThanOrEqual, MoreThan } from 'typeorm';
import { Client } from '../clients/client.entity.js';
import { makeTokenEpoch } from '../clients/client.rules.js';
import type { ClientService } from '../clients/client.service.js';
import type { ClientSecretService } from '../clients/client-secret.service.js';
import type { SigningKeys } from '../keys/signing-keys.js';
import { anySubject, Session } from '../people/session.entity.js';
import type { Config } from '../platform/config.js';
import { chooseAdministratorSecret, putAdministrator } from './bootstrap.js';
import { removeBelongings, removeSomeOfMany } from './removal.js';
import type { Administrator } from './tenants/tenant.resolver.js';
import type { TenantContents } from './tenants/tenant.service.js';

/** Some milliseconds of SQLite's: the row of each is written anew, and may have 40 KB. */
const CUT_AT_A_TIME = 250;

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
    endSessions,
    cutSomeTokens,
    thin: removeSomeOfMany,
    remove: removeBelongings,
  };
}

/** Those of people. Those of clients end with their tokens. */
async function endSessions(manager: EntityManager, tenantId: string): Promise<void> {
  await manager.delete(Session, { tenantId, subject: anySubject() });
}

async function cutSomeTokens(manager: EntityManager, tenantId: string, after: string): Promise<string | undefined> {
  const next = { tenantId, clientId: MoreThan(after) };
  const order = { clientId: 'ASC' } as const;
  const [last] = await manager.find(Client, { select: { id: true, clientId: true }, where: next, order, skip: CUT_AT_A_TIME - 1, take: 1 });
  const some = last ? { tenantId, clientId: And(MoreThan(after), LessThanOrEqual(last.clientId)) } : next;
  await manager.update(Client, some, { tokenEpoch: makeTokenEpoch() });
  return last?.clientId;
}

import { type FindOperator, type FindOptionsWhere, In, IsNull, MoreThan, Not } from 'typeorm';
import type { Cipher } from '../platform/cipher.js';
import type { Database } from '../platform/database/transaction.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { ClientSecret } from './client-secret.entity.js';

const NAMED_AT_A_TIME = 500;

/** A secret as an operator finds it. */
export interface NamedSecret {
  host: string;
  clientId: string;
  hint: string;
}

/** What is asked, and which keys are at hand. */
interface Parts {
  database: Database;
  cipher: Cipher;
}

/** The live secrets whose digest was made with an earlier key and can be renewed only when they are used. */
export function secretsWaitingForUse({ database, cipher }: Parts): AsyncGenerator<NamedSecret[]> {
  return nameLive(database, In(cipher.keyIds.filter((id) => id !== cipher.keyId)));
}

/** The live secrets that were stored under a key that is not at hand, and are refused. */
export function secretsOfLostKeys({ database, cipher }: Parts): AsyncGenerator<NamedSecret[]> {
  return nameLive(database, unknownTo(cipher));
}

/** How many those are. */
export function countSecretsOfLostKeys({ database, cipher }: Parts): Promise<number> {
  return database.read((manager) => manager.countBy(ClientSecret, liveWithKey(unknownTo(cipher))));
}

/** Page by page: after a change of the key they are nearly all there are. */
async function* nameLive(database: Database, keyId: FindOperator<string>): AsyncGenerator<NamedSecret[]> {
  let after: string | undefined = '';
  while (after !== undefined) {
    const where = liveWithKey(keyId).map((live) => ({ ...live, id: MoreThan(after as string) }));
    const { secrets, hosts } = await database.read(async (manager) => {
      const secrets = await manager.find(ClientSecret, { where, relations: { client: true }, order: { id: 'ASC' }, take: NAMED_AT_A_TIME });
      const tenants = await manager.findBy(Tenant, { id: In([...new Set(secrets.map(({ tenantId }) => tenantId))]) });
      return { secrets, hosts: new Map(tenants.map(({ id, host }) => [id, host])) };
    });
    const named = secrets.map(({ tenantId, client, hint }) => ({
      host: hosts.get(tenantId) ?? '',
      clientId: client?.clientId ?? '',
      hint,
    }));
    if (named.length > 0) yield named;
    after = secrets.length === NAMED_AT_A_TIME ? secrets.at(-1)?.id : undefined;
  }
}

function unknownTo({ keyIds }: Cipher): FindOperator<string> {
  return Not(In([...keyIds]));
}

function liveWithKey(keyId: FindOperator<string>): FindOptionsWhere<ClientSecret>[] {
  return [IsNull(), MoreThan(new Date())].map((expiresAt) => ({ keyId, expiresAt }));
}

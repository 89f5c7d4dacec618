import type { EntityManager } from 'typeorm';
import type { TenantContext } from '../access/principal.js';
import { ClientNotFound } from '../platform/errors.js';
import { Client } from './client.entity.js';
import { fromStoredAudience, toStoredAudience } from './scopes.js';

/**
 * The client with exactly this client id, within a running transaction.
 * @throws {ClientNotFound}
 */
export async function requireClient(manager: EntityManager, { tenant, issuer }: TenantContext, clientId: string): Promise<Client> {
  const client = await manager.findOneBy(Client, { tenantId: tenant.id, clientId });
  if (!client) throw new ClientNotFound();
  return present(client, issuer);
}

/** A client as it leaves the database: with whole audiences. */
export function present(client: Client, issuer: string): Client {
  return Object.assign(client, { audiences: client.audiences.map((audience) => fromStoredAudience(audience, issuer)) });
}

/** Audiences as the database has them. */
export function storeAudiences(audiences: readonly string[], issuer: string): string[] {
  return audiences.map((audience) => toStoredAudience(audience, issuer));
}

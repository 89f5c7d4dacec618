import { type EntityManager, MoreThan } from 'typeorm';
import type { Description } from '../changes/record/audit.service.js';
import type { TenantContext } from '../tenants/caller.js';
import { fromStoredAudience, toStoredAudience } from '../tenants/scopes.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { Client, SenderConstraint } from './client.entity.js';
import { ClientNotFound } from './errors.js';
import type { FederatedCredential } from './federation/federated-credential.entity.js';
import { describeCredential } from './federation/federated-credentials.service.js';

/** Of a tenant: whatever is looked for among fewer takes some ten milliseconds. */
const MANY = 5_000;

/**
 * The client with exactly this client id, within a running transaction.
 * @throws {ClientNotFound}
 */
export async function requireClient(manager: EntityManager, { tenant, issuer }: TenantContext, clientId: string): Promise<Client> {
  const client = await manager.findOneBy(Client, { tenantId: tenant.id, clientId });
  if (!client) throw new ClientNotFound();
  return present(client, issuer);
}

/** Whether a tenant has so many clients that going through all of them takes long. */
export function hasMany({ tenant }: TenantContext): boolean {
  return (tenant.clientCount ?? Number.POSITIVE_INFINITY) > MANY;
}

/** A client as it leaves the database: with whole audiences. */
export function present(client: Client, issuer: string): Client {
  return Object.assign(client, { audiences: client.audiences.map((audience) => fromStoredAudience(audience, issuer)) });
}

/** A client as the record has it. @param credentials of one with `FEDERATED_JWT` */
export function describeClient(client: Client, credentials: readonly FederatedCredential[] = []): Description {
  const { name, clientId, accessTokenLifetime, authMethod, jwks, jwksUri, tlsClientAuth, senderConstraint, scopes, audiences, enabled } =
    client;
  const proof = {
    ...(jwks ? { jwks } : {}),
    ...(jwksUri ? { jwksUri } : {}),
    ...(tlsClientAuth ? { tlsClientAuth } : {}),
    ...(senderConstraint === SenderConstraint.NONE ? {} : { senderConstraint }),
    ...(credentials.length > 0 ? { federatedCredentials: credentials.map(describeCredential) } : {}),
  };
  return { name, clientId, accessTokenLifetime, authMethod, ...proof, scopes, audiences, enabled };
}

/** Audiences as the database has them. */
export function storeAudiences(audiences: readonly string[], issuer: string): string[] {
  return audiences.map((audience) => toStoredAudience(audience, issuer));
}

/** When the last token of any client of a tenant has expired that is issued up to a moment, those of clients that are gone included. */
export async function lastTokenOfTenant(manager: EntityManager, tenantId: string, issuedUntil: Date): Promise<Date> {
  const { tokensExpireBy } = await manager.findOneByOrFail(Tenant, { id: tenantId });
  const [longest] = await manager.find(Client, {
    select: { id: true, accessTokenLifetime: true },
    where: { tenantId },
    order: { accessTokenLifetime: 'DESC' },
    take: 1,
  });
  const [latest] = await manager.find(Client, {
    select: { id: true, tokensExpireBy: true },
    where: { tenantId, tokensExpireBy: MoreThan(new Date(0)) },
    order: { tokensExpireBy: 'DESC' },
    take: 1,
  });
  const ends = [tokensExpireBy, latest?.tokensExpireBy].map((end) => end?.getTime() ?? 0);
  return new Date(Math.max(issuedUntil.getTime() + (longest?.accessTokenLifetime ?? 0) * 1000, ...ends));
}

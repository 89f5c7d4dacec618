import type { EntityManager } from 'typeorm';
import { Client, ClientAuthMethod } from '../clients/client.entity.js';
import { makeTokenEpoch } from '../clients/client.rules.js';
import type { ClientService } from '../clients/client.service.js';
import { ClientSecret } from '../clients/client-secret.entity.js';
import type { ClientSecretService } from '../clients/client-secret.service.js';
import { MANAGEMENT_SCOPES, managementAudience, toStoredAudience } from '../clients/scopes.js';
import { hintOf, isPossibleSecret, makeSecret, type PlainSecret } from '../clients/secret.js';
import type { Config } from '../platform/config.js';
import { StartupError } from '../platform/errors.js';
import type { TenantContext } from './principal.js';

const LIFETIME_SECONDS = 3600;

/** The settings that the administrator's client is made from. */
export type AdministratorSettings = Pick<Config, 'adminClientId' | 'adminClientSecret'>;

/** A secret for the administrator: the one that was set, or a new one that has to be shown. */
export interface AdministratorSecret {
  secret: PlainSecret;
  hint: string;
  isGenerated: boolean;
}

/**
 * Takes the administrator's secret from the settings, or makes one.
 * @throws {StartupError} when the given one looks like one of ours and is damaged
 */
export function chooseAdministratorSecret({ adminClientSecret }: AdministratorSettings): AdministratorSecret {
  if (adminClientSecret === undefined) {
    const secret = makeSecret();
    return { secret, hint: hintOf(secret), isGenerated: true };
  }
  if (!isPossibleSecret(adminClientSecret)) {
    throw new StartupError('ADMIN_CLIENT_SECRET begins with lk_ but its checksum is wrong: a character of it was lost or changed.');
  }
  return { secret: adminClientSecret, hint: 'ADMIN_CLIENT_SECRET', isGenerated: false };
}

/** What makes clients and their secrets. */
interface Services {
  clients: ClientService;
  secrets: ClientSecretService;
}

/**
 * Gives the administrator's client the secret as its only one and all management rights, and cuts the tokens
 * that it had; makes the client when it is missing.
 */
export async function putAdministrator(
  manager: EntityManager,
  { clients, secrets }: Services,
  { home, clientId, secret }: { home: TenantContext; clientId: string; secret: AdministratorSecret },
): Promise<void> {
  const audience = managementAudience(home.issuer);
  const existing = await manager.findOneBy(Client, { tenantId: home.tenant.id, clientId });
  const scopes = [...MANAGEMENT_SCOPES];
  if (!existing) {
    const proof = { authMethod: ClientAuthMethod.SECRET, jwks: null };
    const values = { name: 'Administrator', clientId, accessTokenLifetime: LIFETIME_SECONDS, scopes, audiences: [audience], ...proof };
    await secrets.insert(manager, await clients.insert(manager, home, values), secret);
    return;
  }
  const change = { authMethod: ClientAuthMethod.SECRET, jwks: null, tokenEpoch: makeTokenEpoch(), version: existing.version + 1 };
  const others = existing.audiences.filter((stored) => stored !== toStoredAudience(audience, home.issuer));
  await manager.update(
    Client,
    { id: existing.id },
    {
      enabled: true,
      scopes: [...new Set([...scopes, ...existing.scopes])],
      audiences: [toStoredAudience(audience, home.issuer), ...others],
      ...change,
      updatedAt: new Date(),
    },
  );
  await manager.delete(ClientSecret, { clientRowId: existing.id });
  await secrets.insert(manager, { ...existing, ...change }, secret);
}

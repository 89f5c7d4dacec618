import Provider, { type Adapter, type AdapterFactory, type AllClientMetadata } from 'oidc-provider';
import type { TenantContext } from '../access/principal.js';
import { type ClientLookupService, nobody, type RegisteredClient } from '../clients/client-lookup.service.js';
import { isPossibleSecret } from '../clients/secret.js';

/** What every client is to oidc-provider. They differ in their id and in our row alone. */
export const CLIENT_METADATA: AllClientMetadata = {
  client_secret: 'compared by compareClientSecret',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
};

/** oidc-provider's way to the table of clients. Tokens are JWTs and stored nowhere, so nothing else is kept. */
export function createAdapter(tenant: TenantContext, clients: ClientLookupService): AdapterFactory {
  return (model) => (model === 'Client' ? { ...nothing, find: (id) => findClient(tenant, clients, id) } : nothing);
}

/** Whoever is not there, is disabled or sends a secret that cannot be one is refused like somebody with a wrong secret. */
async function findClient(tenant: TenantContext, clients: ClientLookupService, id: string): Promise<{ registration: RegisteredClient }> {
  const isWorthAsking = isPossibleSecret(presentedSecret() ?? '');
  const client = isWorthAsking ? await clients.find(tenant, id) : undefined;
  return { registration: client ?? nobody(tenant) };
}

/** The secret of the request that is being answered, from its form or its Basic header. */
function presentedSecret(): string | undefined {
  const ctx = Provider.ctx;
  if (ctx?.oidc.params?.client_secret) return String(ctx.oidc.params.client_secret);
  const credentials = Buffer.from(ctx?.headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
  return credentials.slice(credentials.indexOf(':') + 1);
}

const nothing: Adapter = {
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  upsert: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
};

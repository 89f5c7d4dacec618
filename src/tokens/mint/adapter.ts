import Provider, { type Adapter, type AdapterFactory, type KoaContextWithOIDC } from 'oidc-provider';
import type { ClientLookupService } from '../../authentication/client-lookup.service.js';
import { IMPOSSIBLE_ID } from '../../authentication/secret-proof.js';
import type { Throttle } from '../../authentication/throttle.js';
import { CLIENT_ID_FORM } from '../../clients/client.input.js';
import { decoyClient, type RegisteredClient } from '../../clients/registered-client.js';
import { isPossibleSecret } from '../../clients/secret.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { addressOf } from '../../platform/http/ip.js';
import type { TenantContext } from '../../tenants/caller.js';
import { HostNotServed } from '../../tenants/errors.js';
import { grantNotes } from './grant-notes.js';

/** What the adapter reads, and who watches over it. */
export interface AdapterParts {
  tenant: TenantContext;
  keys: KeyRing;
  clients: ClientLookupService;
  throttle: Throttle;
}

/** oidc-provider's way to the table of clients. Tokens are JWTs and stored nowhere, so nothing else is kept. */
export function createAdapter(parts: AdapterParts): AdapterFactory {
  return (model) => (model === 'Client' ? { ...nothing, find: (id) => findClient(parts, id) } : nothing);
}

/**
 * Whoever is not there or sends a secret that cannot be one is refused like somebody with a wrong secret.
 * @throws {TooManyFailures | HostNotServed}
 */
async function findClient(parts: AdapterParts, id: string): Promise<{ registration: RegisteredClient }> {
  const { tenant, throttle } = parts;
  const ctx = Provider.ctx as KoaContextWithOIDC;
  const isPossibleId = typeof id === 'string' && CLIENT_ID_FORM.test(id);
  const attempt = { tenantId: tenant.tenant.id, source: addressOf(ctx.ip).source, clientId: isPossibleId ? id : IMPOSSIBLE_ID };
  await throttle.admit(attempt);
  grantNotes.add(ctx, { attempt });
  const isWorthAsking = isPossibleId && isPossibleSecret(presentedSecret(ctx));
  const client = isWorthAsking ? await lookUp(parts, ctx, id) : undefined;
  return { registration: client ?? { ...decoyClient(tenant), clientId: id } };
}

/** With the client comes the tenant as it is at the same moment: one that is not served issues nothing, and a key that was withdrawn signs nothing. */
async function lookUp({ tenant, clients, keys }: AdapterParts, ctx: KoaContextWithOIDC, id: string): Promise<RegisteredClient | undefined> {
  const { client, tenantVersion, accessTokenType } = await clients.find(tenant, id);
  if (tenantVersion === undefined) throw new HostNotServed();
  await keys.catchUp(tenantVersion);
  grantNotes.add(ctx, { signer: keys.active, accessTokenType });
  return client;
}

/** The secret of a request, from its form or its Basic header. */
function presentedSecret({ oidc, headers }: KoaContextWithOIDC): string {
  if (oidc.params?.client_secret) return String(oidc.params.client_secret);
  const credentials = Buffer.from(headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
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

import Provider, {
  type AllClientMetadata,
  errors,
  type KoaContextWithOIDC,
  type Client as ProviderClient,
  type ResourceServer,
} from 'oidc-provider';
import type { TenantContext } from '../access/principal.js';
import type { ClientLookupService, RegisteredClient } from '../clients/client-lookup.service.js';
import { scopesFor } from '../clients/scopes.js';
import { type Mac, matchesSecret } from '../clients/secret.js';
import { CLIENT_METADATA, createAdapter } from './adapter.js';
import type { ActiveKey } from './signing-keys.js';

/** A client as oidc-provider sees it, with our row. */
export type LatchkeyClient = ProviderClient & { registration: RegisteredClient };

/** The parts of oidc-provider's class of clients that its published types leave out. */
interface ClientClass {
  new (metadata: AllClientMetadata): object;
  readonly adapter: { find(id: string): Promise<{ registration: RegisteredClient }> };
  find(id: string): Promise<LatchkeyClient>;
}

/** What one tenant's provider is built from. */
export interface ProviderParts {
  tenant: TenantContext;
  clients: ClientLookupService;
  key: ActiveKey;
  mac: Mac;
}

/** Path of the token endpoint, the same on every tenant's host. */
export const TOKEN_PATH = '/connect/token';

/** The ways of sending a client id and secret that work. */
export const AUTH_METHODS = ['client_secret_basic', 'client_secret_post'] as const;

/** oidc-provider for one tenant, with the client credentials grant and nothing else. */
export function createProvider({ tenant, clients, key, mac }: ProviderParts): Provider {
  const provider = new Provider(tenant.issuer, {
    adapter: createAdapter(tenant, clients),
    clientAuthMethods: [...AUTH_METHODS],
    clientDefaults: { id_token_signed_response_alg: key.alg as 'ES256' },
    cookies: { keys: [] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => registrationOf(client).audiences[0] as string,
        getResourceServerInfo: (ctx, resource, client) => authorize(ctx, resource, registrationOf(client), { tenant, key }),
      },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
    jwks: { keys: [key] },
    renderError: (ctx, out) => {
      ctx.body = out;
    },
    responseTypes: [],
    routes: { token: TOKEN_PATH },
    scopes: [],
    ttl: { ClientCredentials: (_ctx, _token, client) => registrationOf(client).accessTokenLifetimeSeconds },
  });
  deriveClients(provider);
  provider.Client.prototype.compareClientSecret = function compareClientSecret(secret) {
    const { rowId, secrets } = registrationOf(this as ProviderClient);
    const now = Date.now();
    const live = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
    return matchesSecret(
      mac,
      rowId,
      secret,
      live.map(({ digest }) => digest),
    );
  };
  return provider;
}

/**
 * Lets clients inherit all but their id and our row from one that oidc-provider has checked. Otherwise
 * it builds and checks each that it has not seen lately, which costs time and tells those that exist.
 */
function deriveClients(provider: Provider): void {
  const Client = provider.Client as unknown as ClientClass;
  const template = new Client({ ...CLIENT_METADATA, client_id: 'template' });
  Client.find = async (id) => {
    const { registration } = await Client.adapter.find(id);
    return Object.assign(Object.create(template), { clientId: registration.clientId, registration });
  };
}

function registrationOf(client: ProviderClient): RegisteredClient {
  return (client as LatchkeyClient).registration;
}

/**
 * Decides what a token for a resource may carry. oidc-provider would drop a scope that it does not
 * know without a word, and grant none when none is asked for.
 * @throws {errors.InvalidRequest | errors.InvalidTarget | errors.InvalidScope}
 * @see https://www.rfc-editor.org/rfc/rfc8707#section-2
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3
 */
function authorize(
  ctx: KoaContextWithOIDC,
  resource: string,
  { audiences, scopes }: RegisteredClient,
  { tenant, key }: Pick<ProviderParts, 'tenant' | 'key'>,
): ResourceServer {
  if (Array.isArray(ctx.oidc.params?.resource)) throw new errors.InvalidRequest("'resource' parameter must not be provided twice");
  if (!audiences.includes(resource)) throw new errors.InvalidTarget('the client has no access to this resource');
  const allowed = scopesFor(resource, tenant.issuer, scopes);
  const params = ctx.oidc.params as { scope?: string | undefined };
  const isDenied = params.scope?.split(' ').some((scope) => !allowed.includes(scope));
  if (isDenied)
    throw new errors.InvalidScope('the client may not have one of these scopes for this resource', undefined as unknown as string);
  params.scope ??= allowed.join(' ') || undefined;
  return {
    audience: resource,
    scope: allowed.join(' '),
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: key.alg as 'ES256', kid: key.kid } },
  };
}

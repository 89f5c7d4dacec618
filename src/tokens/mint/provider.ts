import { decodeProtectedHeader } from 'jose';
import type { Context, Middleware } from 'koa';
import mount from 'koa-mount';
import Provider, { type Adapter, errors, type KoaContextWithOIDC, type Client as ProviderClient, type ResourceServer } from 'oidc-provider';
import type { UsedProofService } from '../../authentication/used-proof.service.js';
import { makeTokenId } from '../../changes/token-id.js';
import { PROOF_ALGORITHMS } from '../../clients/keys/public-jwks.js';
import { findKeyFault, withoutEmpty } from '../../clients/keys/public-key.js';
import type { RegisteredClient } from '../../clients/registered-client.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { type ActiveKey, RequestKey } from '../../keys/signing-key.js';
import type { Cipher } from '../../platform/cipher.js';
import { CLOCK_TOLERANCE_SECONDS } from '../../platform/clock-tolerance.js';
import { baseUrlOf, type TenantContext } from '../../tenants/caller.js';
import { isPermittedAudience, scopesFor } from '../../tenants/scopes.js';
import { typeFor } from '../access-token.js';
import { TOKEN_PATH } from '../paths.js';
import { granteeOf, grantNotes, takeOver } from './hand-over.js';
import { askedAudience, requireOneMeaning } from './parameters.js';

/** What one tenant's provider is built from. */
export interface ProviderParts {
  tenant: TenantContext;
  keys: KeyRing;
  cipher: Cipher;
  proofs: UsedProofService;
}

const CHARACTERS_OF_A_RANDOM_ID = 22;
/** By how much the clock of a proof may be ahead for oidc-provider, which would forget it that much too early. */
const PROOF_AHEAD_SECONDS = 300;

/** oidc-provider for one tenant, whose issuer never changes. Every refusal and failure is left in {@link grantNotes}. */
export function mountProvider(parts: ProviderParts): Middleware {
  const provider = createProvider(parts);
  const onError = (ctx: KoaContextWithOIDC, error: Error) => {
    grantNotes.add(ctx, { error });
  };
  provider.on('grant.error', onError);
  provider.on('server_error', onError);
  return mount(provider) as Middleware;
}

/** The client credentials grant, and nothing else. */
function createProvider(parts: ProviderParts): Provider {
  const { tenant, cipher, proofs, keys } = parts;
  const signer = () => (Provider.ctx && grantNotes.of(Provider.ctx).grantee?.signer) ?? keys.active;
  const provider = new Provider(tenant.issuer, {
    adapter: () => NOTHING,
    clientAuthMethods: ['client_secret_basic'],
    clientDefaults: { id_token_signed_response_alg: signer().alg as 'ES256' },
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    cookies: { keys: [] },
    enabledJWA: { dPoPSigningAlgValues: [...PROOF_ALGORITHMS] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      // The same on every instance: a proof may bear the nonce that another one gave.
      dPoP: { enabled: true, nonceSecret: cipher.mac('nonces of DPoP'), requireNonce: requireSoundProofKey },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, client) => askedAudience(ctx) ?? (registrationOf(client).audiences[0] as string),
        getResourceServerInfo: (ctx, resource, client) => authorize(ctx, resource, registrationOf(client), { tenant, signer: signer() }),
      },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
    formats: {
      customizers: {
        jwt: (ctx, token, parts) => {
          parts.header = { typ: typeFor(String(parts.payload.aud), tenant.issuer, grantNotes.of(ctx).grantee?.accessTokenType) };
          Object.assign(parts.payload, ownClaims(token, parts.payload));
        },
      },
    },
    jwks: { keys: [new RequestKey(signer)] },
    renderError: (ctx, out) => {
      ctx.body = out;
    },
    responseTypes: [],
    routes: { token: TOKEN_PATH },
    scopes: [],
    ttl: { ClientCredentials: (_ctx, _token, client) => registrationOf(client).accessTokenLifetimeSeconds },
  });
  takeOver(provider);
  nameUrlsByTenant(provider);
  provider.ReplayDetection.unique = async (clientId, jti, exp) => {
    const expiresAt = new Date((exp + PROOF_AHEAD_SECONDS) * 1000);
    if (await proofs.useOfClient(tenant, { clientId, maker: `DPoP ${clientId}`, jti, expiresAt })) return true;
    // It would call it the grant that is wrong: RFC 9449, section 5.
    throw new errors.InvalidDpopProof('the DPoP proof was used before: make one for each request');
  };
  return provider;
}

/** What a DPoP proof calls an endpoint is one of the tenant's own URLs, whatever the Host header says. */
function nameUrlsByTenant(provider: Provider): void {
  provider.OIDCContext.prototype.urlFor = function (this: { ctx: Context }, name: string) {
    return baseUrlOf(this.ctx) + provider.pathFor(name);
  };
}

/** The name of a token, what it is bound to, and its end: oidc-provider asks the clock for that before it does for `iat`, and a second may pass in between. */
function ownClaims(token: { client?: ProviderClient | undefined; jti: string }, { iat, cnf }: Claims): object {
  const { registration, usedSecret, federation, boundTo } = granteeOf(token.client);
  const random = token.jti.slice(0, CHARACTERS_OF_A_RANDOM_ID);
  const jti = makeTokenId({ epoch: registration.tokenEpoch, secretId: usedSecret?.id, federation }, random);
  const bound = boundTo === undefined ? {} : { cnf: { ...cnf, 'x5t#S256': boundTo } };
  return { jti, exp: Number(iat) + registration.accessTokenLifetimeSeconds, ...bound };
}

/** Those of oidc-provider's that ours are made with. */
interface Claims {
  iat?: unknown;
  cnf?: object;
}

/**
 * A key that anybody could sign with binds a token to nobody, and with one of somebody's making a signature may take as long to check as a
 * hundred others. Whether a nonce is required is the last that oidc-provider asks before it does that.
 * @returns that none is
 * @throws {errors.InvalidDpopProof}
 */
function requireSoundProofKey(ctx: KoaContextWithOIDC): false {
  const fault = findKeyFault(withoutEmpty(keyOfProof(ctx.get('DPoP'))), 'the key of the proof');
  if (fault) throw new errors.InvalidDpopProof(fault);
  return false;
}

function keyOfProof(proof: string): object {
  try {
    return decodeProtectedHeader(proof).jwk ?? {};
  } catch (cause) {
    throw new errors.InvalidDpopProof('the proof is damaged', { cause });
  }
}

function registrationOf(client: ProviderClient): RegisteredClient {
  return granteeOf(client).registration;
}

/** Tokens are JWTs and stored nowhere, and clients are handed over. */
const NOTHING: Adapter = {
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  upsert: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
};

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
  registration: RegisteredClient,
  { tenant, signer }: { tenant: TenantContext; signer: ActiveKey },
): ResourceServer {
  requireOneMeaning(ctx, resource);
  if (!isPermittedAudience(resource, tenant.issuer, registration))
    throw new errors.InvalidTarget('the client has no access to this resource');
  const allowed = scopesFor(resource, tenant.issuer, registration.scopes);
  const params = ctx.oidc.params as { scope?: string | undefined };
  const isDenied = params.scope?.split(' ').some((scope) => !allowed.includes(scope));
  if (isDenied)
    throw new errors.InvalidScope('the client may not have one of these scopes for this resource', undefined as unknown as string);
  params.scope ??= allowed.join(' ') || undefined;
  return {
    audience: resource,
    scope: allowed.join(' '),
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: signer.alg as 'ES256', kid: signer.kid } },
  };
}

import { type ProofSubject, verifyProof } from '../authentication/dpop-proof.js';
import type { UsedProofService } from '../authentication/used-proof.service.js';
import { PROOF_ALGORITHMS } from '../clients/keys/public-jwks.js';
import type { SessionService } from '../people/session.service.js';
import { waitAs } from '../platform/deadline.js';
import { AppError, DatabaseUnavailable } from '../platform/errors.js';
import type { RequestMark, RequestTarget } from '../platform/http/request.js';
import { type Actor, ActorType, actorKey, type Principal, type TenantContext, type TokenCredential } from '../tenants/caller.js';
import { Forbidden } from '../tenants/errors.js';
import type { AccessToken } from './access-token.js';
import type { TokenStatusService } from './token-status.service.js';

/** Checks an access token; `tokens` does, and `app` brings the two together. */
export type VerifyToken = (
  tenant: TenantContext,
  token: string,
) => Promise<TokenCredential & Pick<AccessToken, 'audience' | 'thumbprint' | 'certificateThumbprint'>>;

type Scheme = 'Bearer' | 'DPoP';

/** In which browsers prove themselves without a page having a part in it. */
const OF_GATEWAYS: ReadonlySet<string> = new Set(['basic', 'digest', 'negotiate', 'ntlm']);

/** A refusal of the credentials that a request carries. @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
export class BearerError extends AppError {
  /** @param error absent where nothing was shown that could be wrong */
  constructor(
    status: 400 | 401,
    error: 'invalid_request' | 'invalid_token' | 'invalid_dpop_proof' | undefined,
    message: string,
    { scheme = 'Bearer', ...options }: ErrorOptions & { scheme?: Scheme } = {},
  ) {
    const named = scheme === 'DPoP' ? `DPoP algs="${PROOF_ALGORITHMS.join(' ')}",` : scheme;
    const challenge = error ? `${named} error="${error}", error_description="${message}"` : scheme;
    super('UNAUTHENTICATED', message, { ...options, status, oauthError: error ?? 'invalid_token', challenge });
  }
}

/** The token is good, and not for this. @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
export class InsufficientScope extends AppError {
  /** @param needed scopes, separated by blanks */
  constructor(needed: string) {
    super('FORBIDDEN', `This needs the scope ${needed}.`, {
      status: 403,
      oauthError: 'insufficient_scope',
      challenge: `Bearer error="insufficient_scope", scope="${needed}"`,
      reason: `lacks the scope ${needed}`,
    });
  }
}

/** The parts of a request that say who sends it. */
export interface PresentedCredentials {
  authorization: string | undefined;
  /** The header `DPoP`; several are joined by commas and no proof then. */
  dpop: string | undefined;
  /** Thumbprint of the certificate that the request came with. */
  certificate: string | undefined;
  /** What the session's cookie holds. */
  session: string | undefined;
  /** Whether a page of another origin made the browser send the request. */
  isCrossSite: boolean;
  query: URLSearchParams;
  /** What was asked for, which a proof has to be about; a gateway may not have said it. */
  target: RequestTarget | undefined;
  request: RequestMark;
}

/** What an authenticator asks. */
export interface AuthenticatorParts {
  verify: VerifyToken;
  status: TokenStatusService;
  proofs: UsedProofService;
  sessions: SessionService;
}

/** Finds out who sent a request to a protected API. */
export class Authenticator {
  constructor(private readonly parts: AuthenticatorParts) {}

  /**
   * The caller of a request; undefined when it carries neither a token nor a session that goes on. The database
   * is asked each time, so that a token that was cut is worth nothing at once. A token goes before a session. What proves a
   * browser to a gateway is nobody's here.
   * @throws {BearerError}
   * @throws {Forbidden} when another site uses the session
   */
  async authenticate(tenant: TenantContext, request: PresentedCredentials): Promise<Principal | undefined> {
    if (request.query.has('access_token')) {
      throw new BearerError(400, 'invalid_request', 'Send the access token in the Authorization header, never in the URL.');
    }
    const shown = readAuthorization(request.authorization);
    if (!shown) return this.#findSession(tenant, request);
    const { scheme, token, isWhole } = shown;
    if (!scheme) return undefined;
    const refuse = (cause?: unknown): never => {
      if (cause instanceof DatabaseUnavailable) throw cause;
      throw new BearerError(401, 'invalid_token', 'The access token is expired, damaged, revoked or not for this API.', { scheme, cause });
    };
    if (!isWhole) return refuse();
    const claims = await this.parts.verify(tenant, token).catch(refuse);
    const actor = { type: ActorType.CLIENT, id: claims.clientId, name: null };
    waitAs({ name: actorKey(actor) });
    if ((claims.thumbprint !== undefined) !== (scheme === 'DPoP')) return refuse();
    if (claims.certificateThumbprint !== undefined && claims.certificateThumbprint !== request.certificate) return refuse();
    const scopes = await this.parts.status.findScopes(tenant, claims);
    if (!scopes) return refuse();
    if (claims.thumbprint !== undefined) await this.#requireProof(tenant, request, { token, thumbprint: claims.thumbprint, by: actor });
    const { clientId, jti, kid, expiresAt } = claims;
    const credential = { clientId, jti, kid, expiresAt, scopes: claims.scopes };
    return { ...tenant, actor, request: request.request, scopes: claims.scopes.filter((scope) => scopes.includes(scope)), credential };
  }

  /**
   * Whose a token or a session is that was made here, whether or not it is worth anything by now: no query is needed for that.
   * @returns a name, undefined for what anybody may have made up
   * @throws {DatabaseUnavailable} when the keys of the tenant cannot be had
   */
  async vouch(
    tenant: TenantContext,
    { authorization, session }: Pick<PresentedCredentials, 'authorization' | 'session'>,
  ): Promise<string | undefined> {
    const shown = readAuthorization(authorization);
    if (!shown) return session !== undefined && this.parts.sessions.hasMade(tenant, session) ? 'a session' : undefined;
    if (!shown.scheme || !shown.isWhole) return undefined;
    const claims = await this.parts.verify(tenant, shown.token).catch((error) => {
      if (error instanceof DatabaseUnavailable) throw error;
      return undefined;
    });
    return claims && actorKey({ type: ActorType.CLIENT, id: claims.clientId });
  }

  /** Whoever was found before, with the rights that they have by now. @throws {BearerError} when they have none of it any more */
  async lookAgain(principal: Principal): Promise<Principal> {
    const scopes = await this.parts.status.rightsOf(principal);
    if (!scopes) throw new BearerError(401, 'invalid_token', 'The access token or the session has ended.');
    return { ...principal, scopes };
  }

  /** A cookie comes with every request that a browser sends, whoever made it do so. */
  async #findSession(tenant: TenantContext, { session, isCrossSite, request }: PresentedCredentials): Promise<Principal | undefined> {
    if (session === undefined) return undefined;
    if (isCrossSite) throw new Forbidden('A session is used from pages of its own origin alone.');
    const holder = await this.parts.sessions.find(tenant, session);
    if (holder) waitAs({ name: actorKey(holder.actor) });
    return holder && { ...tenant, actor: holder.actor, request, scopes: holder.scopes, credential: { sessionId: holder.sessionId } };
  }

  async #requireProof(
    tenant: TenantContext,
    { dpop = '', target }: PresentedCredentials,
    { by, ...token }: Pick<ProofSubject, 'token' | 'thumbprint'> & { by: Actor },
  ): Promise<void> {
    const refuse = (cause?: unknown): never => {
      const message = 'The DPoP proof is missing, damaged, old, used, or about another request, token or key.';
      throw new BearerError(401, 'invalid_dpop_proof', message, { scheme: 'DPoP', cause });
    };
    const proof = target ? await verifyProof(dpop, { ...target, ...token }).catch(refuse) : refuse();
    if (!(await this.parts.proofs.use(tenant, { by, ...proof }))) refuse();
  }
}

/** What an Authorization header shows. */
interface Shown {
  /** Absent where it is none of those in which tokens are sent. */
  scheme: Scheme | undefined;
  token: string;
  /** Whether nothing stands behind the token. */
  isWhole: boolean;
}

/** What an Authorization header shows; undefined where it shows nothing, or what proves a browser to a gateway. */
export function readAuthorization(authorization: string | undefined): Shown | undefined {
  const [name = '', token = '', ...more] = authorization?.trim().split(/ +/) ?? [];
  if (authorization === undefined || OF_GATEWAYS.has(name.toLowerCase())) return undefined;
  return { scheme: ({ bearer: 'Bearer', dpop: 'DPoP' } as const)[name.toLowerCase()], token, isWhole: more.length === 0 };
}

import type { Context, Middleware } from 'koa';
import { BadRequest, DatabaseUnavailable } from '../platform/errors.js';
import { INTROSPECTION_SCOPE } from '../tenants/scopes.js';
import type { AccessToken } from './access-token.js';
import type { Issuer } from './issuers.js';
import { type ClientRequest, type OAuthParts, oauthEndpoint } from './oauth-endpoint.js';
import { tokenIn } from './token-form.js';
import type { TokenStatusService } from './token-status.service.js';

const INACTIVE = { active: false };

/** What looks into tokens and ends them. */
export interface StatusParts extends OAuthParts {
  status: TokenStatusService;
}

/**
 * The introspection endpoint. A client may look into its own tokens, and one with the scope `tokens:introspect`
 * into all of its tenant's; whatever it may not see, is no token or was cut is inactive.
 * @see https://www.rfc-editor.org/rfc/rfc7662
 */
export function introspectionEndpoint(parts: StatusParts): Middleware {
  const answer = async (ctx: Context, { registration: { clientId, scopes }, issuer, form }: ClientRequest) => {
    const onlyOf = scopes.includes(INTROSPECTION_SCOPE) ? undefined : clientId;
    ctx.body = await inspect({ issuer, status: parts.status }, tokenIn(form), onlyOf);
  };
  return oauthEndpoint(parts, { answer });
}

/**
 * What may be said of a token.
 * @param onlyOf the client whose tokens alone may be looked into; absent for whoever may look into all
 */
export async function inspect(
  { issuer, status }: { issuer: Issuer; status: TokenStatusService },
  text: string,
  onlyOf?: string,
): Promise<object> {
  const token = await issuer.verify(text).catch(toNothing);
  if (!token || (onlyOf !== undefined && token.clientId !== onlyOf)) return INACTIVE;
  const held = await status.findScopes(issuer.tenant, token);
  return held ? describe(token, held) : INACTIVE;
}

/**
 * The revocation endpoint. A client may revoke its own tokens; an unknown one is revoked as well as can be. The content of a success says
 * nothing, in JSON: there are libraries that parse whatever comes, and others that take nothing else.
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
export function revocationEndpoint(parts: StatusParts): Middleware {
  const answer = async (ctx: Context, { registration, issuer, form }: ClientRequest) => {
    const token = await issuer.verify(tokenIn(form)).catch(toNothing);
    if (token && token.clientId !== registration.clientId)
      throw new BadRequest('The token was issued to another client.', { oauthError: 'invalid_grant' });
    if (token) await parts.status.revoke(issuer.tenant, token);
    ctx.body = {};
  };
  return oauthEndpoint(parts, { answer });
}

/** What is no token of ours is nothing; that the database is away is no fault of the token. */
function toNothing(error: unknown): undefined {
  if (error instanceof DatabaseUnavailable) throw error;
}

/** @param held the scopes that the client has by now: a token is worth no more */
function describe(token: AccessToken, held: readonly string[]): object {
  const { claims, scopes } = token;
  const { iss, sub, client_id, aud, iat, exp, jti, cnf } = claims;
  const scope = scopes.filter((name) => held.includes(name)).join(' ') || undefined;
  return {
    active: true,
    iss,
    sub,
    client_id,
    aud,
    scope,
    iat,
    exp,
    jti,
    cnf,
    token_type: token.thumbprint === undefined ? 'Bearer' : 'DPoP',
  };
}

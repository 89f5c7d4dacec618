import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { BadRequest, DatabaseUnavailable } from '../platform/errors.js';
import { answerError } from '../platform/http/answer.js';
import { INTROSPECTION_SCOPE } from '../tenants/scopes.js';
import type { AccessToken } from './access-token.js';
import type { Issuer } from './issuers.js';
import type { OAuthEndpoints, Outcome } from './oauth-endpoint.js';
import type { TokenStatusService } from './token-status.service.js';

const INACTIVE = { active: false };

/**
 * The introspection endpoint. A client may look into its own tokens, and one with the scope `tokens:introspect`
 * into all of its tenant's; whatever it may not see, is no token or was cut is inactive.
 * @see https://www.rfc-editor.org/rfc/rfc7662
 */
export function introspectionEndpoint(endpoints: OAuthEndpoints, status: TokenStatusService): Middleware {
  return endpoints.endpoint(async (ctx, outcome) => {
    if (!isAboutJwt(outcome)) return;
    ctx.status = 200;
    const { clientId, scopes } = outcome.client.registration;
    const onlyOf = scopes.includes(INTROSPECTION_SCOPE) ? undefined : clientId;
    ctx.body = await inspect({ issuer: outcome.issuer, status }, tokenOf(ctx), onlyOf);
  });
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
export function revocationEndpoint(endpoints: OAuthEndpoints, status: TokenStatusService): Middleware {
  return endpoints.endpoint(async (ctx, outcome) => {
    if (isAboutJwt(outcome)) {
      ctx.status = 200;
      await revoke(ctx, outcome, status);
    }
    if (ctx.status === 200) ctx.body = {};
  });
}

async function revoke(ctx: Context, { issuer, client }: ProvenOutcome, status: TokenStatusService): Promise<void> {
  const token = await issuer.verify(tokenOf(ctx)).catch(toNothing);
  if (token?.clientId === client.registration.clientId) await status.revoke(issuer.tenant, token);
  else if (token) answerError(ctx, new BadRequest('The token was issued to another client.', { oauthError: 'invalid_grant' }));
}

type ProvenOutcome = Outcome & { client: NonNullable<Outcome['client']> };

/** oidc-provider stores no JWTs: having checked the client, it leaves them to us by refusing them. */
function isAboutJwt(outcome: Outcome): outcome is ProvenOutcome {
  return outcome.client !== undefined && outcome.error === 'unsupported_token_type';
}

/** What is no token of ours is nothing; that the database is away is no fault of the token. */
function toNothing(error: unknown): undefined {
  if (error instanceof DatabaseUnavailable) throw error;
}

function tokenOf(ctx: Context): string {
  return String((ctx as unknown as KoaContextWithOIDC).oidc.params?.token);
}

/** @param held the scopes that the client has by now: a token is worth no more */
function describe({ claims, scopes }: AccessToken, held: readonly string[]): object {
  const { iss, sub, client_id, aud, iat, exp, jti, cnf } = claims;
  const scope = scopes.filter((name) => held.includes(name)).join(' ') || undefined;
  return { active: true, iss, sub, client_id, aud, scope, iat, exp, jti, cnf, token_type: cnf ? 'DPoP' : 'Bearer' };
}

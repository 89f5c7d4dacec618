import { errors, type KoaContextWithOIDC } from 'oidc-provider';

/** Parameters that are sent once, by this name; some write them as lists of their language: `scope[0]`, `scope[]`. */
const AS_LIST = /^(grant_type|scope|resource|audience|client_id|client_secret|client_assertion|client_assertion_type)\[/;

/**
 * Passes over blanks around and between scopes: whoever puts them together from a list leaves some. With nothing but blanks none is
 * asked for.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3
 */
export function tidyScope({ oidc }: KoaContextWithOIDC): void {
  const params = oidc.params as { scope?: unknown } | undefined;
  if (typeof params?.scope !== 'string') return;
  if (/^ | {2}| $/.test(params.scope)) params.scope = params.scope.replaceAll(/ +/g, ' ').trim() || undefined;
}

/** The audience that a request asks for by the name that Auth0 has for it. @throws {errors.InvalidRequest} when there are several */
export function askedAudience({ oidc }: KoaContextWithOIDC): string | undefined {
  const audience = oidc.body?.audience;
  if (Array.isArray(audience)) throw new errors.InvalidRequest("'audience' parameter must not be provided twice");
  return audience ? String(audience) : undefined;
}

/**
 * Refuses what could be meant in two ways, or would be passed over though it is meant.
 * @param resource that the token will be for
 * @throws {errors.InvalidRequest}
 */
export function requireOneMeaning(ctx: KoaContextWithOIDC, resource: string): void {
  if (Array.isArray(ctx.oidc.params?.resource)) throw new errors.InvalidRequest("'resource' parameter must not be provided twice");
  if (Object.keys(ctx.oidc.body ?? {}).some((name) => AS_LIST.test(name)))
    throw new errors.InvalidRequest('parameters have no brackets in their names: send several scopes as one scope, with blanks between');
  if ((askedAudience(ctx) ?? resource) !== resource)
    throw new errors.InvalidRequest("'audience' and 'resource' name two audiences: send one of them");
}

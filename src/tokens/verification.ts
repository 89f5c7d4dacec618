import type { Middleware } from 'koa';
import { certificateThumbprintOf } from '../authentication/presented-certificate.js';
import { markOf, type RequestTarget } from '../platform/http/request.js';
import { logged } from '../platform/http/request-notes.js';
import { redact } from '../platform/redaction.js';
import { type TenantContext, tenantOf } from '../tenants/caller.js';
import { Authenticator, type AuthenticatorParts, BearerError, InsufficientScope } from './bearer.js';
import type { Issuers } from './issuers.js';

const PARAMETERS = ['audience', 'scope', 'method'];
/** What stands behind it is the URL as it was sent, with signs of its own that would part it: few gateways can encode it. */
const BEFORE_AND_AFTER_URL = /^(.*?)(?:(?:^|&)url=(.*))?$/s;
/** What a scope may be of; anything else could not be repeated in a header. @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** What decides whether a token will do. */
export interface VerificationParts extends Omit<AuthenticatorParts, 'verify'> {
  issuers: Issuers;
}

/** What a gateway asks. */
interface Question {
  audience: string;
  scopes: string[];
  /** The request that was sent to the gateway. */
  target: RequestTarget | undefined;
}

/**
 * Answers a gateway whether to let a request pass, by status alone: 204 with headers that name the client, 401, or 403 when the token
 * lacks a scope. It takes the request as the gateway hands it on, whatever its method and whoever sent it: with the `Origin` of a page,
 * or with cookies, which prove nobody here. What the gateway's owner got wrong is 400, so that no typing error lets everybody through.
 */
export function verification({ issuers, ...parts }: VerificationParts): Middleware {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      const { audience, scopes, target } = readQuestion(ctx.querystring);
      const verify = async (tenant: TenantContext, token: string) => {
        const checked = await (await issuers.of(tenant)).verify(token);
        if (checked.audience !== audience) throw new Error('the token is for another audience');
        return checked;
      };
      const caller = await new Authenticator({ ...parts, verify }).authenticate(tenantOf(ctx), {
        authorization: ctx.headers.authorization,
        dpop: ctx.get('DPoP') || undefined,
        certificate: certificateThumbprintOf(ctx),
        session: undefined,
        isCrossSite: false,
        query: new URLSearchParams(),
        target,
        request: markOf(ctx),
      });
      logged.add(ctx, { clientId: caller?.actor.id ?? null });
      if (!caller) throw new BearerError(401, undefined, 'This needs an access token.');
      if (scopes.some((scope) => !caller.scopes.includes(scope))) throw new InsufficientScope(scopes.join(' '));
      ctx.status = 204;
      ctx.set('Latchkey-Client-Id', String(caller.actor.id));
      ctx.set('Latchkey-Scope', caller.scopes.join(' '));
    } catch (error) {
      if (error instanceof BearerError) logged.add(ctx, { reason: reasonOf(error) });
      throw error;
    }
  };
}

/** @throws {BearerError} */
function readQuestion(querystring: string): Question {
  const refuse = (message: string): never => {
    throw new BearerError(400, 'invalid_request', message);
  };
  const [asked = '', url] = BEFORE_AND_AFTER_URL.exec(querystring)?.slice(1) ?? [];
  const query = new URLSearchParams(asked);
  const names = [...query.keys()];
  if (names.some((name) => !PARAMETERS.includes(name)) || new Set(names).size < names.length)
    refuse('Ask with audience, scope, method and url, each once at most, and with nothing else; the url comes last.');
  const audience = query.get('audience') || refuse('Name the audience that the token has to be for.');
  const scope = query.get('scope');
  // A gateway's own variable may be empty: that asks for a scope all the same. What has the form of a secret is repeated to nobody.
  if (scope !== null && (!SCOPES.test(scope) || redact(scope) !== scope))
    refuse('Name scopes of printable characters of ASCII, with a blank between two, or leave scope out.');
  const method = query.get('method');
  if ((method === null) !== (url === undefined)) refuse('Name both the method and the url of the request, or neither.');
  const target =
    url === undefined ? undefined : { method: method as string, url: toTarget(url) ?? refuse('The url is none of http or https.') };
  return { audience, scopes: scope?.split(' ') ?? [], target };
}

/**
 * Some gateways encode all of it, others what they put into it: neither can be read as it stands, for no scheme and no host has a `%`.
 * @returns the URL without query and fragment; undefined when it is none
 */
function toTarget(text: string): string | undefined {
  const url = URL.parse(text) ?? URL.parse(new URLSearchParams(`url=${text}`).get('url') as string);
  return url && /^https?:$/.test(url.protocol) ? url.origin + url.pathname : undefined;
}

/** For the log alone; none of these sentences repeats what was sent. */
function reasonOf({ cause, message }: Error): string {
  return cause instanceof Error ? cause.message : message;
}

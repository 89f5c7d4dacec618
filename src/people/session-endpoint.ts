import type { Context, Middleware } from 'koa';
import type { SecretProof } from '../authentication/secret-proof.js';
import { isSomebody } from '../clients/registered-client.js';
import { receiveJson, UnreadableBody } from '../platform/http/body.js';
import { markOf, refuse } from '../platform/http/request.js';
import { type Actor, ActorType, tenantOf } from '../tenants/caller.js';
import { isManagementScope } from '../tenants/scopes.js';
import { clearCookie, isCrossSite, readCookie, setCookie } from './cookies.js';
import type { IdentityProviderService } from './identity-provider.service.js';
import type { NewSession, SessionService } from './session.service.js';

/** Path at which sessions begin and end, the same on every tenant's host. */
export const SESSION_PATH = '/session';

const LARGEST_BYTES = 16 * 1024;

/** What sessions are made with. */
export interface SessionParts {
  sessions: SessionService;
  providers: IdentityProviderService;
  proof: SecretProof;
  /** Whether the console offers GraphiQL. */
  hasExplorer: boolean;
}

/** `GET /session`: who is signed in, and what the console has here: a provider to sign in through, GraphiQL. Tells nothing to other sites. */
export function tellSession({ sessions, providers, hasExplorer }: SessionParts): Middleware {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    const context = tenantOf(ctx);
    const token = isCrossSite(ctx) ? undefined : readCookie(ctx, 'session');
    const holder = token === undefined ? undefined : await sessions.find(context, token);
    const provider = await providers.find(context);
    const identityProvider = provider && { name: provider.name };
    ctx.body = { session: holder ? describe(holder) : null, identityProvider, graphiql: hasExplorer };
  };
}

/** `POST /session`: lets a client in that may manage Latchkey, by its id and secret. */
export function beginSession({ sessions, proof }: SessionParts): Middleware {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    if (isCrossSite(ctx)) return refuseFor(ctx, 'a page of another origin sent it', FROM_ELSEWHERE);
    const credentials = await readCredentials(ctx);
    if (!credentials) return;
    const context = tenantOf(ctx);
    const proven = await proof.check(context, { ...credentials, ip: ctx.ip });
    // What was sent in place of a client id may be anything, a secret too.
    ctx.state.details = { clientId: isSomebody(proven.registration) ? proven.registration.clientId : null };
    if (!proven.usedSecret) return refuseFor(ctx, proven.refusal, WRONG);
    if (!proven.registration.scopes.some(isManagementScope)) return refuseFor(ctx, 'the client has no management scope', POWERLESS);
    const actor = { type: ActorType.CLIENT, id: proven.registration.clientId, name: null };
    const caller = { ...context, actor, request: markOf(ctx) };
    const session = await sessions.beginForClient(caller, proven.registration, proven.usedSecret.id);
    if (!session) return refuseFor(ctx, 'the client was deleted meanwhile', WRONG);
    await keep(ctx, sessions, session);
    ctx.body = { session: describe({ ...session, actor }) };
  };
}

/** `DELETE /session`: ends the session of the request, if there is one, for whoever else has its cookie as well. */
export function endSession({ sessions }: SessionParts): Middleware {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    if (isCrossSite(ctx)) return refuseFor(ctx, 'a page of another origin sent it', FROM_ELSEWHERE);
    await endHeld(ctx, sessions);
    clearCookie(ctx, 'session');
    ctx.status = 204;
  };
}

/** Lets the browser keep a session in place of the one that it had, which ends. @param former what the cookie held, where that is known otherwise */
export async function keep(ctx: Context, sessions: SessionService, { token }: NewSession, former?: string): Promise<void> {
  await endHeld(ctx, sessions);
  if (former !== undefined) await endHeld(ctx, sessions, former);
  setCookie(ctx, 'session', token);
}

/** Ends the session of a request, if it has one. */
async function endHeld(ctx: Context, sessions: SessionService, token = readCookie(ctx, 'session')): Promise<void> {
  const context = tenantOf(ctx);
  const holder = token === undefined ? undefined : await sessions.find(context, token);
  if (holder) await sessions.end({ ...context, actor: holder.actor, request: markOf(ctx) }, token as string);
}

/** Refuses to begin a session; the log alone has the reason. */
function refuseFor(ctx: Context, reason: string, { status, ...body }: typeof WRONG): void {
  ctx.state.details = { ...ctx.state.details, error: body.error, reason };
  refuse(ctx, status, body);
}

const WRONG = { status: 401, error: 'invalid_client', error_description: 'The client id or the secret key is wrong.' };
const POWERLESS = {
  status: 403,
  error: 'unauthorized_client',
  error_description: 'This client has no right to manage Latchkey: sign in with an administrator.',
};
const FROM_ELSEWHERE = {
  status: 403,
  error: 'access_denied',
  error_description: 'Sessions begin and end on pages of their own origin alone.',
};
const INCOMPLETE = { error: 'invalid_request', error_description: 'Send {"clientId": …, "clientSecret": …}, both texts.' };

async function readCredentials(ctx: Context): Promise<{ clientId: string; secret: string } | undefined> {
  try {
    const { clientId, clientSecret } = (await receiveJson(ctx, LARGEST_BYTES)).parse() as Record<string, unknown>;
    if (typeof clientId === 'string' && typeof clientSecret === 'string') return { clientId, secret: clientSecret };
    refuse(ctx, 400, INCOMPLETE);
  } catch (error) {
    if (!(error instanceof UnreadableBody)) throw error;
    refuse(ctx, error.status, { error: 'invalid_request', error_description: error.message });
  }
  return undefined;
}

function describe({ actor, scopes, expiresAt }: { actor: Actor } & Pick<NewSession, 'scopes' | 'expiresAt'>) {
  const isPerson = actor.type === ActorType.PERSON;
  const who = isPerson ? { clientId: null, person: { subject: actor.id, name: actor.name } } : { clientId: actor.id, person: null };
  return { ...who, scopes, expiresAt };
}

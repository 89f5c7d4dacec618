import type { Context, Middleware } from 'koa';
import type { ClientAuthentication } from '../authentication/client-authentication.service.js';
import { InvalidClient } from '../authentication/errors.js';
import { SenderConstraint } from '../clients/client.entity.js';
import { isRegistered, type RegisteredSecret } from '../clients/registered-client.js';
import { BadRequest } from '../platform/errors.js';
import { receiveJson } from '../platform/http/body.js';
import { markOf } from '../platform/http/request.js';
import { logged } from '../platform/http/request-notes.js';
import { type Actor, ActorType, tenantOf } from '../tenants/caller.js';
import { isManagementScope } from '../tenants/scopes.js';
import { clearCookie, isCrossSite, OF_ANOTHER_ORIGIN, readCookie, setCookie } from './cookies.js';
import type { IdentityProviderService } from './identity-provider.service.js';
import type { NewSession, SessionService } from './session.service.js';

/** Path at which sessions begin and end, the same on every tenant's host. */
export const SESSION_PATH = '/session';

const LARGEST_BYTES = 16 * 1024;

/** What sessions are made with. */
export interface SessionParts {
  sessions: SessionService;
  providers: IdentityProviderService;
  authentication: ClientAuthentication;
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
export function beginSession({ sessions, authentication }: SessionParts): Middleware {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    if (isCrossSite(ctx)) throw fromElsewhere();
    const credentials = await readCredentials(ctx);
    const context = tenantOf(ctx);
    const named = await authentication.find(context, { credentials, ip: ctx.ip });
    // What was sent in place of a client id may be anything, a secret too.
    logged.add(ctx, { clientId: isRegistered(named.registration) ? named.registration.clientId : null });
    const { registration, usedSecret } = await authentication.prove(named, []).catch(tellPerson);
    if (!registration.scopes.some(isManagementScope)) throw powerless();
    if (registration.senderConstraint !== SenderConstraint.NONE) throw unbound();
    const actor = { type: ActorType.CLIENT, id: registration.clientId, name: null };
    const caller = { ...context, actor, request: markOf(ctx) };
    const session = await sessions.beginForClient(caller, registration, (usedSecret as RegisteredSecret).id);
    if (!session) throw wrong('the client was deleted meanwhile');
    await keep(ctx, sessions, session);
    ctx.body = { session: describe({ ...session, actor }) };
  };
}

/** `DELETE /session`: ends the session of the request, if there is one, for whoever else has its cookie as well. */
export function endSession({ sessions }: SessionParts): Middleware {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    if (isCrossSite(ctx)) throw fromElsewhere();
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

/** @throws a refusal in words for people */
function tellPerson(error: unknown): never {
  throw error instanceof InvalidClient ? wrong(error.reason) : error;
}

/** @param reason why, for the log alone */
function wrong(reason: string | undefined): BadRequest {
  return new BadRequest('The client id or the secret key is wrong.', {
    status: 401,
    oauthError: 'invalid_client',
    ...(reason !== undefined && { reason }),
  });
}

function powerless(): BadRequest {
  const reason = 'the client has no management scope';
  const message = 'This client has no right to manage Latchkey: sign in with an administrator.';
  return new BadRequest(message, { status: 403, oauthError: 'unauthorized_client', reason });
}

/** Whoever stole its secret could otherwise do without what its tokens are bound to. */
function unbound(): BadRequest {
  const reason = 'the client takes none but bound tokens';
  const message =
    'This client takes none but tokens that are bound to a key or a certificate, and a session is not: sign in with another one.';
  return new BadRequest(message, { status: 403, oauthError: 'unauthorized_client', reason });
}

function fromElsewhere(): BadRequest {
  const message = 'Sessions begin and end on pages of their own origin alone.';
  return new BadRequest(message, { status: 403, oauthError: 'access_denied', reason: OF_ANOTHER_ORIGIN });
}

async function readCredentials(ctx: Context): Promise<{ clientId: string; secret: string }> {
  const { clientId, clientSecret } = (await receiveJson(ctx, LARGEST_BYTES)).parse() as Record<string, unknown>;
  if (typeof clientId === 'string' && typeof clientSecret === 'string') return { clientId, secret: clientSecret };
  throw new BadRequest('Send {"clientId": …, "clientSecret": …}, both texts.');
}

function describe({ actor, scopes, expiresAt }: { actor: Actor } & Pick<NewSession, 'scopes' | 'expiresAt'>) {
  const isPerson = actor.type === ActorType.PERSON;
  const who = isPerson ? { clientId: null, person: { subject: actor.id, name: actor.name } } : { clientId: actor.id, person: null };
  return { ...who, scopes, expiresAt };
}

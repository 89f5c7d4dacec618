import type { Context, Middleware } from 'koa';
import type { Attempt } from '../authentication/failure-counts.js';
import type { Throttle } from '../authentication/throttle.js';
import { BadRequest, causesOf, TooOften } from '../platform/errors.js';
import { addressOf } from '../platform/http/ip.js';
import { markOf } from '../platform/http/request.js';
import { requestIdOf } from '../platform/http/request-notes.js';
import type { Log } from '../platform/log.js';
import { PlacesByName } from '../platform/queues/places.js';
import { tenantOf } from '../tenants/caller.js';
import { clearCookie, readCookie, setCookie } from './cookies.js';
import { SignInFailed } from './errors.js';
import type { SessionService } from './session.service.js';
import { keep } from './session-endpoint.js';
import type { SignIn } from './sign-in.js';

/** Path at which somebody sets out to sign in at the tenant's provider, the same on every tenant's host. */
export const SIGN_IN_PATH = '/session/start';

/** Stands where others have a client id: sign-ins that fail are counted for their source. */
const PERSON = ' people';
const LONGEST_CAUSE = 300;
/** Of a tenant's that come back from its provider, which is asked for each: whoever may set out may come back in a crowd. */
const MOST_AT_ONCE = 8;
/** For how long a person waits for others: all of a company come in the morning. */
const WAIT_MS = 20_000;
const MANY_AT_ONCE = 'Many sign in at this moment.';
const RETRY_AFTER_SECONDS = 5;

/** What sign-ins are made with. */
export interface SignInParts {
  signIn: SignIn;
  sessions: SessionService;
  throttle: Throttle;
  log: Log;
}

/** Sends the browser to the tenant's provider. */
export function startSignIn({ signIn, throttle, log }: SignInParts): Middleware {
  return watched({ throttle, log }, async (ctx) => {
    const { url, ticket } = await signIn.begin(tenantOf(ctx), readCookie(ctx, 'session'));
    setCookie(ctx, 'sign-in', ticket);
    ctx.redirect(url);
  });
}

/** Takes the browser back from the provider, and begins a session. */
export function finishSignIn({ signIn, sessions, throttle, log }: SignInParts): Middleware {
  const places = new PlacesByName(MOST_AT_ONCE);
  return watched({ throttle, log }, async (ctx, attempt) => {
    const sealed = readCookie(ctx, 'sign-in') ?? '';
    const { tenant } = tenantOf(ctx);
    const wait = {
      member: { crowd: addressOf(ctx.ip).network, name: attempt.source },
      deadline: performance.now() + WAIT_MS,
      tooLate: () => new TooOften(MANY_AT_ONCE, RETRY_AFTER_SECONDS),
      connection: ctx.req.socket,
    };
    const leave = await places.take(tenant.id, wait);
    try {
      // Others from there may have failed meanwhile.
      await throttle.admit(attempt);
      const { session, former } = await signIn.complete(tenantOf(ctx), { search: ctx.search, sealed, request: markOf(ctx) });
      clearCookie(ctx, 'sign-in');
      await keep(ctx, sessions, session, former);
      ctx.redirect('/');
    } catch (error) {
      if (error instanceof SignInFailed && error.reason !== 'stale') clearCookie(ctx, 'sign-in');
      throw error;
    } finally {
      leave();
    }
  });
}

function watched(
  { throttle, log }: Pick<SignInParts, 'throttle' | 'log'>,
  work: (ctx: Context, attempt: Attempt) => Promise<void>,
): Middleware {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    if (!isNavigation(ctx)) throw new BadRequest(NOT_A_PAGE, { status: 403, oauthError: 'access_denied' });
    const attempt: Attempt = { tenantId: tenantOf(ctx).tenant.id, source: addressOf(ctx.ip).source, clientId: PERSON };
    await throttle.admit(attempt);
    try {
      await work(ctx, attempt);
    } catch (error) {
      if (!(error instanceof SignInFailed)) throw error;
      // Anybody can make a browser come back that was never away: that is no attempt, and nothing that somebody is warned of.
      if (error.reason === 'stale' || error.reason === 'none') throw error;
      await throttle.fail(attempt);
      const details = { requestId: requestIdOf(ctx), reason: error.reason, causes: describeCauses(error.cause) };
      log.warn(details, 'somebody could not sign in through the identity provider');
      throw error;
    }
  };
}

/** Whether a person went there, as far as the browser says: whatever a page fetches or frames would count against whoever looks at that page. */
function isNavigation(ctx: Context): boolean {
  ctx.vary('Sec-Fetch-Dest');
  return ctx.method === 'GET' && ['', 'document'].includes(ctx.get('Sec-Fetch-Dest'));
}

const NOT_A_PAGE = 'Go to this address with a browser: it is not for what a page fetches or frames.';

/** What went wrong, and not what the provider said: that may hold anything, our own secret too. */
export function describeCauses(cause: unknown): string[] {
  return causesOf(cause).map(({ name, message, code }: Error & { code?: unknown }) =>
    // What is no JSON is quoted in the words that are for it.
    [name, code, name === 'SyntaxError' ? 'it is not JSON' : message]
      .filter((part) => typeof part === 'string')
      .join(': ')
      .slice(0, LONGEST_CAUSE),
  );
}

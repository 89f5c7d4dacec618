import type { Context, Middleware } from 'koa';
import { PUBLIC_PATHS } from '../installation/rooms.js';
import { GRAPHQL_PATH } from '../platform/http/graphql-answer.js';

/** What a page may read of an answer beside its content: whether to sign in again, when to come back, and what to report. */
const EXPOSED = 'WWW-Authenticate, Retry-After, X-Request-Id';
const TEN_MINUTES = '600';

/** What a page may send. */
interface Permission {
  methods: string;
  headers: string;
}

// A wildcard does not stand for Authorization.
const TO_READ: Permission = { methods: 'GET, HEAD', headers: '*, Authorization' };
const TO_CALL: Permission = {
  methods: 'GET, POST',
  headers: 'Authorization, Content-Type, DPoP, Apollographql-Client-Name, Apollographql-Client-Version',
};

/**
 * Says which pages of other origins may read an answer, refusals too: of the public documents all, of `/graphql` those of
 * the origins allowed. None may send a cookie: that is said by what is not sent, `Access-Control-Allow-Credentials`.
 * A browser that asks before (OPTIONS) is told what a page may send.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function crossOrigin(allowedOrigins: readonly string[]): Middleware {
  return (ctx, next) => {
    if (ctx.path === GRAPHQL_PATH) {
      ctx.vary(['Accept', 'Origin']);
      const origin = ctx.get('Origin');
      if (allowedOrigins.includes(origin)) allow(ctx, origin, TO_CALL);
    } else if (PUBLIC_PATHS.includes(ctx.path)) {
      allow(ctx, '*', TO_READ);
    }
    return next();
  };
}

function allow(ctx: Context, origin: string, { methods, headers }: Permission): void {
  ctx.set('Access-Control-Allow-Origin', origin);
  if (ctx.method === 'OPTIONS')
    ctx.set({ 'Access-Control-Allow-Methods': methods, 'Access-Control-Allow-Headers': headers, 'Access-Control-Max-Age': TEN_MINUTES });
  else ctx.set('Access-Control-Expose-Headers', EXPOSED);
}

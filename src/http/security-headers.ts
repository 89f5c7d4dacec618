import helmet from 'helmet';
import type { Middleware } from 'koa';

/** Headers that keep browsers from doing more with an answer than it was made for. */
export function securityHeaders(issuer: string): Middleware {
  const setHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    strictTransportSecurity: issuer.startsWith('https://') && { maxAge: 31_536_000, includeSubDomains: false },
    xFrameOptions: { action: 'deny' },
  });
  return async (ctx, next) => {
    await new Promise<void>((resolve, reject) => setHeaders(ctx.req, ctx.res, (error) => (error ? reject(error) : resolve())));
    await next();
  };
}

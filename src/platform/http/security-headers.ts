import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import type { Middleware } from 'koa';

/** Headers that keep browsers from doing more with an answer than it was made for. They are the same for all, so helmet is asked once. */
export function securityHeaders(issuer: string): Middleware {
  const setHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    strictTransportSecurity: issuer.startsWith('https://') && { maxAge: 31_536_000, includeSubDomains: false },
    xFrameOptions: { action: 'deny' },
  });
  const example = new ServerResponse(new IncomingMessage(new Socket()));
  setHeaders(example.req, example, (error) => {
    if (error) throw error;
  });
  const headers = Object.entries(example.getHeaders()) as [string, string][];
  return (ctx, next) => {
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
    return next();
  };
}

import type { Middleware } from 'koa';
import { refuse } from './request.js';

const MOST_HEADERS = 100;

/**
 * Refuses a request with more headers than any caller has. They are counted as they were sent: a parser with a limit of
 * its own may drop the rest and go by it all the same, so that two servers see two requests.
 * @see https://www.rfc-editor.org/rfc/rfc6585#section-5
 */
export const requireFewHeaders: Middleware = (ctx, next) => {
  // Names and values in turn.
  if (ctx.req.rawHeaders.length <= 2 * MOST_HEADERS) return next();
  refuse(ctx, 431, { error: 'invalid_request', error_description: `A request may have ${MOST_HEADERS} headers at most.` });
};

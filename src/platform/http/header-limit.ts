import type { Middleware } from 'koa';
import { BadRequest } from '../errors.js';

/** In one request; no caller has as many. */
export const MOST_HEADERS = 100;
/** What has a grammar some parser takes apart in the square of its length. No caller's is as long, nor a chain of twenty proxies. */
export const LONGEST_PARSED = 1_000;
const PARSED = [
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'content-encoding',
  'content-type',
  'host',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'origin',
  'range',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'transfer-encoding',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
] as const;

/**
 * Refuses a body in a transfer coding that nobody here takes off: what is left after the chunks would be read as the body. Where chunks are
 * not the last of them Node itself has refused it with 400, for nobody knows where such a body ends.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-6.1
 */
const requireKnownCoding: Middleware = (ctx, next) => {
  const coding = ctx.get('Transfer-Encoding').trim();
  if (/^(chunked)?$/i.test(coding)) return next();
  throw new BadRequest('The body has a Transfer-Encoding other than chunked. Send it as it is.', {
    status: /[\s,]chunked$/i.test(coding) ? 501 : 400,
  });
};

/**
 * Refuses a request with more headers than any caller has. They are counted as they were sent: a parser with a limit of
 * its own may drop the rest and go by it all the same, so that two servers see two requests.
 * @see https://www.rfc-editor.org/rfc/rfc6585#section-5
 */
const requireFewHeaders: Middleware = (ctx, next) => {
  // Names and values in turn.
  if (ctx.req.rawHeaders.length <= 2 * MOST_HEADERS) return next();
  throw new BadRequest(`A request may have ${MOST_HEADERS} headers at most.`, { status: 431 });
};

/** Refuses two `Authorization`: Node's parser drops the second, and a proxy may have gone by that one. */
const requireOneAuthorization: Middleware = (ctx, next) => {
  if (ctx.req.headers.authorization === undefined || ctx.req.rawHeaders.filter(isAuthorization).length < 2) return next();
  throw new BadRequest('The request has two Authorization headers. Send one.');
};

/** @param index in names and values in turn */
function isAuthorization(text: string, index: number): boolean {
  return index % 2 === 0 && text.length === 'authorization'.length && text.toLowerCase() === 'authorization';
}

/** Refuses what is parsed, and longer than any caller's. */
const requireShortHeaders: Middleware = (ctx, next) => {
  const long = PARSED.find((name) => String(ctx.req.headers[name] ?? '').length > LONGEST_PARSED);
  if (long === undefined) return next();
  // The refusal would follow it.
  delete ctx.req.headers[long];
  throw new BadRequest(`The header ${long} may have ${LONGEST_PARSED} characters at most.`, { status: 431 });
};

/** What the headers of every request have to keep to, in this order, before anybody is asked for. */
export const HEADER_RULES: readonly Middleware[] = [requireFewHeaders, requireOneAuthorization, requireShortHeaders, requireKnownCoding];

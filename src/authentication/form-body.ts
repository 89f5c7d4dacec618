import type { Context } from 'koa';
import { BadRequest } from '../platform/errors.js';

/** A token or an assertion may have as many scopes as a client, and a form encodes some of it. */
export const LARGEST_BODY_BYTES = 56 * 1024;
const FORM = 'application/x-www-form-urlencoded';

/** A body with more bytes than a form may have. */
export function tooLarge(): BadRequest {
  return new BadRequest('The body is too large.', { status: 413 });
}

/** A connection that ended before the body did. */
export function incomplete(): BadRequest {
  return new BadRequest('The body ended before it was complete.');
}

/**
 * Requires that a request does not say that its body is anything but a plain form: without a type, or compressed, it would be read as a form
 * that lacks every parameter.
 * A charset is passed over, as are all other parameters of the type: a form is percent-encoded ASCII, whatever they say.
 * @throws {BadRequest} with 415 and the reason
 * @see https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 */
export function requireForm(ctx: Context): void {
  const { headers } = ctx.req;
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
  const type = ctx.request.type.trim().toLowerCase();
  if (type !== FORM && !(isEmpty && type === '')) {
    const found = type === '' ? 'The request has no Content-Type.' : 'The Content-Type is not that of a form.';
    throw new BadRequest(`${found} Send the parameters in the body, as ${FORM}.`, { status: 415 });
  }
  if (!/^(identity)?$/i.test(ctx.get('Content-Encoding').trim()))
    throw new BadRequest('The body has a Content-Encoding. Send it uncompressed.', { status: 415 });
  headers['content-type'] = FORM;
  // What has no body at all is an empty form, too.
  if (isEmpty) headers['content-length'] = '0';
}

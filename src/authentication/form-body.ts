import type { Context } from 'koa';
import { refuse } from './oauth-refusal.js';

/** A token or an assertion may have as many scopes as a client, and a form encodes some of it. */
export const LARGEST_BODY_BYTES = 56 * 1024;
const FORM = 'application/x-www-form-urlencoded';

/**
 * Answers with 415 when a request says that its body is anything but a plain form, and with the reason: without a type,
 * or compressed, it would be read as a form that lacks every parameter.
 * A charset is passed over, as are all other parameters of the type: a form is percent-encoded ASCII, whatever they say.
 * @returns whether it was refused
 * @see https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 */
export function refuseOtherThanForm(ctx: Context): boolean {
  const { headers } = ctx.req;
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
  const type = ctx.request.type.trim().toLowerCase();
  const encoding = ctx.get('Content-Encoding').trim();
  if (type !== FORM && !(isEmpty && type === '')) {
    const found = type === '' ? 'The request has no Content-Type.' : 'The Content-Type is not that of a form.';
    refuse(ctx, 415, 'invalid_request', `${found} Send the parameters in the body, as ${FORM}.`);
  } else if (!/^(identity)?$/i.test(encoding)) {
    refuse(ctx, 415, 'invalid_request', 'The body has a Content-Encoding. Send it uncompressed.');
  } else {
    headers['content-type'] = FORM;
    // What has no body at all is an empty form, too.
    if (isEmpty) headers['content-length'] = '0';
    return false;
  }
  return true;
}

import { type ParsedUrlQuery, parse } from 'node:querystring';
import type { Context } from 'koa';
import getRawBody from 'raw-body';
import { BadRequest } from '../platform/errors.js';

/** A token or an assertion may have as many scopes as a client, and a form encodes some of it. */
const LARGEST_BYTES = 56 * 1024;
const FORM = 'application/x-www-form-urlencoded';

/** Whoever parses a form stops after so many parameters, and passes over the rest: a second one of a name might be among them. */
const PARSED_PARAMETERS = 1000;

/** What stands where bytes were no UTF-8. */
const REPLACEMENT = '\uFFFD';

/** What is parsed before anybody is known, as an assertion is, takes time by its length; a token is not, and scopes are as many as a client may have. */
const LONGEST_PARAMETER = 16_000;
const MAY_BE_LONGER = new Set(['token=', 'scope=']);
const LONGEST_NAME = 6;

const SEPARATOR = '&'.charCodeAt(0);
const PLUS = '+'.charCodeAt(0);
const BLANK = ' '.charCodeAt(0);

/** A form as it was sent. */
export interface Form {
  /** With a blank in place of each `+`. */
  bytes: Buffer;
  values: ParsedUrlQuery;
}

/**
 * Reads a form in whole, whose every parameter counts.
 * @throws {BadRequest} with 413 where it is too large, and with 415 where it is none
 */
export async function readForm(ctx: Context): Promise<Form> {
  requireForm(ctx);
  const { length } = ctx.request;
  const bytes = await getRawBody(ctx.req, { limit: LARGEST_BYTES, length }).catch((cause: { type?: string }) => {
    if (cause.type === 'entity.too.large') throw new BadRequest('The body is too large.', { status: 413 });
    throw new BadRequest('The body ended before it was complete.');
  });
  requireFewAndShort(bytes);
  const values = parse(bytes.toString());
  requireUtf8(values);
  return { bytes, values };
}

/**
 * The value of a parameter; undefined where it is empty, as where it is absent.
 * @throws {BadRequest} where it was sent twice
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2
 */
export function parameterOf({ values }: Form, name: string): string | undefined {
  const value = values[name];
  if (Array.isArray(value)) throw new BadRequest(`Send the parameter ${name} once.`);
  return value || undefined;
}

/**
 * Requires that a request does not say that its body is anything but a plain form: without a type, or compressed, it would be read as a form
 * that lacks every parameter.
 * A charset is passed over, as are all other parameters of the type: a form is percent-encoded ASCII, whatever they say.
 * @throws {BadRequest} with 415 and the reason
 * @see https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 */
function requireForm(ctx: Context): void {
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

/**
 * Looks at a form before it is parsed. What separates its parameters is counted: empty ones leave nothing else behind, and end the parsing all
 * the same. No parameter may be very long. Each `+` becomes the blank that it stands for: Node puts a text together of as many pieces,
 * some 2 MB in 5 ms for one of the largest form.
 * @throws {BadRequest}
 */
function requireFewAndShort(bytes: Buffer): void {
  let parameters = 1;
  let start = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    const byte = bytes[at] ?? SEPARATOR;
    if (byte === PLUS) bytes[at] = BLANK;
    if (byte !== SEPARATOR) continue;
    if (at - start > LONGEST_PARAMETER && !MAY_BE_LONGER.has(bytes.toString('latin1', start, start + LONGEST_NAME)))
      throw new BadRequest(`A parameter of a form may have ${LONGEST_PARAMETER} bytes at most.`, { status: 413 });
    if (at < bytes.length) parameters += 1;
    start = at + 1;
  }
  if (parameters >= PARSED_PARAMETERS)
    throw new BadRequest(`A form may have fewer than ${PARSED_PARAMETERS} parameters, with those that are empty.`);
}

function requireUtf8(values: ParsedUrlQuery): void {
  if (
    Object.values(values)
      .flat()
      .some((value) => String(value).includes(REPLACEMENT))
  )
    throw new BadRequest('The body is not valid UTF-8.');
}

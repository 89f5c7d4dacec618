import type { IncomingMessage } from 'node:http';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { BadRequest } from '../platform/errors.js';

/** Parameters that are sent once, by this name; some write them as lists of their language: `scope[0]`, `scope[]`. */
const AS_LIST = /^(grant_type|scope|resource|audience|client_id|client_secret|client_assertion|client_assertion_type)\[/;

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
const forms = new WeakMap<IncomingMessage, Form>();

/** A form as far as it was read. */
interface Form {
  separators: number;
  /** Of the parameter that is read: how it begins, and how many bytes it has. */
  name: string;
  length: number;
}

/**
 * Looks at a form while it is read. What separates its parameters is counted: empty ones leave nothing else behind, and end the parsing all
 * the same. No parameter may be very long. Each `+` becomes the blank that it stands for: Node puts a text together of as many pieces,
 * some 2 MB in 5 ms for one of the largest form.
 */
export function prepareForm(request: IncomingMessage): void {
  const iterate = request.iterator.bind(request);
  request.iterator = async function* prepare(options): AsyncGenerator<Buffer, undefined> {
    const form: Form = { separators: 0, name: '', length: 0 };
    forms.set(request, form);
    for await (const chunk of iterate(options)) {
      readOn(form, chunk);
      yield chunk;
    }
    return undefined;
  };
}

/** @throws {BadRequest} */
function readOn(form: Form, chunk: Buffer): void {
  for (let at = 0; at < chunk.length; at += 1) {
    const byte = chunk[at] as number;
    if (byte === SEPARATOR) {
      form.separators += 1;
      form.length = 0;
      form.name = '';
      continue;
    }
    if (byte === PLUS) chunk[at] = BLANK;
    form.length += 1;
    if (form.length <= LONGEST_NAME) form.name += String.fromCharCode(byte);
    else if (form.length > LONGEST_PARAMETER && !MAY_BE_LONGER.has(form.name))
      throw new BadRequest(`A parameter of a form may have ${LONGEST_PARAMETER} bytes at most.`, { status: 413 });
  }
}

/**
 * Refuses a form that was not read as it was meant: in whole, and as UTF-8. Before anything is proved, so that the refusal tells nothing.
 * @see https://nodejs.org/api/querystring.html#querystringparsestr-sep-eq-options
 * @throws {errors.InvalidRequest}
 */
export function requireReadable({ oidc, req }: KoaContextWithOIDC): void {
  const parameters = (forms.get(req)?.separators ?? 0) + 1;
  if (parameters >= PARSED_PARAMETERS)
    throw new errors.InvalidRequest(`a form has fewer than ${PARSED_PARAMETERS} parameters, with those that are empty`);
  const values = Object.values(oidc.body ?? {}).flat();
  if (values.some((value) => String(value).includes(REPLACEMENT))) throw new errors.InvalidRequest('the body is not valid UTF-8');
}

/**
 * Passes over blanks around and between scopes: whoever puts them together from a list leaves some. With nothing but blanks none is
 * asked for.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3
 */
export function tidyScope({ oidc }: KoaContextWithOIDC): void {
  const params = oidc.params as { scope?: unknown } | undefined;
  if (typeof params?.scope !== 'string') return;
  if (/^ | {2}| $/.test(params.scope)) params.scope = params.scope.replaceAll(/ +/g, ' ').trim() || undefined;
}

/** The audience that a request asks for by the name that Auth0 has for it. @throws {errors.InvalidRequest} when there are several */
export function askedAudience({ oidc }: KoaContextWithOIDC): string | undefined {
  const audience = oidc.body?.audience;
  if (Array.isArray(audience)) throw new errors.InvalidRequest("'audience' parameter must not be provided twice");
  return audience ? String(audience) : undefined;
}

/**
 * Refuses what could be meant in two ways, or would be passed over though it is meant.
 * @param resource that the token will be for
 * @throws {errors.InvalidRequest}
 */
export function requireOneMeaning(ctx: KoaContextWithOIDC, resource: string): void {
  if (Array.isArray(ctx.oidc.params?.resource)) throw new errors.InvalidRequest("'resource' parameter must not be provided twice");
  if (Object.keys(ctx.oidc.body ?? {}).some((name) => AS_LIST.test(name)))
    throw new errors.InvalidRequest('parameters have no brackets in their names: send several scopes as one scope, with blanks between');
  if ((askedAudience(ctx) ?? resource) !== resource)
    throw new errors.InvalidRequest("'audience' and 'resource' name two audiences: send one of them");
}

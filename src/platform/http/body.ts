import type { Context, Middleware } from 'koa';
import getRawBody from 'raw-body';
import { BadRequest } from '../errors.js';
import { countValues } from './json-values.js';

const LARGEST_BYTES = 100 * 1024;
/** Each takes some 60 bytes of memory. What the largest change needs has a tenth of them. */
const MOST_VALUES = 15_000;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Lets the rest of a body pass once the answer is out. Whoever reads bodies stops in the middle of one that is too
 * large, and the next request on the connection, which may be another's behind a proxy, would wait behind it.
 */
export const passBody: Middleware = (ctx, next) => {
  ctx.res.once('finish', () => ctx.req.resume());
  return next();
};

/** A JSON object as it came. */
export interface ReceivedJson {
  bytes: Uint8Array;
  /** @throws {BadRequest} */
  parse(): object;
}

/**
 * Receives a JSON object of at most 100 KiB, or as few bytes as are named. Until it is parsed it takes no more memory than it has bytes:
 * whoever waits for a turn parses it then.
 * @throws {BadRequest}
 */
export async function receiveJson(ctx: Context, most = LARGEST_BYTES): Promise<ReceivedJson> {
  if (!ctx.is('application/json')) throw new BadRequest('Send the request as application/json.', { status: 415 });
  if (!/^(utf-?8)?$/i.test(ctx.request.charset)) throw new BadRequest('Send the body in UTF-8.', { status: 415 });
  if (!/^(identity)?$/i.test(ctx.get('content-encoding'))) throw new BadRequest('Send the body uncompressed.', { status: 415 });
  const bytes = await read(ctx, most);
  const parse = () => {
    if (countValues(bytes) > MOST_VALUES) throw new BadRequest(`The body may have ${MOST_VALUES} values at most.`, { status: 413 });
    const value = parseText(decode(bytes));
    if (typeof value !== 'object' || value === null) throw new BadRequest('The body must be a JSON object with a query.');
    return value;
  };
  return { bytes, parse };
}

async function read(ctx: Context, limit: number): Promise<Buffer> {
  try {
    return await getRawBody(ctx.req, { limit, length: ctx.request.length });
  } catch (cause) {
    const { type } = cause as { type?: string };
    if (type === 'entity.too.large') throw new BadRequest(`The body may have ${limit} bytes at most.`, { status: 413 });
    throw new BadRequest('The body ended before it was complete.');
  }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new BadRequest('The body is not valid UTF-8.');
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRequest('The body is not valid JSON.');
  }
}

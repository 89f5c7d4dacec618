import type { Context, Middleware } from 'koa';
import getRawBody from 'raw-body';

const LARGEST_BYTES = 100 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A body that cannot be read: the status and the sentence that tell why. */
export class UnreadableBody extends Error {
  constructor(
    readonly status: 400 | 408 | 413 | 415,
    message: string,
  ) {
    super(message);
    this.name = 'UnreadableBody';
  }
}

/**
 * Lets the rest of a body pass once the answer is out. Whoever reads bodies stops in the middle of one that is too
 * large, and the next request on the connection, which may be another's behind a proxy, would wait behind it.
 */
export const passBody: Middleware = (ctx, next) => {
  ctx.res.once('finish', () => ctx.req.resume());
  return next();
};

/**
 * Reads a JSON object of at most 100 KiB.
 * @throws {UnreadableBody}
 */
export async function readJsonBody(ctx: Context): Promise<object> {
  if (!ctx.is('application/json')) throw new UnreadableBody(415, 'Send the request as application/json.');
  if (!/^(utf-?8)?$/i.test(ctx.request.charset)) throw new UnreadableBody(415, 'Send the body in UTF-8.');
  if (!/^(identity)?$/i.test(ctx.get('content-encoding'))) throw new UnreadableBody(415, 'Send the body uncompressed.');
  const value = parse(decode(await read(ctx)));
  if (typeof value !== 'object' || value === null) throw new UnreadableBody(400, 'The body must be a JSON object with a query.');
  return value;
}

async function read(ctx: Context): Promise<Buffer> {
  try {
    return await getRawBody(ctx.req, { limit: LARGEST_BYTES, length: ctx.request.length });
  } catch (cause) {
    const { type } = cause as { type?: string };
    if (type === 'entity.too.large') throw new UnreadableBody(413, `The body may have ${LARGEST_BYTES} bytes at most.`);
    throw new UnreadableBody(400, 'The body ended before it was complete.');
  }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new UnreadableBody(400, 'The body is not valid UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableBody(400, 'The body is not valid JSON.');
  }
}

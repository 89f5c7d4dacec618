import type { Context } from 'koa';
import getRawBody from 'raw-body';
import { incomplete, LARGEST_BODY_BYTES, requireForm, tooLarge } from '../authentication/form-body.js';
import { BadRequest } from '../platform/errors.js';

/** Reads a form that has one `token`, where no client is asked for. @throws {BadRequest} */
export async function readTokenForm(ctx: Context): Promise<URLSearchParams> {
  requireForm(ctx);
  const sent = { limit: LARGEST_BODY_BYTES, length: ctx.request.length, encoding: 'utf-8' };
  const text = await getRawBody(ctx.req, sent).catch((cause) => {
    throw cause.type === 'entity.too.large' ? tooLarge() : incomplete();
  });
  const form = new URLSearchParams(text);
  if (form.getAll('token').length !== 1) throw new BadRequest('Send it once, as "token".');
  return form;
}

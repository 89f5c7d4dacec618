import type { Context } from 'koa';
import getRawBody from 'raw-body';
import { LARGEST_BODY_BYTES, refuseOtherThanForm } from '../authentication/form-body.js';
import { refuse } from '../authentication/oauth-refusal.js';

/**
 * Reads a form that has one `token`, where no client is asked for.
 * @returns undefined when it was refused
 */
export async function readTokenForm(ctx: Context): Promise<URLSearchParams | undefined> {
  if (refuseOtherThanForm(ctx)) return undefined;
  try {
    const form = new URLSearchParams(
      await getRawBody(ctx.req, { limit: LARGEST_BODY_BYTES, length: ctx.request.length, encoding: 'utf-8' }),
    );
    if (form.getAll('token').length === 1) return form;
    refuse(ctx, 400, 'invalid_request', 'Send it once, as "token".');
  } catch (cause) {
    if ((cause as { type?: string }).type === 'entity.too.large') refuse(ctx, 413, 'invalid_request', 'The body is too large.');
    else refuse(ctx, 400, 'invalid_request', 'The body ended before it was complete.');
  }
  return undefined;
}

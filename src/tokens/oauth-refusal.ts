import type { Context } from 'koa';

/** Answers with an error in the form of RFC 6749, section 5.2. */
export function refuse(ctx: Context, status: number, error: string, description: string): void {
  ctx.status = status;
  ctx.body = { error, error_description: description };
}

/**
 * Answers with 200 and no content, and so with no type: there are libraries that parse whatever is called JSON.
 * @see https://www.rfc-editor.org/rfc/rfc7009#section-2.2
 */
export function answerNothing(ctx: Context): void {
  ctx.status = 200;
  ctx.body = '';
  ctx.remove('Content-Type');
}

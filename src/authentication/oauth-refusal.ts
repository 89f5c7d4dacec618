import type { Context } from 'koa';

/** Answers with an error in the form of RFC 6749, section 5.2. */
export function refuse(ctx: Context, status: number, error: string, description: string): void {
  ctx.status = status;
  ctx.body = { error, error_description: description };
}

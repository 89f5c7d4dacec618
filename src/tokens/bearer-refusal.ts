import type { Context } from 'koa';
import { refuse } from '../authentication/oauth-refusal.js';
import { BearerError } from './bearer.js';

/** Answers that a token is missing or will not do. @throws whatever else it is given */
export function refuseBearer(ctx: Context, error: unknown): void {
  if (!(error instanceof BearerError)) throw error;
  refuse(ctx, error.status, error.error ?? 'invalid_token', error.message);
  ctx.set('WWW-Authenticate', error.challenge);
}

/**
 * Answers that a token is good, and not for this.
 * @param needed scopes, separated by blanks
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export function refuseWithoutScope(ctx: Context, needed: string): void {
  refuse(ctx, 403, 'insufficient_scope', `This needs the scope ${needed}.`);
  ctx.set('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${needed}"`);
}

import { STATUS_CODES } from 'node:http';
import type { Context } from 'koa';
import { AppError, BadRequest } from '../errors.js';
import { answerTypeOf, GRAPHQL_PATH, LEGACY } from './graphql-answer.js';
import { prefersPage, showRefusal } from './plain-page.js';
import { logged } from './request-notes.js';

/** There is nothing where a request was sent to. */
export class NothingThere extends BadRequest {
  constructor() {
    super('There is nothing at this address.', { status: 404, oauthError: 'not_found' });
  }
}

/** What nobody foresaw, which the log has, and it alone. */
export class Unforeseen extends AppError {
  constructor(options: ErrorOptions) {
    const telling = { ...options, status: 500, oauthError: 'server_error' };
    super('INTERNAL_SERVER_ERROR', 'The server failed to answer. The fault is logged.', telling);
  }
}

/** What is told of whatever was thrown. */
export function toTold(error: unknown): AppError {
  if (error instanceof AppError) return error;
  // Of Koa and what is made for it.
  const { status = 500 } = error as { status?: number };
  if (status === 404) return new NothingThere();
  if (status < 500) return new BadRequest(STATUS_CODES[status] ?? 'The request cannot be answered.', { status });
  return new Unforeseen({ cause: error });
}

/**
 * Answers with an error, and nothing else: at `/graphql` in the form that GraphQL uses, for people in words, and everywhere else in OAuth's.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function answerError(ctx: Context, error: AppError): void {
  const { status, code, message, details, oauthError, challenge, retryAfterSeconds, reason, exposed } = error;
  if (challenge !== undefined) ctx.set('WWW-Authenticate', challenge);
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
  if (reason !== undefined) logged.add(ctx, { error: oauthError, reason });
  ctx.status = status;
  if (ctx.path === GRAPHQL_PATH) {
    ctx.body = { errors: [{ message, extensions: { code, ...details } }] };
    ctx.set('Content-Type', answerTypeOf(ctx) ?? LEGACY);
  } else if (prefersPage(ctx)) {
    showRefusal(ctx, error);
  } else {
    ctx.body = exposed ? { error: oauthError, error_description: message } : { error: oauthError };
  }
}

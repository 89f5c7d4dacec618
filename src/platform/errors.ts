import type { ErrorCode } from './error-codes.js';

/** One input value at fault. `path` leads from the field's arguments to the value: `input.name`. */
export interface FieldFault {
  path: string;
  message: string;
}

/** What is told of an error beside its code and sentence. */
export interface Telling extends ErrorOptions {
  /** Of an answer that is this error and nothing else; 400 when absent. */
  status?: number;
  /** What OAuth calls it; `invalid_request` when absent. */
  oauthError?: string;
  /** After how long the same may be answered. */
  retryAfterSeconds?: number | undefined;
  /** How the caller may prove who they are: the value of `WWW-Authenticate`. */
  challenge?: string;
  /** Why, for the log alone. */
  reason?: string;
  /** Whether its sentence is told in OAuth's form; it is when absent. */
  exposed?: boolean;
}

/**
 * A failure that the caller is told about: a stable code and a sentence that helps. One translator makes answers of it
 * (`http/answer.ts`), in the words of OAuth, of GraphQL or of a page. Whatever else is known goes into `cause`, which only the log sees.
 */
export class AppError extends Error {
  readonly status: number;
  readonly oauthError: string;
  readonly retryAfterSeconds: number | undefined;
  readonly challenge: string | undefined;
  readonly reason: string | undefined;
  readonly exposed: boolean;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { status = 400, oauthError = 'invalid_request', retryAfterSeconds, challenge, reason, exposed = true, ...options }: Telling = {},
  ) {
    super(message, options);
    this.name = new.target.name;
    this.status = status;
    this.oauthError = oauthError;
    this.retryAfterSeconds = retryAfterSeconds;
    this.challenge = challenge;
    this.reason = reason;
    this.exposed = exposed;
  }

  /** What a caller's program is told beside the code. */
  get details(): Record<string, unknown> {
    return {};
  }
}

/** A request that is not answered as it is. */
export class BadRequest extends AppError {
  constructor(message: string, telling?: Telling) {
    super('BAD_REQUEST', message, telling);
  }
}

/** Input that breaks a rule; carries every field at fault. */
export class BadUserInput extends AppError {
  constructor(readonly fields: readonly FieldFault[]) {
    super('BAD_USER_INPUT', fields.map(({ path, message }) => `${path}: ${message}`).join(' '));
  }

  override get details(): { fields: readonly FieldFault[] } {
    return { fields: this.fields };
  }
}

/** What the caller asks for collides with something that was done since, or is under way. */
export class Conflict extends AppError {
  constructor(message: string) {
    super('CONFLICT', message);
  }
}

/** Somebody else changed a thing since the caller read it. */
export class StaleVersion extends Conflict {
  constructor(
    thing: 'client' | 'tenant' | 'trusted issuer',
    readonly version: number,
  ) {
    super(`The ${thing} was changed in the meantime: it is at version ${version}. Read it again and repeat the change.`);
  }

  override get details(): { version: number } {
    return { version: this.version };
  }
}

/** Something was done too often; the same request may be answered later. */
export class TooOften extends AppError {
  /** @param what happened, as a sentence */
  constructor(what: string, retryAfterSeconds: number) {
    const message = `${what} Try again in ${retryAfterSeconds} seconds.`;
    super('TOO_MANY_REQUESTS', message, { status: 429, oauthError: 'too_many_requests', retryAfterSeconds });
  }

  override get details(): { retryAfterSeconds: number | undefined } {
    return { retryAfterSeconds: this.retryAfterSeconds };
  }
}

/** The database does not answer; the same request may succeed later. */
export class DatabaseUnavailable extends AppError {
  constructor(options?: ErrorOptions) {
    super('DATABASE_UNAVAILABLE', 'The database does not answer at the moment. Try again in a few seconds.', {
      ...options,
      status: 503,
      oauthError: 'temporarily_unavailable',
      retryAfterSeconds: 5,
    });
  }
}

/** What a row refers to went away at the same moment: the tenant that it belongs to, or whatever of that it is about. */
export class ReferenceGone extends AppError {
  constructor(options?: ErrorOptions) {
    super('TENANT_DISABLED', 'What this belongs to was disabled or deleted in the meantime. Nothing was changed.', options);
  }
}

/** An error and what caused it, from the outside in; ten at most. */
export function causesOf(error: unknown, most = 10): Error[] {
  return error instanceof Error && most > 0 ? [error, ...causesOf(error.cause, most - 1)] : [];
}

/** A fault of the installation that the operator has to mend: it is told in one sentence and ends the process. */
export class StartupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartupError';
  }
}

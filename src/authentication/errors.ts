import { AppError, TooOften } from '../platform/errors.js';

/** Too many failures. */
export class TooManyFailures extends TooOften {
  constructor(retryAfterSeconds: number) {
    super('There were too many failures.', retryAfterSeconds);
  }
}

/** A client that has not proved who it is; nobody is told why. @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
export class InvalidClient extends AppError {
  /** @param reason for the log alone */
  constructor(reason: string) {
    const telling = { status: 401, oauthError: 'invalid_client', reason, exposed: false };
    super('UNAUTHENTICATED', 'The client did not prove who it is.', telling);
  }
}

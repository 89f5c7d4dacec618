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

/** Why a client is refused for now. */
export const NO_KEYS = 'the keys cannot be fetched, and none are at hand';

/** The keys with which a client's assertion has to be checked are somebody else's, and cannot be had at this moment. */
export class KeysUnavailable extends AppError {
  /** @param fault why they could not be had the last time, for the log and for whoever manages the client */
  constructor(
    retryAfterSeconds: number,
    readonly fault: string | undefined,
  ) {
    super('KEYS_UNAVAILABLE', 'The keys that sign the assertion cannot be fetched at the moment. Try again later.', {
      status: 503,
      oauthError: 'temporarily_unavailable',
      retryAfterSeconds,
      reason: NO_KEYS + (fault === undefined ? '' : `: ${fault}`),
    });
  }
}

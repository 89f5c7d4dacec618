import { AppError } from '../platform/errors.js';

/** The tenant has no signing key with this kid, any more. */
export class SigningKeyNotFound extends AppError {
  constructor() {
    super('SIGNING_KEY_NOT_FOUND', 'No signing key with this kid exists. It may have been revoked or have come to its end already.');
  }
}

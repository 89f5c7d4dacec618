import { AppError } from '../../platform/errors.js';

/** The tenant trusts this authority already. */
export class AuthorityTaken extends AppError {
  constructor(options?: ErrorOptions) {
    super('AUTHORITY_TAKEN', 'This authority is trusted already.', options);
  }
}

/** The tenant trusts no such authority. */
export class AuthorityNotFound extends AppError {
  constructor() {
    super('AUTHORITY_NOT_FOUND', 'No authority with this fingerprint is trusted here.');
  }
}

/** The tenant trusts as many authorities as it may. */
export class AuthorityLimit extends AppError {
  constructor(limit: number) {
    super('AUTHORITY_LIMIT', `The tenant trusts ${limit} authorities, and more are not possible. Delete one that is not used.`);
  }
}

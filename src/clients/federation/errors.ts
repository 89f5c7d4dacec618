import { AppError } from '../../platform/errors.js';

/** The tenant trusts this issuer already. */
export class IssuerTaken extends AppError {
  constructor(options?: ErrorOptions) {
    super('ISSUER_TAKEN', 'This issuer is trusted already. Change it where it stands.', options);
  }
}

/** The tenant trusts no such issuer. */
export class TrustedIssuerNotFound extends AppError {
  constructor() {
    super('TRUSTED_ISSUER_NOT_FOUND', 'No such issuer is trusted here. Issuers are compared byte for byte, a slash at the end included.');
  }
}

/** The tenant trusts as many issuers as it may. */
export class TrustedIssuerLimit extends AppError {
  constructor(limit: number) {
    super('TRUSTED_ISSUER_LIMIT', `The tenant trusts ${limit} issuers, and more are not possible. Delete one that is not used.`);
  }
}

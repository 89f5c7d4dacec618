import { AppError } from '../platform/errors.js';

const SIGN_IN_FAILURES = {
  none: 'People cannot sign in through an identity provider here. Sign in with a client id and its secret key.',
  stale: 'This sign-in is too old, or was begun in another window or under other settings. Start again.',
  unreachable:
    'The identity provider cannot be reached or does not answer in time. Try again, or sign in with a client id and its secret key.',
  refused: 'The identity provider refused to sign you in.',
  unusable:
    "The identity provider's answer cannot be used: it comes from another issuer, is meant for somebody else, or is signed with a key that the provider does not publish.",
  powerless: 'The identity provider knows you, but nothing that it says of you gives you rights here. Ask an administrator.',
};

const STATUS = { none: 404, stale: 400, unreachable: 502, refused: 403, unusable: 502, powerless: 403 } as const;

/** Somebody could not sign in through the identity provider. */
export class SignInFailed extends AppError {
  constructor(
    override readonly reason: keyof typeof SIGN_IN_FAILURES,
    options?: ErrorOptions,
  ) {
    super('SIGN_IN_FAILED', SIGN_IN_FAILURES[reason], { ...options, status: STATUS[reason], oauthError: 'sign_in_failed' });
  }
}

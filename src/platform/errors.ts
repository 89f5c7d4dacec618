/**
 * Every code that a caller may branch on, with the statuses that its answers have: the GraphQL API sends it as `extensions.code`.
 * 200 is that of an error at a field. `docs/errors.md` says the same in words.
 */
export const ERROR_CODES = {
  BAD_REQUEST: [400, 405, 406, 413, 415, 431, 501],
  BAD_USER_INPUT: [200, 400],
  CLIENT_ID_TAKEN: [200],
  CLIENT_NOT_FOUND: [200],
  CONFLICT: [200],
  DATABASE_UNAVAILABLE: [200, 503],
  FORBIDDEN: [200, 403],
  GRAPHQL_PARSE_FAILED: [400],
  GRAPHQL_VALIDATION_FAILED: [400],
  HOME_TENANT: [200],
  HOST_NOT_SERVED: [421],
  HOST_TAKEN: [200],
  INTERNAL_SERVER_ERROR: [200, 500],
  LAST_ADMINISTRATOR: [200],
  LAST_SECRET: [200],
  OPERATION_RESOLUTION_FAILURE: [400],
  OPERATION_TOO_LARGE: [400],
  PERSISTED_QUERY_NOT_SUPPORTED: [200, 400],
  SECRET_LIMIT: [200],
  SECRET_NOT_FOUND: [200],
  SERVER_STARTING: [503],
  SIGNING_KEY_NOT_FOUND: [200],
  SIGN_IN_FAILED: [400, 403, 404, 502],
  TENANT_DISABLED: [200],
  TENANT_ENABLED: [200],
  TENANT_LIMIT: [200, 429],
  TENANT_NOT_FOUND: [200],
  TOO_MANY_REQUESTS: [429],
  UNAUTHENTICATED: [200, 400, 401],
} as const satisfies Record<string, readonly number[]>;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** One input value at fault. `path` leads from the field's arguments to the value: `input.name`. */
export interface FieldFault {
  path: string;
  message: string;
}

/**
 * A failure that the caller is told about: a stable code and a sentence that helps.
 * Whatever else is known goes into `cause`, which only the log sees.
 */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }

  /** What a caller's program is told beside the code. */
  get details(): Record<string, unknown> {
    return {};
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

/** The client id is in use by another client of the tenant. */
export class ClientIdTaken extends AppError {
  constructor(clientId: string, options?: ErrorOptions) {
    super('CLIENT_ID_TAKEN', `A client with the client id "${clientId}" exists already. Choose another client id.`, options);
  }
}

/** The tenant has no client with this client id. */
export class ClientNotFound extends AppError {
  constructor() {
    super('CLIENT_NOT_FOUND', 'No client with this client id exists. Client ids are compared exactly, upper and lower case included.');
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
    thing: 'client' | 'tenant',
    readonly version: number,
  ) {
    super(`The ${thing} was changed in the meantime: it is at version ${version}. Read it again and repeat the change.`);
  }

  override get details(): { version: number } {
    return { version: this.version };
  }
}

/** The client has two live secrets already. */
export class SecretLimit extends AppError {
  /** @param older the one of them that was made first, for whoever may read of it */
  constructor(older: { id: string; hint: string } | undefined) {
    const which = older ? `: it ends in ${older.hint} and its id is ${older.id}` : '';
    super(
      'SECRET_LIMIT',
      `This client has two live secrets, and two are the most. Revoke the older one first${which}. Or rotate with an overlap of 0, which ends both.`,
    );
  }
}

/** The secret is the last one that an enabled client can use. */
export class LastSecret extends AppError {
  constructor() {
    super('LAST_SECRET', 'This is the last secret that the client can use. Rotate it first, or disable the client.');
  }
}

/** The client has no secret with this id. */
export class SecretNotFound extends AppError {
  constructor() {
    super('SECRET_NOT_FOUND', 'This client has no secret with this id.');
  }
}

/** The tenant has no signing key with this kid, any more. */
export class SigningKeyNotFound extends AppError {
  constructor() {
    super('SIGNING_KEY_NOT_FOUND', 'No signing key with this kid exists. It may have been revoked or have come to its end already.');
  }
}

/** The change would leave the tenant without anyone who has a right to manage Latchkey. */
export class LastAdministrator extends AppError {
  constructor(rights: readonly string[]) {
    const [what, it] = rights.length === 1 ? ['scope', 'it'] : ['scopes', 'them'];
    super(
      'LAST_ADMINISTRATOR',
      `No other enabled client with a secret or a key has the ${what} ${rights.join(', ')}. Give ${it} to another client first.`,
    );
  }
}

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

/** Somebody could not sign in through the identity provider. */
export class SignInFailed extends AppError {
  constructor(
    readonly reason: keyof typeof SIGN_IN_FAILURES,
    options?: ErrorOptions,
  ) {
    super('SIGN_IN_FAILED', SIGN_IN_FAILURES[reason], options);
  }
}

/** Something was done too often; the same request may be answered later. */
export class TooOften extends AppError {
  /** @param what happened, as a sentence */
  constructor(
    what: string,
    readonly retryAfterSeconds: number,
  ) {
    super('TOO_MANY_REQUESTS', `${what} Try again in ${retryAfterSeconds} seconds.`);
  }

  override get details(): { retryAfterSeconds: number } {
    return { retryAfterSeconds: this.retryAfterSeconds };
  }
}

/** Too many failures. */
export class TooManyFailures extends TooOften {
  constructor(retryAfterSeconds: number) {
    super('There were too many failures.', retryAfterSeconds);
  }
}

/** A document asks for more than an operation may cost. */
export class OperationTooLarge extends AppError {
  constructor(message: string) {
    super('OPERATION_TOO_LARGE', message);
  }
}

/** The caller lacks a right that the operation needs. */
export class Forbidden extends AppError {
  /** @param right the one that is missing, or several; absent when none would do */
  constructor(
    message: string,
    readonly right?: string | readonly string[],
  ) {
    super('FORBIDDEN', message);
  }
}

/** What the caller showed when the request began is worth nothing any more. */
export class RightsEnded extends AppError {
  constructor() {
    super('UNAUTHENTICATED', 'The token or session that this request began with has ended in the meantime. This was not done.');
  }
}

/** The database does not answer; the same request may succeed later. */
export class DatabaseUnavailable extends AppError {
  readonly retryAfterSeconds = 5;

  constructor(options?: ErrorOptions) {
    super('DATABASE_UNAVAILABLE', 'The database does not answer at the moment. Try again in a few seconds.', options);
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

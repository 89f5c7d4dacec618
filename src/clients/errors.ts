import { AppError } from '../platform/errors.js';

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

/** The client proves itself in one way alone. */
export class NoPreviousMethod extends AppError {
  constructor() {
    super('NO_PREVIOUS_METHOD', 'This client has no way before the present one that still goes on.');
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

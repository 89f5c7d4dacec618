import { rule } from '../platform/graphql/input-rules.js';
import { findRegisteredNameFault } from './certificates/registered-name.js';
import { findCredentialsFault } from './federation/federated-credential.rules.js';
import { isHttpUrl } from './federation/trusted-issuer.rules.js';
import { findJwksFault } from './keys/public-jwks.js';

/** An address of public keys. */
export function IsJwksUri(): PropertyDecorator {
  return rule('Give an https URL of at most 500 characters without user.', isHttpUrl);
}

/** What tokens of trusted issuers have to say. */
export function AreFederatedCredentials(): PropertyDecorator {
  return rule(
    (value) => findCredentialsFault(value) ?? '',
    (value) => findCredentialsFault(value) === undefined,
  );
}

/** The name that a client's certificates have. */
export function IsTlsClientAuth(): PropertyDecorator {
  return rule(
    (value) => findRegisteredNameFault(value as object) ?? '',
    (value) => findRegisteredNameFault(value as object) === undefined,
  );
}

/** The public keys of a client. */
export function IsPublicJwks(): PropertyDecorator {
  return rule(
    (value) => findJwksFault(value) ?? '',
    (value) => findJwksFault(value) === undefined,
  );
}

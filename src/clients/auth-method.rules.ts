import { BadUserInput } from '../platform/errors.js';
import { type Client, ClientAuthMethod } from './client.entity.js';
import type { GivenCredential } from './federation/federated-credential.rules.js';
import { findPinFault, type PublicJwks } from './keys/public-jwks.js';
import { materialOf, withoutEmpty } from './keys/public-key.js';
import type { TlsClientAuthInput } from './tls-client-auth.js';

/** What a client proves itself with, beside secrets, as it is given. */
export interface GivenProof {
  jwks?: PublicJwks | null | undefined;
  jwksUri?: string | null | undefined;
  federatedCredentials?: readonly GivenCredential[] | null | undefined;
  tlsClientAuth?: TlsClientAuthInput | null | undefined;
}

type Field = keyof GivenProof;

/** Of each method what it is given, one of them. */
const FIELDS: Readonly<Record<ClientAuthMethod, readonly Field[]>> = {
  SECRET: [],
  CLIENT_SECRET_JWT: [],
  PRIVATE_KEY_JWT: ['jwks', 'jwksUri'],
  FEDERATED_JWT: ['federatedCredentials'],
  TLS_CLIENT_AUTH: ['tlsClientAuth'],
  SELF_SIGNED_TLS_CLIENT_AUTH: ['jwks', 'jwksUri'],
};

const METHODS = Object.keys(FIELDS) as ClientAuthMethod[];

const NEEDED: Readonly<Record<Field, string>> = {
  jwks: 'A client that proves itself with keys of its own needs them: as jwks, or where they are as jwksUri.',
  jwksUri: 'Give jwks or jwksUri, and not both.',
  tlsClientAuth: 'A client with TLS_CLIENT_AUTH needs the name that its certificates have.',
  federatedCredentials: 'A client with FEDERATED_JWT needs what tokens of a trusted issuer have to say.',
};

/** What a client is given that proves itself in a way, one of them. */
export function fieldsOf(method: ClientAuthMethod): readonly Field[] {
  return FIELDS[method];
}

/** Whether a client proves itself with a secret that is made here. */
export function hasSecrets(method: ClientAuthMethod): boolean {
  return FIELDS[method].length === 0;
}

/**
 * Requires that a client is given what its method proves it with, in one way, and nothing of another method.
 * @throws {BadUserInput}
 */
export function requireFittingProof(method: ClientAuthMethod, given: GivenProof): void {
  requireOfMethod(method, given);
  const [first] = FIELDS[method];
  if (first && givenFields(given).length === 0) throw fault(first, NEEDED[first]);
}

/**
 * Requires that what a client is given in place of what it had is of its method, and one of a kind.
 * @throws {BadUserInput}
 */
export function requireOfMethod(method: ClientAuthMethod, given: GivenProof): void {
  const fields = givenFields(given);
  const foreign = fields.find((field) => !FIELDS[method].includes(field));
  if (foreign) {
    const owners = METHODS.filter((name) => FIELDS[name].includes(foreign));
    throw fault(foreign, `Only a client with ${owners.join(' or ')} has ${foreign}.`);
  }
  const [, second] = fields;
  if (second) throw fault(second, NEEDED[second]);
  const pinFault = method === ClientAuthMethod.SELF_SIGNED_TLS_CLIENT_AUTH && given.jwks ? findPinFault(given.jwks) : undefined;
  if (pinFault) throw fault('jwks', pinFault);
}

/**
 * Requires that keys by which the way before goes on are among those of the new one, where both go by them: there is one set.
 * @throws {BadUserInput}
 */
export function requireSharedKeys(before: Keyed, after: Keyed): void {
  if (![before.authMethod, after.authMethod].every((method) => FIELDS[method].includes('jwks'))) return;
  const kept = new Set((after.jwks?.keys ?? []).map(textOf));
  if (before.jwksUri === after.jwksUri && (before.jwks?.keys ?? []).every((key) => kept.has(textOf(key)))) return;
  throw fault(
    'jwks',
    'Both ways go by the same keys: give those that it has as well, or end the way before at once, with overlapSeconds of 0.',
  );
}

type Keyed = Pick<Client, 'authMethod' | 'jwks' | 'jwksUri'>;

function textOf(key: object): string {
  return JSON.stringify(materialOf(withoutEmpty(key)));
}

function givenFields(given: GivenProof): Field[] {
  return (Object.keys(NEEDED) as Field[]).filter((field) => given[field] != null);
}

function fault(field: Field, message: string): BadUserInput {
  return new BadUserInput([{ path: `input.${field}`, message }]);
}

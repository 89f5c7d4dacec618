import { fieldsOf, type GivenProof } from './auth-method.rules.js';
import type { Client, ClientAuthMethod } from './client.entity.js';
import { usedOf } from './keys/public-jwks.js';
import { toTlsClientAuth } from './tls-client-auth.js';

/** What a client's row keeps of it that proves it, beside its secrets and credentials. */
export type ProofMaterial = Pick<Client, 'jwks' | 'jwksUri' | 'tlsClientAuth'>;

type Ways = Pick<Client, 'authMethod' | 'previousAuthMethod'>;

/** Of a client that has none. */
export const NO_MATERIAL: ProofMaterial = { jwks: null, jwksUri: null, tlsClientAuth: null };

/** What there is once this was given: of keys and where they are one takes the place of the other, and what was not given stays. */
export function withGiven({ jwks, jwksUri, tlsClientAuth }: ProofMaterial, given: GivenProof): ProofMaterial {
  const keys = given.jwks
    ? { jwks: usedOf(given.jwks), jwksUri: null }
    : given.jwksUri
      ? { jwks: null, jwksUri: given.jwksUri }
      : undefined;
  return { jwks, jwksUri, ...keys, tlsClientAuth: given.tlsClientAuth ? toTlsClientAuth(given.tlsClientAuth) : tlsClientAuth };
}

/** The way in which a client proves itself, and the one before where that is kept. */
export function waysOf({ authMethod, previousAuthMethod }: Ways): ClientAuthMethod[] {
  return [authMethod, ...(previousAuthMethod ? [previousAuthMethod] : [])];
}

/** Of this what a client's ways go by, and nothing else: what is kept of one that has ended would count again with the next. */
export function usedBy(client: Ways, { jwks, jwksUri, tlsClientAuth }: ProofMaterial): ProofMaterial {
  const used = waysOf(client).flatMap(fieldsOf);
  const of = <T>(field: keyof ProofMaterial, value: T) => (used.includes(field) ? value : null);
  return { jwks: of('jwks', jwks), jwksUri: of('jwksUri', jwksUri), tlsClientAuth: of('tlsClientAuth', tlsClientAuth) };
}

import { compactVerify, type JWK } from 'jose';
import { ClientAuthMethod } from '../clients/client.entity.js';
import type { RegisteredClient } from '../clients/registered-client.js';
import type { AssertionHeader } from './assertion-claims.js';
import { assertionKey } from './assertion-keys.js';
import type { Proof } from './proof.js';

const NOT_SIGNED: Proof = { refusal: 'no key of the client signed the assertion' };

/** Proves a client by an assertion that a key of its own signed. Where none fits, one that is nobody's is tried, so that the work is the same. */
export async function proveByKeyJwt(
  { enabled, authMethod, jwks }: RegisteredClient,
  assertion: string,
  { alg, kid }: AssertionHeader,
): Promise<Proof> {
  const isAllowed = enabled && authMethod === ClientAuthMethod.PRIVATE_KEY_JWT;
  const signature = Buffer.from(assertion.split('.')[2] ?? '', 'base64url');
  const { jwk, isOwn } = await assertionKey(isAllowed && jwks ? jwks : undefined, { alg: alg as string, kid, signature });
  const isSigned = await compactVerify(assertion, { ...jwk, alg } as JWK, { algorithms: [alg as string] }).then(
    () => true,
    () => false,
  );
  return isSigned && isOwn ? { usedSecret: undefined } : NOT_SIGNED;
}

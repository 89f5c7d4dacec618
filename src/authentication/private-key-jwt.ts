import { compactVerify, type JWK } from 'jose';
import { ClientAuthMethod } from '../clients/client.entity.js';
import type { PublicJwks } from '../clients/keys/public-jwks.js';
import { provesBy, type RegisteredClient } from '../clients/registered-client.js';
import type { TenantContext } from '../tenants/caller.js';
import type { Assertion } from './assertion.js';
import { assertionKey } from './assertion-keys.js';
import type { Have, RemoteKeys } from './federation/remote-keys.service.js';
import type { Proof } from './proof.js';

const NOT_SIGNED: Proof = { refusal: 'no key of the client signed the assertion' };

/** Proves a client by an assertion that a key of its own signed. Where none fits, one that is nobody's is tried, so that the work is the same. */
export async function proveByKeyJwt(
  remoteKeys: RemoteKeys,
  { text, header }: Assertion,
  { tenant, registration }: { tenant: TenantContext; registration: RegisteredClient },
): Promise<Proof> {
  const mark = { alg: header.alg as string, kid: header.kid };
  const signature = Buffer.from(text.split('.')[2] ?? '', 'base64url');
  const jwks = await keysOf(
    remoteKeys,
    tenant,
    { registration, method: ClientAuthMethod.PRIVATE_KEY_JWT },
    (keys) => keys.find(mark) !== undefined,
  );
  const { jwk, isOwn } = await assertionKey(jwks, { ...mark, signature });
  const isSigned = await compactVerify(text, { ...jwk, alg: mark.alg } as JWK, { algorithms: [mark.alg] }).then(
    () => true,
    () => false,
  );
  return isSigned && isOwn ? {} : NOT_SIGNED;
}

/**
 * The keys of a client that may prove itself with them in a way: those that were given, or those that are where it says; undefined for all others.
 * @param have whether fetched ones have the key that is looked for
 */
export async function keysOf(
  remoteKeys: RemoteKeys,
  tenant: TenantContext,
  { registration, method }: { registration: RegisteredClient; method: ClientAuthMethod },
  have: Have,
): Promise<PublicJwks | undefined> {
  const { enabled, jwks, jwksUri } = registration;
  if (!enabled || !provesBy(registration, method)) return undefined;
  return jwksUri === null ? (jwks ?? undefined) : (await remoteKeys.find(tenant, { kind: 'jwks', url: jwksUri }, have)).jwks;
}

import type { RegisteredClient } from '../clients/registered-client.js';
import type { Cipher } from '../platform/cipher.js';
import type { TenantContext } from '../tenants/caller.js';
import type { Assertion } from './assertion.js';
import { findAssertionFault } from './assertion-claims.js';
import { proveBySecretJwt } from './client-secret-jwt.js';
import type { RemoteKeys } from './federation/remote-keys.service.js';
import { proveByKeyJwt } from './private-key-jwt.js';
import type { Proof } from './proof.js';
import type { UsedProofService } from './used-proof.service.js';

/** For so long an assertion is remembered beyond its end: the clocks of instances differ. */
const REMEMBERED_SECONDS = 300;

/** What an assertion has to be about. */
export interface AssertionSubject {
  tenant: TenantContext;
  registration: RegisteredClient;
  /** What it may call us: the issuer, its token endpoint, the endpoint that it is sent to. */
  audiences: readonly string[];
}

/** What an assertion is proved with. */
export interface AssertionParts {
  cipher: Cipher;
  proofs: UsedProofService;
  remoteKeys: RemoteKeys;
}

/**
 * Proves a client by an assertion that it signed, with its secret or with a key of its own. What the assertion says is looked at first,
 * whoever it is about: its sender learns nothing from that. Then the work hangs on what was sent alone, whether there is such a client.
 * Each counts once.
 * @throws {TooOften} where the client has used very many
 * @throws {KeysUnavailable} where its keys are elsewhere, and cannot be had
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export async function proveByAssertion(
  { cipher, proofs, remoteKeys }: AssertionParts,
  assertion: Assertion,
  { tenant, registration, audiences }: AssertionSubject,
): Promise<Proof> {
  const { clientId } = registration;
  const { header, claims } = assertion;
  const fault = findAssertionFault(assertion, { clientId, audiences });
  if (fault) return fault;
  const isBySecret = header.alg === 'HS256';
  const prove = isBySecret
    ? proveBySecretJwt(cipher, registration, assertion.text)
    : proveByKeyJwt(remoteKeys, assertion, { tenant, registration });
  const proof = await prove;
  if (proof.refusal !== undefined) return proof;
  const expiresAt = new Date((Number(claims.exp) + REMEMBERED_SECONDS) * 1000);
  const isFirst = await proofs.useOfClient(tenant, { clientId, maker: clientId, jti: claims.jti as string, expiresAt });
  return isFirst ? proof : { refusal: 'the assertion was used before' };
}

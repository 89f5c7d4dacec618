import { fits } from '../../clients/federation/federated-credential.rules.js';
import { ISSUER_ALGORITHMS } from '../../clients/federation/trusted-issuer.rules.js';
import { isRegistered, type RegisteredClient } from '../../clients/registered-client.js';
import { CLOCK_TOLERANCE_SECONDS } from '../../platform/clock-tolerance.js';
import { ActorType, type TenantContext } from '../../tenants/caller.js';
import type { Assertion } from '../assertion.js';
import { findMomentFault, isAssertionType } from '../assertion-claims.js';
import { isSignedBy } from '../assertion-signature.js';
import type { Proof } from '../proof.js';
import type { UsedProofService } from '../used-proof.service.js';
import { isFederated, type RegisteredCredential, type Trust } from './federated-lookup.service.js';
import type { IssuerKeys } from './issuer-keys.js';

/** For so long the name of a token is remembered beyond its end: the clocks of instances differ. */
const REMEMBERED_SECONDS = 300;
const LONGEST_JTI = 1_000;

/** What a token of somebody else is held against. */
export interface FederatedSubject {
  tenant: TenantContext;
  registration: RegisteredClient;
  /** Absent when the tenant trusts no such issuer. */
  trust: Trust | undefined;
  /** Those of the client that name the issuer. */
  credentials: readonly RegisteredCredential[];
}

/** What it is proved with. */
export interface FederatedParts {
  issuerKeys: IssuerKeys;
  proofs: UsedProofService;
}

/**
 * Proves a client by a token of an issuer that the tenant trusts. What can be known without the issuer is looked at first: only for a token that
 * one of the client's credentials is about its keys are fetched. A refusal before that takes
 * the work of a wrong signature as far as the keys are at hand.
 * @throws {KeysUnavailable} where a credential fits, and the issuer's keys cannot be had
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export async function proveByFederatedJwt(parts: FederatedParts, assertion: Assertion, subject: FederatedSubject): Promise<Proof> {
  const { header } = assertion;
  const alg = header.alg as string;
  const wanted = { alg, kid: header.kid };
  if (!(ISSUER_ALGORITHMS as readonly unknown[]).includes(alg)) return { refusal: 'alg is none in which tokens of issuers are signed' };
  const fault = findTrustFault(alg, subject);
  const fitting = fault === undefined ? subject.credentials.filter((credential) => fits(credential, assertion.claims)) : [];
  if (fault !== undefined || fitting.length === 0) {
    const key = subject.trust && parts.issuerKeys.peek(subject.tenant, subject.trust, wanted);
    if (key) await isSignedBy(key, alg, assertion.text);
    return { refusal: fault ?? 'no credential of the client has this subject and these claims' };
  }
  const trust = subject.trust as Trust;
  const key = await parts.issuerKeys.find(subject.tenant, trust, wanted);
  if (!key) return { refusal: 'the issuer has no such key' };
  if (!(await isSignedBy(key, alg, assertion.text))) return { refusal: 'the signature is wrong' };
  return useSigned(parts.proofs, assertion, { tenant: subject.tenant, trust, fitting });
}

/** Why no token of the issuer counts for the client, whatever it says. */
function findTrustFault(alg: string, { trust, registration }: FederatedSubject): string | undefined {
  if (!trust) return 'the issuer is none that the tenant trusts';
  if (!trust.enabled) return 'the issuer is disabled';
  if (!trust.algorithms.includes(alg)) return 'alg is none of those of the issuer';
  if (!isRegistered(registration)) return 'the token names no client, or several';
  if (isFederated(registration)) return undefined;
  return registration.enabled ? `the client proves itself by ${registration.authMethod}` : 'the client is disabled';
}

interface Signed {
  tenant: TenantContext;
  trust: Trust;
  fitting: readonly RegisteredCredential[];
}

/** What the issuer itself has said, and is held to. */
async function useSigned(proofs: UsedProofService, { header, claims }: Assertion, { tenant, trust, fitting }: Signed): Promise<Proof> {
  const { aud } = claims;
  if (Array.isArray(aud) && aud.length !== 1) return { refusal: 'aud names several audiences, or none' };
  const audience = Array.isArray(aud) ? aud[0] : aud;
  const credential = fitting.find((one) => (one.audience ?? tenant.issuer) === audience);
  if (!credential) return { refusal: 'aud is that of no credential which fits' };
  const fault = findMomentFault(claims, trust.maxAssertionLifetimeSeconds) ?? findLifeFault(claims, trust);
  if (fault !== undefined) return { refusal: fault };
  if (!isAssertionType(header.typ)) return { refusal: 'typ is that of another kind of token' };
  if ('crit' in header) return { refusal: 'crit asks for an extension' };
  if (trust.singleUse && !(await useOnce(proofs, tenant, { claims, trust })))
    return { refusal: 'the token was used before, or has no jti' };
  return { federation: { credentialId: credential.id, issuerEpoch: trust.epoch } };
}

/** It lives from when it was made, however much of that is over. */
function findLifeFault({ iat, exp }: Assertion['claims'], { maxAssertionLifetimeSeconds }: Trust): string | undefined {
  return iat !== undefined && Number(exp) - Number(iat) > maxAssertionLifetimeSeconds + CLOCK_TOLERANCE_SECONDS
    ? 'the assertion lives for too long'
    : undefined;
}

async function useOnce(
  proofs: UsedProofService,
  tenant: TenantContext,
  { claims: { jti, exp, sub }, trust }: { claims: Assertion['claims']; trust: Trust },
): Promise<boolean> {
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) return false;
  const expiresAt = new Date((Number(exp) + REMEMBERED_SECONDS) * 1000);
  // No client id has a blank in it.
  const by = { type: ActorType.CLIENT, id: String(sub) };
  return proofs.use(tenant, { maker: `issuer ${trust.issuer}`, by, jti, expiresAt });
}

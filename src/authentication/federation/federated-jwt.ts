import { ClientAuthMethod } from '../../clients/client.entity.js';
import { findMismatch, fits } from '../../clients/federation/federated-credential.rules.js';
import { ISSUER_ALGORITHMS } from '../../clients/federation/trusted-issuer.rules.js';
import { isRegistered, provesBy, type RegisteredClient } from '../../clients/registered-client.js';
import type { TenantContext } from '../../tenants/caller.js';
import type { Assertion } from '../assertion.js';
import { findAudienceFault, findMomentFault, findTypeFault } from '../assertion-claims.js';
import { type CheckingKey, isSignedBy } from '../assertion-signature.js';
import { type Proof, type Refusal, received } from '../proof.js';
import type { UsedProofService } from '../used-proof.service.js';
import type { RegisteredCredential, Trust } from './federated-lookup.service.js';
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

/** What is known of a token while one check follows another. */
interface Checked extends FederatedSubject {
  parts: FederatedParts;
  assertion: Assertion;
  alg: string;
  /** Those that subject and claims fit. */
  fitting: readonly RegisteredCredential[];
  key?: CheckingKey | undefined;
}

/** One of the checks: why it refuses a token, or nothing. */
interface Check {
  name: FederatedCheck;
  look(checked: Checked): Refusal | undefined | Promise<Refusal | undefined>;
}

/** The checks of a token, by their names. */
export enum FederatedCheck {
  ALGORITHM = 'ALGORITHM',
  ISSUER = 'ISSUER',
  CLIENT = 'CLIENT',
  CREDENTIAL = 'CREDENTIAL',
  KEY = 'KEY',
  SIGNATURE = 'SIGNATURE',
  AUDIENCE = 'AUDIENCE',
  LIFETIME = 'LIFETIME',
  TYPE = 'TYPE',
  REPLAY = 'REPLAY',
}

/** Those that come before anybody is asked for keys. */
const BEFORE_KEYS: readonly Check[] = [
  { name: FederatedCheck.ALGORITHM, look: ({ alg }) => findAlgorithmFault(alg, ISSUER_ALGORITHMS) },
  { name: FederatedCheck.ISSUER, look: findIssuerFault },
  { name: FederatedCheck.CLIENT, look: findClientFault },
  { name: FederatedCheck.CREDENTIAL, look: findCredential },
];

/** What the issuer itself has said, and is held to. */
const WITH_KEYS: readonly Check[] = [
  { name: FederatedCheck.KEY, look: findKey },
  { name: FederatedCheck.SIGNATURE, look: checkSignature },
  { name: FederatedCheck.AUDIENCE, look: findAudience },
  { name: FederatedCheck.LIFETIME, look: ({ assertion, trust }) => findMomentFault(assertion.claims, trust?.maxAssertionLifetimeSeconds) },
  { name: FederatedCheck.TYPE, look: ({ assertion }) => findTypeFault(assertion.header) },
];

/** That it is used up, or that it was. */
const USE: Check = { name: FederatedCheck.REPLAY, look: useOnce };
const USED: Check = { name: FederatedCheck.REPLAY, look: findUse };

/**
 * Proves a client by a token of an issuer that the tenant trusts. What can be known without the issuer is looked at first: only for a token that
 * one of the client's credentials is about its keys are fetched. A refusal before that takes the work of a wrong signature as far as the keys
 * are at hand.
 * @throws {KeysUnavailable} where a credential fits, and the issuer's keys cannot be had
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export async function proveByFederatedJwt(parts: FederatedParts, assertion: Assertion, subject: FederatedSubject): Promise<Proof> {
  const checked: Checked = { ...subject, parts, assertion, alg: String(assertion.header.alg), fitting: [] };
  for (const { look } of BEFORE_KEYS) {
    const refusal = look(checked) as Refusal | undefined;
    if (refusal) return spendOnSignature(checked, refusal);
  }
  for (const { look } of [...WITH_KEYS, USE]) {
    const found = look(checked);
    const refusal = found instanceof Promise ? await found : found;
    if (refusal) return refusal;
  }
  return { federation: { credentialId: (checked.fitting[0] as RegisteredCredential).id, issuerEpoch: (checked.trust as Trust).epoch } };
}

/** How a token fares in each check, up to the first that refuses it. Nothing is used up by it. */
export async function lookThrough(
  parts: FederatedParts,
  assertion: Assertion,
  subject: FederatedSubject,
): Promise<{ name: FederatedCheck; refusal: Refusal | undefined }[]> {
  const checked: Checked = { ...subject, parts, assertion, alg: String(assertion.header.alg), fitting: [] };
  const outcomes: { name: FederatedCheck; refusal: Refusal | undefined }[] = [];
  for (const { name, look } of [...BEFORE_KEYS, ...WITH_KEYS, ...(subject.trust?.singleUse ? [USED] : [])]) {
    const refusal = await look(checked);
    outcomes.push({ name, refusal });
    if (refusal) break;
  }
  return outcomes;
}

/** What is refused without a look at its signature takes as long as with one. */
async function spendOnSignature({ parts, tenant, trust, alg, assertion }: Checked, refusal: Refusal): Promise<Refusal> {
  const key = trust && parts.issuerKeys.peek(tenant, trust, { alg, kid: assertion.header.kid });
  if (key) await isSignedBy(key, alg, assertion.text);
  return refusal;
}

function findAlgorithmFault(alg: string, algorithms: readonly string[]): Refusal | undefined {
  if (algorithms.includes(alg)) return undefined;
  return { refusal: 'alg is none in which the issuer signs', about: 'alg', expected: algorithms.join(', '), received: received(alg) };
}

function findIssuerFault({ trust, alg, assertion }: Checked): Refusal | undefined {
  const told = { about: 'iss', received: received(assertion.claims.iss) };
  if (!trust) return { refusal: 'the issuer is none that the tenant trusts', ...told };
  return trust.enabled ? findAlgorithmFault(alg, trust.algorithms) : { refusal: 'the issuer is disabled', ...told };
}

function findClientFault({ registration }: Checked): Refusal | undefined {
  if (!isRegistered(registration)) return { refusal: 'the token names no client, or several: send client_id' };
  if (!registration.enabled) return { refusal: 'the client is disabled' };
  return provesBy(registration, ClientAuthMethod.FEDERATED_JWT)
    ? undefined
    : { refusal: `the client proves itself by ${registration.authMethod}` };
}

function findCredential(checked: Checked): Refusal | undefined {
  const { credentials, assertion } = checked;
  checked.fitting = credentials.filter((credential) => fits(credential, assertion.claims));
  if (checked.fitting.length > 0) return undefined;
  const [first] = credentials;
  if (!first) return { refusal: 'the client has no credential of this issuer', about: 'iss', received: received(assertion.claims.iss) };
  const { about, expected } = findMismatch(credentials, assertion.claims);
  return {
    refusal: 'no credential of the client has this subject and these claims',
    ...{ about, ...comparable(expected, assertion.claims[about]) },
  };
}

/** What was expected and what came: as JSON where these would look alike and are a text and a number. */
function comparable(expected: unknown, came: unknown): Pick<Refusal, 'expected' | 'received'> {
  const told = { expected: received(expected), received: received(came) };
  return told.expected === told.received
    ? { expected: received(JSON.stringify(expected)), received: received(JSON.stringify(came)) }
    : told;
}

async function findKey(checked: Checked): Promise<Refusal | undefined> {
  const { kid } = checked.assertion.header;
  checked.key = await checked.parts.issuerKeys.find(checked.tenant, checked.trust as Trust, { alg: checked.alg, kid });
  return checked.key ? undefined : { refusal: 'the issuer has no such key', about: 'kid', received: received(kid) };
}

async function checkSignature({ key, alg, assertion }: Checked): Promise<Refusal | undefined> {
  return (await isSignedBy(key as CheckingKey, alg, assertion.text)) ? undefined : { refusal: 'the signature is wrong' };
}

/** Of several that fit the first counts whose audience it is. */
function findAudience(checked: Checked): Refusal | undefined {
  const { fitting, tenant, assertion } = checked;
  const audienceOf = ({ audience }: RegisteredCredential) => audience ?? tenant.issuer;
  const fault = findAudienceFault(assertion.claims.aud, fitting.map(audienceOf), 'aud is that of no credential which fits');
  const [aud] = [assertion.claims.aud].flat();
  checked.fitting = fitting.filter((credential) => audienceOf(credential) === aud);
  return fault;
}

async function useOnce(checked: Checked): Promise<Refusal | undefined> {
  const { parts, tenant, trust, assertion, registration } = checked;
  if (!trust?.singleUse) return undefined;
  const expiresAt = new Date((Number(assertion.claims.exp) + REMEMBERED_SECONDS) * 1000);
  const { clientId } = registration;
  return findReplay(checked, async (name) => !(await parts.proofs.useOfClient(tenant, { ...name, clientId, expiresAt })));
}

function findUse(checked: Checked): Promise<Refusal | undefined> {
  const { parts, tenant } = checked;
  return findReplay(checked, (name) => parts.proofs.isUsed(tenant, name));
}

/** Under which a token of an issuer is remembered. */
type Name = { maker: string; jti: string };

async function findReplay({ trust, assertion }: Checked, isUsed: (name: Name) => Promise<boolean>): Promise<Refusal | undefined> {
  const { jti } = assertion.claims;
  const told = { about: 'jti', received: received(jti) };
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) return { refusal: 'jti is no text', ...told };
  // No client id has a blank in it.
  const maker = `issuer ${trust?.issuer}`;
  return (await isUsed({ maker, jti })) ? { refusal: 'the token was used before', ...told } : undefined;
}

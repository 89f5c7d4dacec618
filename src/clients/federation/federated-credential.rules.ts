import { isDeepStrictEqual } from 'node:util';
import { holdsSecret, SECRET_FAULT } from '../../platform/graphql/input-rules.js';
import { hasHidden } from '../../platform/hidden-characters.js';
import { pinsOf } from './shared-issuers.js';
import { findPatternFault, fitsPattern } from './subject-pattern.js';

/** What a credential says of the tokens that it is about. */
export interface TokenTerms {
  issuer: string;
  subject: string | null;
  subjectPattern: string | null;
  claims: Record<string, unknown>;
}

/** As it is given: nothing but the issuer has to be there. */
export interface GivenCredential {
  issuer: string;
  subject?: string | null;
  subjectPattern?: string | null;
  claims?: Record<string, unknown> | null;
  audience?: string | null;
}

/** Of one client. */
export const MOST_CREDENTIALS = 20;
const LONGEST_AUDIENCE = 200;
/** In characters: of a subject, and of an issuer. */
export const LONGEST_SUBJECT = 500;
const LONGEST_CLAIMS = 4_000;
const MOST_CLAIMS = 20;
const DEEPEST_CLAIM = 3;
/** They are looked at by themselves. */
const REGISTERED_CLAIMS = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];
/** The trust domain, and the slash behind it. @see https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md */
const SPIFFE_TRUST_DOMAIN = /^spiffe:\/\/[a-z0-9._-]{1,255}(?=\/)/;
const SPIFFE_SCHEME = /^spiffe:/i;
/** Every pod has it unless it is given another. */
const DEFAULT_SERVICE_ACCOUNT = /^system:serviceaccount:[^:]*:default$/;

/**
 * Says what is wrong with the credentials that a client is to have.
 * @returns a sentence that says what to change, undefined when all is well
 */
export function findCredentialsFault(given: unknown): string | undefined {
  if (!Array.isArray(given) || given.length < 1 || given.length > MOST_CREDENTIALS) return `Give 1 to ${MOST_CREDENTIALS} credentials.`;
  const credentials = given as GivenCredential[];
  for (const [index, credential] of credentials.entries()) {
    const fault = findFault(credential);
    if (fault) return `Number ${index + 1} ${fault}`;
    const twin = credentials.findIndex((other) => isDeepStrictEqual(comparable(other), comparable(credential)));
    if (twin < index) return `Number ${index + 1} is the same as number ${twin + 1}: give each once.`;
  }
  return undefined;
}

function comparable({ issuer, subject, subjectPattern, claims, audience }: GivenCredential): unknown[] {
  return [issuer, subject ?? null, subjectPattern ?? null, { ...claims }, audience ?? null];
}

function findFault(credential: GivenCredential): string | undefined {
  const { issuer, subject, subjectPattern, claims, audience } = credential;
  if (!isText(issuer, LONGEST_SUBJECT)) return 'has an issuer that is none: give that of a trusted issuer.';
  if ((subject == null) === (subjectPattern == null)) return 'needs a subject or a subjectPattern, and not both.';
  if (!isText(subject ?? subjectPattern, LONGEST_SUBJECT))
    return `has a subject that is none: give 1 to ${LONGEST_SUBJECT} characters, none of them hidden, with no blank at either end.`;
  if (audience != null && !new RegExp(`^[\\x21-\\x7E]{1,${LONGEST_AUDIENCE}}$`).test(audience))
    return `has an audience that is none: give 1 to ${LONGEST_AUDIENCE} printable characters of ASCII without blanks.`;
  if (holdsSecret(credential)) return `is refused. ${SECRET_FAULT}`;
  return findClaimsFault(claims ?? {}) ?? findSpiffeFault(credential) ?? (subjectPattern == null ? undefined : findPinFault(credential));
}

function isText(value: unknown, longest: number): boolean {
  return (
    typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= longest &&
    value.isWellFormed() &&
    value.trim() === value &&
    !hasHidden(value)
  );
}

function findClaimsFault(claims: Record<string, unknown>): string | undefined {
  const names = Object.keys(claims);
  const registered = names.find((name) => REGISTERED_CLAIMS.includes(name));
  if (registered) return `has the claim ${registered}, which is looked at by itself.`;
  if (names.length > MOST_CLAIMS || JSON.stringify(claims).length > LONGEST_CLAIMS)
    return `has too many claims: give up to ${MOST_CLAIMS} in ${LONGEST_CLAIMS} characters.`;
  return Object.values(claims).every((value) => isClaimValue(value, DEEPEST_CLAIM))
    ? undefined
    : 'has a claim that is none: give texts, numbers, true or false, or objects of these, in which what you name has to hold.';
}

function isClaimValue(value: unknown, deepest: number): boolean {
  if (['string', 'number', 'boolean'].includes(typeof value)) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || deepest === 0) return false;
  const inner = Object.values(value);
  return inner.length > 0 && inner.every((one) => isClaimValue(one, deepest - 1));
}

/** Whoever has a trust domain has all that begins with it and a slash: `spiffe://a.example` would fit `spiffe://a.example.org` too. */
function findSpiffeFault({ issuer, subject, subjectPattern }: GivenCredential): string | undefined {
  const text = subject ?? subjectPattern ?? '';
  const ofIssuer = SPIFFE_SCHEME.test(issuer);
  if (!ofIssuer && !SPIFFE_SCHEME.test(text)) return undefined;
  const domain = SPIFFE_TRUST_DOMAIN.exec(text)?.[0];
  if (domain === undefined)
    return 'has a SPIFFE ID that names no whole trust domain: give spiffe://trust-domain/path, the domain without a wildcard.';
  return ofIssuer && domain !== issuer ? 'has a SPIFFE ID of another trust domain than that of its issuer.' : undefined;
}

function findPinFault({ issuer, subjectPattern, claims }: GivenCredential): string | undefined {
  const fault = findPatternFault(subjectPattern as string);
  if (fault) return `has a subjectPattern that ${fault}`;
  const pins = pinsOf(issuer);
  if (!pins || pins.some((name) => claims?.[name] !== undefined)) return undefined;
  if (pins.length === 0) return 'has a subjectPattern, and everybody has tokens of this issuer: give the subject itself.';
  return `has a subjectPattern, and everybody has tokens of this issuer, where names are given again: add a claim that is not, ${pins.join(' or ')}.`;
}

/** What to think of before a credential is used, in sentences. */
export function warningsOf({ subject, subjectPattern }: Pick<TokenTerms, 'subject' | 'subjectPattern'>): string[] {
  return DEFAULT_SERVICE_ACCOUNT.test(subject ?? subjectPattern ?? '')
    ? ['Every pod of the namespace has the service account "default" unless it is given another: give the workload one of its own.']
    : [];
}

/**
 * Whether a token is one that a credential is about, as far as subject and claims tell.
 * @param claims of the token, whoever made it
 */
export function fits({ subject, subjectPattern, claims: wanted }: Omit<TokenTerms, 'issuer'>, claims: Record<string, unknown>): boolean {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub.length > LONGEST_SUBJECT) return false;
  const isSubject = subjectPattern === null ? sub === subject : fitsPattern(subjectPattern, sub);
  return isSubject && holds(claims, wanted);
}

/**
 * What of a token is not as the credential has it that comes nearest: a claim where the subject is right, and otherwise the subject.
 * @param credentials of which none fits
 */
export function findMismatch(
  credentials: readonly Omit<TokenTerms, 'issuer'>[],
  claims: Record<string, unknown>,
): { about: string; expected: unknown } {
  const near = credentials.find((credential) => fits({ ...credential, claims: {} }, claims));
  const name = near && Object.keys(near.claims).find((claim) => !holds(claims[claim], near.claims[claim]));
  if (near && name !== undefined) return { about: name, expected: near.claims[name] };
  return { about: 'sub', expected: credentials.map(({ subject, subjectPattern }) => subject ?? subjectPattern).join(', ') };
}

/** Whether a value is the one that is wanted, or has all that is. */
function holds(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return value === wanted;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(wanted).every(([name, one]) => Object.hasOwn(value, name) && holds((value as Record<string, unknown>)[name], one));
}

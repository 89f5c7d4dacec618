import type { FederatedCredentialInput } from '../../api/generated';
import { findBlank, type SubjectPreset } from '../issuers/platforms';

/** A claim that a token has to have, as a form has it. */
export interface ClaimDraft {
  name: string;
  value: string;
  /** Whether the value is JSON: a number, true or false, or an object. Otherwise it is a text as it stands. */
  isJson: boolean;
}

/** What a token has to say, as a form has it. */
export interface CredentialDraft {
  /** Tells it from the others of the form. */
  key: number;
  issuer: string;
  subject: string;
  /** Whether the subject is a pattern. */
  isPattern: boolean;
  claims: ClaimDraft[];
  /** Empty for the tenant's issuer. */
  audience: string;
}

/** As many as a client may have. */
export const MOST_CREDENTIALS = 20;

let made = 0;

/** One that nothing is said of yet. */
export function emptyCredential(issuer = ''): CredentialDraft {
  made += 1;
  return { key: made, issuer, subject: '', isPattern: false, claims: [], audience: '' };
}

/** A credential with the subject of a preset, and rows for the claims that this needs. */
export function withSubject(credential: CredentialDraft, { subject, isPattern = false, claims = [] }: SubjectPreset): CredentialDraft {
  const missing = claims.filter((name) => !credential.claims.some((claim) => claim.name === name));
  const kept = credential.claims.filter(({ name, value }) => name !== '' || value !== '');
  const added = missing.map((name) => ({ name, value: '', isJson: false }));
  const domain = /^spiffe:\/\/[^/]+/.exec(credential.issuer)?.[0];
  const own = domain ? subject.replace('spiffe://example.org', domain) : subject;
  return { ...credential, subject: own, isPattern, claims: [...kept, ...added] };
}

/** A credential of the API. */
interface KnownCredential {
  issuer: string;
  subject?: string | null;
  subjectPattern?: string | null;
  claims: Record<string, unknown>;
  audience: string;
}

/** A credential as the form has it. @param usual the audience where no other was given */
export function toCredentialDraft(known: KnownCredential, usual: string): CredentialDraft {
  const { issuer, subject, subjectPattern, claims, audience } = known;
  return {
    ...emptyCredential(issuer),
    subject: subject ?? subjectPattern ?? '',
    isPattern: subject == null,
    claims: Object.entries(claims).map(([name, value]) => toClaim(name, value)),
    audience: audience === usual ? '' : audience,
  };
}

function toClaim(name: string, value: unknown): ClaimDraft {
  return typeof value === 'string' ? { name, value, isJson: false } : { name, value: JSON.stringify(value), isJson: true };
}

/** A credential in the form of the API. Rows of claims that are empty are none. */
export function toCredentialInput({ issuer, subject, isPattern, claims, audience }: CredentialDraft): FederatedCredentialInput {
  const given = claims.filter((claim) => !isEmpty(claim)).map(({ name, value, isJson }) => [name.trim(), isJson ? parse(value) : value]);
  return {
    issuer,
    ...(isPattern ? { subjectPattern: subject.trim() } : { subject: subject.trim() }),
    claims: Object.fromEntries(given),
    ...(audience.trim() !== '' && { audience: audience.trim() }),
  };
}

/** Credentials in words, by which those that were changed are told from those that were not. */
export function credentialsInWords(credentials: readonly CredentialDraft[]): string {
  const words = credentials.map((draft) => {
    const { issuer, subject, subjectPattern, claims = {}, audience } = toCredentialInput(draft);
    const parts = [`${issuer} ${subject ?? subjectPattern ?? ''}`, ...Object.entries(claims ?? {}).map(claimInWords)];
    return [...parts, ...(audience ? [`for ${audience}`] : [])].join(', ');
  });
  return words.join('; ') || 'none';
}

function claimInWords([name, value]: [string, unknown]): string {
  return `${name}=${JSON.stringify(value)}`;
}

/** What is wrong with credentials before the server is asked, beginning with which of them; null when nothing is. */
export function findCredentialsFault(credentials: readonly CredentialDraft[]): string | null {
  for (const [index, credential] of credentials.entries()) {
    const fault = findFault(credential);
    if (fault) return `Identity ${index + 1}: ${fault}`;
  }
  return credentials.length === 0 ? 'Add one at least.' : null;
}

function findFault({ issuer, subject, claims }: CredentialDraft): string | null {
  if (issuer === '') return 'Choose a trusted issuer.';
  if (subject.trim() === '') return 'Give the subject.';
  const given = claims.filter((claim) => !isEmpty(claim));
  if (given.some(({ name }) => name.trim() === '')) return 'Give each claim a name.';
  const blank = given.find(({ value }) => value === '');
  if (blank) return `Give the claim ${blank.name.trim()} a value.`;
  const names = given.map(({ name }) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice) return `Give the claim ${twice} once.`;
  const broken = given.find(({ value, isJson }) => isJson && parse(value) === undefined);
  return broken ? `The value of ${broken.name.trim()} is no JSON.` : findBlank(subject);
}

function isEmpty({ name, value }: ClaimDraft): boolean {
  return name.trim() === '' && value === '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import type { CreateTrustedIssuerInput, IssuerRowFragment, UpdateTrustedIssuerInput } from '../../api/generated';
import type { Settings } from '../../ui/draft';
import { lifetimeInWords } from '../../words/duration';
import { findKeysFault, type KeysDraft, keysInWords, toKeysDraft, toKeysInput } from '../keys-draft';
import { findBlank, type Platform } from './platforms';

/** What can be changed of a trusted issuer, as the form has it. */
export interface IssuerDraft {
  name: string;
  enabled: boolean;
  keys: KeysDraft;
  algorithms: string[];
  maxAssertionLifetime: number | string;
  singleUse: boolean;
}

/** One that is new has an issuer as well. */
export interface NewIssuer extends IssuerDraft {
  issuer: string;
}

/** In which the tokens of an issuer may be signed. */
export const ALGORITHMS = ['RS256', 'ES256', 'RS384', 'RS512', 'PS256', 'ES384', 'EdDSA'];

const USUAL = ['RS256', 'ES256'];
const USUAL_SECONDS = 3600;
const LEAST_SECONDS = 60;
const MOST_SECONDS = 86_400;

const yesOrNo = (is: boolean) => (is ? 'yes' : 'no');

/** What is told of each when two people changed the same issuer. */
export const SETTINGS: Settings<IssuerDraft> = {
  name: ['Name', (name) => name.trim()],
  enabled: ['Enabled', yesOrNo],
  keys: ['Keys', keysInWords],
  algorithms: ['Algorithms', (algorithms) => algorithms.toSorted().join(', ')],
  maxAssertionLifetime: ['Longest token life', (seconds) => lifetimeInWords(Number(seconds) || 0)],
  singleUse: ['Single use', yesOrNo],
};

/** What is wrong with what was typed; of each field a sentence, or null. */
export const FAULTS = {
  name: (name: string) => (name.trim() === '' ? 'Give the issuer a name.' : null),
  keys: findKeysFault,
  algorithms: (algorithms: string[]) => (algorithms.length === 0 ? 'Choose one at least.' : null),
  maxAssertionLifetime: findLifeFault,
};

/** What is wrong with an issuer that is new; null when nothing is. */
export function findIssuerFault(issuer: string): string | null {
  if (issuer.trim() === '') return 'Give what its tokens have as iss.';
  return findBlank(issuer);
}

/** An empty form. */
export function emptyIssuer(): NewIssuer {
  const keys: KeysDraft = { from: 'issuer', address: '', set: '' };
  return { name: '', issuer: '', enabled: true, keys, algorithms: [...USUAL], maxAssertionLifetime: USUAL_SECONDS, singleUse: false };
}

/** A form that is filled in for a platform. */
export function ofPlatform({ name, issuer, keys: from, address = '', algorithms, longestLife }: Platform): NewIssuer {
  const keys: KeysDraft = { from, address, set: '' };
  return { ...emptyIssuer(), name, issuer, keys, algorithms: [...algorithms], maxAssertionLifetime: longestLife ?? USUAL_SECONDS };
}

/** An issuer as the form has it. */
export function toIssuerDraft(row: IssuerRowFragment): IssuerDraft {
  const { name, enabled, algorithms, maxAssertionLifetime, singleUse } = row;
  return { name, enabled, keys: toKeysDraft(row, 'issuer'), algorithms: [...algorithms], maxAssertionLifetime, singleUse };
}

/** A new one in the form of the API. */
export function toCreateInput({ name, issuer, keys, algorithms, maxAssertionLifetime, singleUse }: NewIssuer): CreateTrustedIssuerInput {
  return { name, issuer: issuer.trim(), ...toKeysInput(keys), algorithms, maxAssertionLifetime: Number(maxAssertionLifetime), singleUse };
}

/** Changes in the form of the API. */
export function toUpdateInput({ keys, maxAssertionLifetime, ...rest }: Partial<IssuerDraft>): UpdateTrustedIssuerInput {
  return {
    ...rest,
    ...(keys && toKeysInput(keys)),
    ...(maxAssertionLifetime !== undefined && { maxAssertionLifetime: Number(maxAssertionLifetime) }),
  };
}

function findLifeFault(value: number | string): string | null {
  const seconds = Number(value);
  const isSound = value !== '' && Number.isInteger(seconds) && seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS;
  return isSound ? null : `Give a whole number of seconds from ${LEAST_SECONDS} to ${MOST_SECONDS.toLocaleString('en')}.`;
}

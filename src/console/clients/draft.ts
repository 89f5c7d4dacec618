import type { ClientSettingsFragment, UpdateClientInput } from '../api/generated';
import { lifetimeInWords } from '../words/duration';
import { parseJwks } from './jwks-text';

/** What can be changed of a client, as the form has it. */
export interface Draft {
  accessTokenLifetime: number | string;
  scopes: string[];
  audiences: string[];
  enabled: boolean;
  jwks: string;
}

const LABELS: Record<keyof Draft, string> = {
  accessTokenLifetime: 'Access token lifetime',
  scopes: 'Scopes',
  audiences: 'Audiences',
  enabled: 'Enabled',
  jwks: 'Public keys (JWKS)',
};

/** A client as the form has it. */
export function toDraft({ accessTokenLifetime, scopes, audiences, enabled, jwks }: ClientSettingsFragment): Draft {
  return { accessTokenLifetime, scopes: [...scopes], audiences: [...audiences], enabled, jwks: jwks ? JSON.stringify(jwks, null, 2) : '' };
}

/** What of a draft differs from the client that it is based on. */
export function changesOf(base: ClientSettingsFragment, draft: Draft): Partial<Draft> {
  const before = toDraft(base);
  const changed = namesIn(draft).filter((name) => inWordsOf(name, draft) !== inWordsOf(name, before));
  return Object.fromEntries(changed.map((name) => [name, draft[name]]));
}

/** Changes in the form of the API. */
export function toInput({ jwks, accessTokenLifetime, ...rest }: Partial<Draft>): UpdateClientInput {
  return {
    ...rest,
    ...(accessTokenLifetime !== undefined && { accessTokenLifetime: Number(accessTokenLifetime) }),
    ...(jwks !== undefined && { jwks: parseJwks(jwks).jwks }),
  };
}

/** One setting as two people want it. */
export interface Difference {
  label: string;
  yours: string;
  theirs: string;
  /** Whether both of them changed it. */
  isContested: boolean;
}

/** Where a draft and what somebody else saved in the meantime differ, setting by setting. */
export function differencesOf(base: ClientSettingsFragment, yours: Draft, theirs: ClientSettingsFragment): Difference[] {
  const [before, now] = [toDraft(base), toDraft(theirs)];
  return namesIn(yours)
    .map((name) => ({ name, was: inWordsOf(name, before), mine: inWordsOf(name, yours), other: inWordsOf(name, now) }))
    .filter(({ mine, other }) => mine !== other)
    .map(({ name, was, mine, other }) => ({
      label: LABELS[name],
      yours: mine,
      theirs: other,
      isContested: mine !== was && other !== was,
    }));
}

function namesIn(draft: Draft): (keyof Draft)[] {
  return Object.keys(draft) as (keyof Draft)[];
}

function inWordsOf(name: keyof Draft, draft: Draft): string {
  if (name === 'enabled') return draft.enabled ? 'yes' : 'no';
  if (name === 'jwks') return draft.jwks.trim();
  if (name === 'accessTokenLifetime') return lifetimeInWords(Number(draft.accessTokenLifetime));
  return draft[name].join(', ') || 'none';
}

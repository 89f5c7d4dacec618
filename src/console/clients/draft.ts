import type { ClientSettingsFragment, UpdateClientInput } from '../api/generated';
import type { Settings } from '../ui/draft';
import { lifetimeInWords } from '../words/duration';
import { type KeysDraft, keysInWords, toKeysDraft, toKeysInput } from './keys-draft';
import { type CredentialDraft, credentialsInWords, toCredentialDraft, toCredentialInput } from './proof/credential-draft';

/** What can be changed of a client, as the form has it. */
export interface Draft {
  accessTokenLifetime: number | string;
  scopes: string[];
  audiences: string[];
  enabled: boolean;
  isBound: boolean;
  keys: KeysDraft;
  federatedCredentials: CredentialDraft[];
}

const yesOrNo = (is: boolean) => (is ? 'yes' : 'no');
const listed = (values: string[]) => values.join(', ') || 'none';

/** What is told of each when two people changed the same client. */
export const SETTINGS: Settings<Draft> = {
  accessTokenLifetime: ['Access token lifetime', (seconds) => lifetimeInWords(Number(seconds))],
  scopes: ['Scopes', listed],
  audiences: ['Audiences', listed],
  enabled: ['Enabled', yesOrNo],
  isBound: ['Tokens bound to a key', yesOrNo],
  keys: ['Keys', keysInWords],
  federatedCredentials: ['Platform identity', credentialsInWords],
};

/** A client as the form has it. @param issuer of the tenant */
export function toDraft(client: ClientSettingsFragment, issuer: string): Draft {
  const { accessTokenLifetime, scopes, audiences, enabled, senderConstraint, federatedCredentials } = client;
  return {
    accessTokenLifetime,
    scopes: [...scopes],
    audiences: [...audiences],
    enabled,
    isBound: senderConstraint === 'DPOP',
    keys: toKeysDraft(client, 'set'),
    federatedCredentials: federatedCredentials.map((credential) => toCredentialDraft(credential, issuer)),
  };
}

/** Changes in the form of the API. */
export function toInput({ accessTokenLifetime, isBound, keys, federatedCredentials, ...rest }: Partial<Draft>): UpdateClientInput {
  return {
    ...rest,
    ...(accessTokenLifetime !== undefined && { accessTokenLifetime: Number(accessTokenLifetime) }),
    ...(isBound !== undefined && { senderConstraint: isBound ? 'DPOP' : 'NONE' }),
    ...(keys && toKeysInput(keys)),
    ...(federatedCredentials && { federatedCredentials: federatedCredentials.map(toCredentialInput) }),
  };
}

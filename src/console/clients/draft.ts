import type { ClientSettingsFragment, SenderConstraint, UpdateClientInput } from '../api/generated';
import type { Settings } from '../ui/draft';
import { lifetimeInWords } from '../words/duration';
import { type NameDraft, nameInWords, toNameDraft, toNameInput } from './certificates/name-draft';
import { type KeysDraft, keysInWords, toKeysDraft, toKeysInput } from './keys-draft';
import { type CredentialDraft, credentialsInWords, toCredentialDraft, toCredentialInput } from './proof/credential-draft';
import { constraintInWords } from './sender-constraint';

/** What can be changed of a client, as the form has it. */
export interface Draft {
  accessTokenLifetime: number | string;
  scopes: string[];
  audiences: string[];
  enabled: boolean;
  senderConstraint: SenderConstraint;
  keys: KeysDraft;
  tlsClientAuth: NameDraft;
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
  senderConstraint: ['Tokens', constraintInWords],
  keys: ['Keys', keysInWords],
  tlsClientAuth: ['Name in the certificate', nameInWords],
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
    senderConstraint,
    keys: toKeysDraft(client, 'set'),
    tlsClientAuth: toNameDraft(client.tlsClientAuth),
    federatedCredentials: federatedCredentials.map((credential) => toCredentialDraft(credential, issuer)),
  };
}

/** Changes in the form of the API. */
export function toInput({ accessTokenLifetime, keys, tlsClientAuth, federatedCredentials, ...rest }: Partial<Draft>): UpdateClientInput {
  return {
    ...rest,
    ...(accessTokenLifetime !== undefined && { accessTokenLifetime: Number(accessTokenLifetime) }),
    ...(keys && toKeysInput(keys)),
    ...(tlsClientAuth && { tlsClientAuth: toNameInput(tlsClientAuth) }),
    ...(federatedCredentials && { federatedCredentials: federatedCredentials.map(toCredentialInput) }),
  };
}

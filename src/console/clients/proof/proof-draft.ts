import type { CreateClientInput } from '../../api/generated';
import { type AuthMethod, hasPublicKeys } from '../auth-method';
import { emptyName, findNameFault, type NameDraft, toNameInput } from '../certificates/name-draft';
import { findKeysFault, type KeysDraft, toKeysInput } from '../keys-draft';
import { type CredentialDraft, findCredentialsFault, toCredentialInput } from './credential-draft';

/** How an application is to prove who it is, as a form has it: the way, and what each way takes. */
export interface ProofDraft {
  authMethod: AuthMethod;
  keys: KeysDraft;
  tlsClientAuth: NameDraft;
  federatedCredentials: CredentialDraft[];
}

/** What an empty form has. */
export function emptyProof(authMethod: AuthMethod): ProofDraft {
  return { authMethod, keys: { from: 'set', address: '', set: '' }, tlsClientAuth: emptyName(), federatedCredentials: [] };
}

/** What is wrong with what the chosen way takes; of each field a sentence, or null. */
export const PROOF_FAULTS = {
  keys: (keys: KeysDraft, { authMethod }: ProofDraft) => (hasPublicKeys(authMethod) ? findKeysFault(keys) : null),
  tlsClientAuth: (name: NameDraft, { authMethod }: ProofDraft) => (authMethod === 'TLS_CLIENT_AUTH' ? findNameFault(name) : null),
  federatedCredentials: (credentials: CredentialDraft[], { authMethod }: ProofDraft) =>
    authMethod === 'FEDERATED_JWT' ? findCredentialsFault(credentials) : null,
};

/** The way in the form of the API, with what it takes and nothing of another. */
export function toProofInput({ authMethod, keys, tlsClientAuth, federatedCredentials }: ProofDraft) {
  return {
    authMethod,
    ...(hasPublicKeys(authMethod) && toKeysInput(keys)),
    ...(authMethod === 'TLS_CLIENT_AUTH' && { tlsClientAuth: toNameInput(tlsClientAuth) }),
    ...(authMethod === 'FEDERATED_JWT' && { federatedCredentials: federatedCredentials.map(toCredentialInput) }),
  } satisfies Partial<CreateClientInput>;
}

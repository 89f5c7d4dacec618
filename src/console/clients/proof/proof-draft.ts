import type { CreateClientInput } from '../../api/generated';
import type { AuthMethod } from '../auth-method';
import { findKeysFault, type KeysDraft, toKeysInput } from '../keys-draft';
import { type CredentialDraft, findCredentialsFault, toCredentialInput } from './credential-draft';

/** How an application is to prove who it is, as a form has it: the way, and what each way takes. */
export interface ProofDraft {
  authMethod: AuthMethod;
  keys: KeysDraft;
  federatedCredentials: CredentialDraft[];
}

/** What an empty form has. */
export function emptyProof(authMethod: AuthMethod): ProofDraft {
  return { authMethod, keys: { from: 'set', address: '', set: '' }, federatedCredentials: [] };
}

/** What is wrong with what the chosen way takes; of each field a sentence, or null. */
export const PROOF_FAULTS = {
  keys: (keys: KeysDraft, { authMethod }: ProofDraft) => (authMethod === 'PRIVATE_KEY_JWT' ? findKeysFault(keys) : null),
  federatedCredentials: (credentials: CredentialDraft[], { authMethod }: ProofDraft) =>
    authMethod === 'FEDERATED_JWT' ? findCredentialsFault(credentials) : null,
};

/** The way in the form of the API, with what it takes and nothing of another. */
export function toProofInput({ authMethod, keys, federatedCredentials }: ProofDraft) {
  return {
    authMethod,
    ...(authMethod === 'PRIVATE_KEY_JWT' && toKeysInput(keys)),
    ...(authMethod === 'FEDERATED_JWT' && { federatedCredentials: federatedCredentials.map(toCredentialInput) }),
  } satisfies Partial<CreateClientInput>;
}

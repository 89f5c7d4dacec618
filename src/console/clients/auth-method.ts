import type { ClientAuthMethod } from '../api/generated';
import { WAYS } from '../words/ways';

/** How an application proves who it is. */
export type AuthMethod = ClientAuthMethod;

/** The ways to prove who one is, as people call them. */
export const AUTH_METHODS = [
  { value: 'SECRET', label: WAYS.SECRET, description: 'It sends its client id and secret key. Any OAuth library can.' },
  {
    value: 'FEDERATED_JWT',
    label: WAYS.FEDERATED_JWT,
    description: 'It shows the token that its platform gives it: GitHub Actions, Kubernetes, a cloud. Nothing secret is anywhere.',
  },
  { value: 'PRIVATE_KEY_JWT', label: WAYS.PRIVATE_KEY_JWT, description: 'It signs with a key of its own. Nothing secret is ever here.' },
  {
    value: 'CLIENT_SECRET_JWT',
    label: WAYS.CLIENT_SECRET_JWT,
    description: 'Its secret key signs and is never sent. To check that, the secret key is stored here, encrypted.',
  },
  {
    value: 'TLS_CLIENT_AUTH',
    label: WAYS.TLS_CLIENT_AUTH,
    description: 'It shows a certificate that an authority signed which you trust, such as one of a mesh. Its private key stays with it.',
  },
  {
    value: 'SELF_SIGNED_TLS_CLIENT_AUTH',
    label: WAYS.SELF_SIGNED_TLS_CLIENT_AUTH,
    description: 'It shows a certificate that it made itself, and you say here which. Its private key stays with it.',
  },
] as const satisfies readonly { value: AuthMethod; label: string; description: string }[];

/** What people call a way to prove who one is. */
export function labelOf(method: AuthMethod): string {
  return WAYS[method];
}

/** Whether one who proves who they are so shows a certificate. */
export function hasCertificate(method: AuthMethod): boolean {
  return method === 'TLS_CLIENT_AUTH' || method === 'SELF_SIGNED_TLS_CLIENT_AUTH';
}

/** Whether one who proves who they are so is known here by public keys. */
export function hasPublicKeys(method: AuthMethod): boolean {
  return method === 'PRIVATE_KEY_JWT' || method === 'SELF_SIGNED_TLS_CLIENT_AUTH';
}

/** Whether a request of one who proves who they are so can be made ready here: nothing of it has to be signed first. */
export function hasReadyRequest(method: AuthMethod): boolean {
  return method === 'FEDERATED_JWT' || hasCertificate(method);
}

/** Whether one who proves who they are so has a secret key that is made here. */
export function hasSecretKey(method: AuthMethod): boolean {
  return method === 'SECRET' || method === 'CLIENT_SECRET_JWT';
}

import { ClientAuthMethod } from '../clients/client.entity.js';
import { isRegistered, provesBy, type RegisteredClient, type RegisteredSecret } from '../clients/registered-client.js';
import { matchSecret } from '../clients/secret.js';
import type { Cipher } from '../platform/cipher.js';
import type { Proof } from './proof.js';

/** Proves a client by a secret that it shows; takes the same time whether it is one of its own. */
export function proveBySecret(cipher: Cipher, registration: RegisteredClient, secret: string): Proof {
  const { rowId, enabled, authMethod } = registration;
  const usedSecret = matchSecret(cipher, rowId, secret, liveSecrets(registration, ClientAuthMethod.SECRET));
  if (usedSecret && enabled) return { usedSecret };
  if (usedSecret) return { refusal: 'the client is disabled' };
  if (!isRegistered(registration)) return { refusal: 'the secret is mistyped, for none like it was made here, or there is no such client' };
  return {
    refusal: provesBy(registration, ClientAuthMethod.SECRET)
      ? 'the secret is wrong or has ended'
      : `the client proves itself by ${authMethod}`,
  };
}

/** The secrets of a client that have not ended, of a method that it may prove itself by: two at most. Those that sign are stored encrypted. */
export function liveSecrets(registration: RegisteredClient, method: ClientAuthMethod): RegisteredSecret[] {
  if (!provesBy(registration, method)) return [];
  const now = Date.now();
  const signs = method === ClientAuthMethod.CLIENT_SECRET_JWT;
  return registration.secrets.filter(
    ({ expiresAt, encryptedSecret }) => (encryptedSecret !== null) === signs && (expiresAt === null || expiresAt > now),
  );
}

import { ClientAuthMethod } from '../clients/client.entity.js';
import { isRegistered, type RegisteredClient, type RegisteredSecret } from '../clients/registered-client.js';
import { matchSecret } from '../clients/secret.js';
import type { Cipher } from '../platform/cipher.js';
import type { Proof } from './proof.js';

/** Proves a client by a secret that it shows; takes the same time whether it is one of its own. */
export function proveBySecret(cipher: Cipher, registration: RegisteredClient, secret: string): Proof {
  const { rowId, enabled, authMethod } = registration;
  const usedSecret = matchSecret(cipher, rowId, secret, authMethod === ClientAuthMethod.SECRET ? liveSecrets(registration) : []);
  if (usedSecret && enabled) return { usedSecret };
  if (usedSecret) return { refusal: 'the client is disabled' };
  if (!isRegistered(registration)) return { refusal: 'there is no such client, or the secret is mistyped' };
  return {
    refusal: authMethod === ClientAuthMethod.SECRET ? 'the secret is wrong or has ended' : `the client proves itself by ${authMethod}`,
  };
}

/** The secrets of a client that have not ended. */
export function liveSecrets({ secrets }: RegisteredClient): RegisteredSecret[] {
  const now = Date.now();
  return secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
}

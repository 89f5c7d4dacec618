import { compactVerify } from 'jose';
import { ClientAuthMethod } from '../clients/client.entity.js';
import type { RegisteredClient, RegisteredSecret } from '../clients/registered-client.js';
import { makeSecret } from '../clients/secret.js';
import type { Cipher } from '../platform/cipher.js';
import { liveSecrets } from './client-secret.js';
import type { Proof } from './proof.js';

const MOST_SECRETS = 2;
const DECOY_CONTEXT = 'nobody';

interface SigningSecret {
  /** Absent when it is nobody's. */
  registered: RegisteredSecret | undefined;
  secret: string;
}

/** Proves a client by an assertion that one of its secrets signed; takes the same time however many it has. */
export async function proveBySecretJwt(cipher: Cipher, registration: RegisteredClient, assertion: string): Promise<Proof> {
  const secrets = signingSecrets(registration, cipher);
  const verdicts = await Promise.all(secrets.map(({ secret }) => hasSigned(secret, assertion)));
  const usedSecret = secrets.find((_, index) => verdicts[index])?.registered;
  return usedSecret ? { usedSecret } : { refusal: 'no secret of the client signed the assertion' };
}

function hasSigned(secret: string, assertion: string): Promise<boolean> {
  return compactVerify(assertion, Buffer.from(secret), { algorithms: ['HS256'] }).then(
    () => true,
    () => false,
  );
}

/** The secrets that a client may sign assertions with, in the clear: always as many as one can have, nobody's in place of the others. */
function signingSecrets(registration: RegisteredClient, cipher: Cipher): SigningSecret[] {
  const live = registration.enabled ? liveSecrets(registration, ClientAuthMethod.CLIENT_SECRET_JWT) : [];
  const readable = live.filter(({ keyId }) => cipher.keyIds.includes(keyId));
  return Array.from({ length: MOST_SECRETS }, (_, index) => {
    const registered = readable[index];
    const encrypted = registered?.encryptedSecret ?? decoySecret(cipher);
    return { registered, secret: cipher.decrypt(encrypted, registered?.id ?? DECOY_CONTEXT, registered?.keyId) };
  });
}

const decoySecrets = new WeakMap<Cipher, string>();

function decoySecret(cipher: Cipher): string {
  const encrypted = decoySecrets.get(cipher) ?? cipher.encrypt(makeSecret(), DECOY_CONTEXT);
  decoySecrets.set(cipher, encrypted);
  return encrypted;
}

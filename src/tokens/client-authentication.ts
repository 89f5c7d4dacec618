import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import Provider, { type AllClientMetadata, errors, type KoaContextWithOIDC, type Client as ProviderClient } from 'oidc-provider';
import { ClientAuthMethod } from '../clients/client.entity.js';
import type { RegisteredClient, RegisteredSecret } from '../clients/client-lookup.service.js';
import { makeSecret, matchSecret } from '../clients/secret.js';
import type { Cipher } from '../platform/cipher.js';
import { decoyKeys } from './decoy-keys.js';

/** What every client is to oidc-provider. They differ in their id and in our row alone. */
const CLIENT_METADATA: AllClientMetadata = {
  client_secret: 'compared by compareClientSecret',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
};

/** The ways in which a client may prove who it is. */
export const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'] as const;

/** Seconds by which the clock of a client may differ from ours. */
export const CLOCK_TOLERANCE_SECONDS = 5;
const LONGEST_ASSERTION_SECONDS = 3600;
/** Nobody's: what an assertion is checked against when its client has no secret. */
const DECOY_SECRET = makeSecret();

/** A client as oidc-provider sees it in one request, with our row. */
export type LatchkeyClient = Omit<ProviderClient, 'tokenEndpointAuthMethod'> & {
  tokenEndpointAuthMethod: string;
  registration: RegisteredClient;
  /** Set once a secret or an assertion was found right. */
  isProven?: boolean;
  /** The secret that proved who it is; absent before, and when a key of its own did. */
  usedSecret?: RegisteredSecret;
  /** The secret in the clear, where it has to be hashed anew. */
  presentedSecret?: string;
};

interface KeyStore {
  add(jwk: object): void;
}

/** The parts of oidc-provider's classes that its published types leave out. */
interface ClientClass {
  new (metadata: AllClientMetadata): { symmetricKeyStore: object };
  readonly adapter: { find(id: string): Promise<{ registration: RegisteredClient }> };
  find(id: string): Promise<LatchkeyClient>;
}

/**
 * Lets oidc-provider check clients against our rows. A client inherits all but its id and our row from one
 * that oidc-provider has checked; otherwise it would build and check each that it has not seen lately,
 * which costs time and tells those that exist. How a request proves itself decides what it is checked
 * against, and a client that is registered for another way is checked against nothing that fits.
 */
export function authenticateClients(provider: Provider, cipher: Cipher): void {
  const Client = provider.Client as unknown as ClientClass;
  const template = new Client({ ...CLIENT_METADATA, client_id: 'template' });
  const KeyStore = template.symmetricKeyStore.constructor as new () => KeyStore;
  Client.find = async (id) => {
    const { registration } = await Client.adapter.find(id);
    const client: LatchkeyClient = Object.assign(Object.create(template), { clientId: registration.clientId, registration });
    const algorithm = assertionAlgorithm();
    if (algorithm?.startsWith('HS')) {
      client.tokenEndpointAuthMethod = 'client_secret_jwt';
      const keys = Object.defineProperty(client, 'symmetricKeyStore', { value: new KeyStore() }).symmetricKeyStore as unknown as KeyStore;
      for (const { secret } of signingSecrets(client, cipher)) keys.add(toSymmetricKey(secret, algorithm));
      if (registration.secrets.length === 0) keys.add(toSymmetricKey(DECOY_SECRET, algorithm));
    } else if (algorithm) {
      client.tokenEndpointAuthMethod = 'private_key_jwt';
      const keys = client.asymmetricKeyStore as unknown as KeyStore;
      for (const jwk of publicKeys(registration) ?? (await decoyKeys(algorithm))) keys.add({ ...jwk });
    }
    return client;
  };
  provider.Client.prototype.compareClientSecret = function compareClientSecret(secret) {
    const client = this as unknown as LatchkeyClient;
    const { rowId, enabled, authMethod } = client.registration;
    const candidates = enabled && authMethod === ClientAuthMethod.SECRET ? liveSecrets(client.registration) : [];
    client.usedSecret = matchSecret(cipher, rowId, secret, candidates);
    client.presentedSecret = secret;
    client.isProven = client.usedSecret !== undefined;
    return client.isProven;
  };
}

/**
 * Refuses assertions that oidc-provider would take though they live too long or come from the future, and
 * remembers which secret made one.
 * @throws {errors.InvalidClientAuth}
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function checkAssertion(
  cipher: Cipher,
  ctx: KoaContextWithOIDC,
  { iat, exp }: { iat?: number | undefined; exp?: number | undefined },
): void {
  const now = Date.now() / 1000;
  if (iat !== undefined && iat > now + CLOCK_TOLERANCE_SECONDS) throw new errors.InvalidClientAuth('the assertion comes from the future');
  if ((exp ?? 0) > now + LONGEST_ASSERTION_SECONDS) throw new errors.InvalidClientAuth('the assertion lives for too long');
  const client = ctx.oidc.client as unknown as LatchkeyClient;
  client.isProven = true;
  if (client.tokenEndpointAuthMethod === 'client_secret_jwt') {
    client.usedSecret = signerOf(String(ctx.oidc.params?.client_assertion), signingSecrets(client, cipher));
  }
}

/** The algorithm of the assertion of the request that is being answered; undefined when it has none that can be read. */
function assertionAlgorithm(): string | undefined {
  const assertion = Provider.ctx?.oidc.params?.client_assertion;
  if (assertion === undefined) return undefined;
  try {
    const { alg } = decodeProtectedHeader(String(assertion));
    return typeof alg === 'string' ? alg : 'none';
  } catch {
    return 'none';
  }
}

function publicKeys({ enabled, authMethod, jwks }: RegisteredClient): object[] | undefined {
  return enabled && authMethod === ClientAuthMethod.PRIVATE_KEY_JWT ? jwks?.keys : undefined;
}

interface SigningSecret {
  registered: RegisteredSecret;
  secret: string;
}

/** The secrets that a client may sign assertions with, in the clear. */
function signingSecrets({ registration }: LatchkeyClient, cipher: Cipher): SigningSecret[] {
  if (!registration.enabled || registration.authMethod !== ClientAuthMethod.CLIENT_SECRET_JWT) return [];
  return liveSecrets(registration).map((registered) => ({
    registered,
    secret: cipher.decrypt(registered.encryptedSecret as string, registered.id, registered.keyId),
  }));
}

function liveSecrets({ secrets }: RegisteredClient): RegisteredSecret[] {
  const now = Date.now();
  return secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
}

function toSymmetricKey(secret: string, alg: string): object {
  return { kty: 'oct', use: 'sig', alg, k: Buffer.from(secret).toString('base64url') };
}

function signerOf(assertion: string, secrets: readonly SigningSecret[]): RegisteredSecret | undefined {
  const [header, payload, signature = ''] = assertion.split('.');
  const given = Buffer.from(signature, 'base64url');
  const isSigner = ({ secret }: SigningSecret) => {
    const made = createHmac('sha256', secret).update(`${header}.${payload}`).digest();
    return made.length === given.length && timingSafeEqual(made, given);
  };
  return secrets.find(isSigner)?.registered;
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import Provider, { type AllClientMetadata, errors, type KoaContextWithOIDC, type Client as ProviderClient } from 'oidc-provider';
import { ClientAuthMethod } from '../clients/client.entity.js';
import { isRegistered, type RegisteredClient, type RegisteredSecret } from '../clients/registered-client.js';
import { makeSecret, matchSecret } from '../clients/secret.js';
import type { Cipher } from '../platform/cipher.js';
import { findAssertionFault } from './assertion-claims.js';
import { type AssertionMark, assertionKey, markOf } from './assertion-keys.js';
import { requireReadable, tidyScope } from './token-parameters.js';

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

const MOST_SECRETS = 2;
const DECOY_CONTEXT = 'nobody';

/** A client as oidc-provider sees it in one request, with our row. */
export type LatchkeyClient = Omit<ProviderClient, 'tokenEndpointAuthMethod'> & {
  tokenEndpointAuthMethod: string;
  registration: RegisteredClient;
  /** Set once a secret or an assertion was found right. */
  isProven?: boolean;
  /** Whether its assertion was checked against a key of nobody: then nothing was proved. */
  isWithoutKey?: boolean;
  /** The secret that proved who it is; absent before, and when a key of its own did. */
  usedSecret?: RegisteredSecret;
  /** The secret in the clear, where it has to be hashed anew. */
  presentedSecret?: string;
  /** Why its secret was refused, for the log alone. */
  refusal?: string;
};

interface KeyStore {
  add(jwk: object): void;
}

/** The parts of oidc-provider's classes that its published types leave out. */
interface ClientClass {
  new (metadata: AllClientMetadata): object;
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
  Client.find = async (id) => {
    const { registration } = await Client.adapter.find(id);
    const client: LatchkeyClient = Object.assign(Object.create(template), { clientId: registration.clientId, registration });
    if (Provider.ctx) {
      requireReadable(Provider.ctx);
      tidyScope(Provider.ctx);
    }
    const assertion = Provider.ctx?.oidc.params?.client_assertion;
    if (assertion !== undefined) await useAssertionKeys(client, markOf(String(assertion)), cipher);
    return client;
  };
  provider.Client.prototype.compareClientSecret = function compareClientSecret(secret) {
    const client = this as unknown as LatchkeyClient;
    const { usedSecret, refusal } = findSecret(cipher, client.registration, secret);
    Object.assign(client, { usedSecret, refusal, presentedSecret: secret, isProven: usedSecret !== undefined });
    return client.isProven === true;
  };
}

/** What comparing a secret came to: it, or why it is refused, in words for the log alone. */
export type SecretMatch = { usedSecret: RegisteredSecret; refusal?: never } | { usedSecret?: never; refusal: string };

/** The secret of a client that a text is, if it may prove itself with it; takes the same time whether it is. */
export function findSecret(cipher: Cipher, registration: RegisteredClient, secret: string): SecretMatch {
  const { rowId, enabled, authMethod } = registration;
  const found = matchSecret(cipher, rowId, secret, authMethod === ClientAuthMethod.SECRET ? liveSecrets(registration) : []);
  if (found && enabled) return { usedSecret: found };
  if (found) return { refusal: 'the client is disabled' };
  if (!isRegistered(registration)) return { refusal: 'there is no such client, or the secret is mistyped' };
  return {
    refusal: authMethod === ClientAuthMethod.SECRET ? 'the secret is wrong or has ended' : `the client proves itself by ${authMethod}`,
  };
}

/**
 * Refuses assertions that oidc-provider would take all the same, those that only a key of nobody verifies among them, and remembers
 * which secret made one.
 * @throws {errors.InvalidClientAuth}
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function checkAssertion(cipher: Cipher, ctx: KoaContextWithOIDC, claims: object, header: object): void {
  const client = ctx.oidc.client as unknown as LatchkeyClient;
  const fault = findAssertionFault(claims, header);
  if (fault !== undefined) throw new errors.InvalidClientAuth(fault);
  if (client.tokenEndpointAuthMethod === 'client_secret_jwt') {
    client.usedSecret = signerOf(String(ctx.oidc.params?.client_assertion), signingSecrets(client, cipher));
    client.isWithoutKey = client.usedSecret === undefined;
  }
  if (client.isWithoutKey) throw new errors.InvalidClientAuth('no key of the client made the assertion');
  client.isProven = true;
}

/** Gives a client the keys that its assertion is checked against; where none fits, one that is nobody's, so that the work is the same. */
async function useAssertionKeys(client: LatchkeyClient, mark: AssertionMark, cipher: Cipher): Promise<void> {
  const { alg, kid } = mark;
  if (alg.startsWith('HS')) {
    client.tokenEndpointAuthMethod = 'client_secret_jwt';
    const KeyStore = (client.symmetricKeyStore as KeyStore).constructor as new () => KeyStore;
    const keys = new KeyStore();
    Object.defineProperty(client, 'symmetricKeyStore', { value: keys });
    for (const { secret } of signingSecrets(client, cipher)) keys.add(toSymmetricKey(secret, { alg, kid }));
  } else {
    client.tokenEndpointAuthMethod = 'private_key_jwt';
    const { enabled, authMethod, jwks } = client.registration;
    const isAllowed = enabled && authMethod === ClientAuthMethod.PRIVATE_KEY_JWT;
    const { jwk, isOwn } = await assertionKey(isAllowed && jwks ? jwks : undefined, mark);
    client.isWithoutKey = !isOwn;
    if (jwk) (client.asymmetricKeyStore as KeyStore).add({ ...jwk, alg, kid });
  }
}

interface SigningSecret {
  /** Absent when it is nobody's. */
  registered: RegisteredSecret | undefined;
  secret: string;
}

/** The secrets that a client may sign assertions with, in the clear: always as many as one can have, nobody's in place of the others. */
function signingSecrets({ registration }: LatchkeyClient, cipher: Cipher): SigningSecret[] {
  const isAllowed = registration.enabled && registration.authMethod === ClientAuthMethod.CLIENT_SECRET_JWT;
  const readable = isAllowed ? liveSecrets(registration).filter(({ keyId }) => cipher.keyIds.includes(keyId)) : [];
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

function liveSecrets({ secrets }: RegisteredClient): RegisteredSecret[] {
  const now = Date.now();
  return secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
}

function toSymmetricKey(secret: string, { alg, kid }: Pick<AssertionMark, 'alg' | 'kid'>): object {
  return { kty: 'oct', use: 'sig', alg, kid, k: Buffer.from(secret).toString('base64url') };
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

import { CLIENT_ID_FORM } from '../clients/client.input.js';
import { decoyClient, type RegisteredClient } from '../clients/registered-client.js';
import { digestSecret, isPossibleSecret, lookupDigest, type PlainSecret } from '../clients/secret.js';
import type { ClientRefusalService } from '../clients/use/client-refusals.service.js';
import type { ClientUseService } from '../clients/use/client-use.service.js';
import type { Cipher } from '../platform/cipher.js';
import { AppError } from '../platform/errors.js';
import { addressOf } from '../platform/http/ip.js';
import type { TenantContext } from '../tenants/caller.js';
import { HostNotServed } from '../tenants/errors.js';
import type { AccessTokenType } from '../tenants/tenant.entity.js';
import { proveByAssertion } from './client-assertion.js';
import { type AuthorityLookup, proveByCertificate } from './client-certificate.js';
import type { ClientLookupService } from './client-lookup.service.js';
import { proveBySecret } from './client-secret.js';
import { type Credentials, type ForeignCredentials, methodShown } from './credentials.js';
import { InvalidClient, KeysUnavailable, NO_KEYS } from './errors.js';
import type { Attempt } from './failure-counts.js';
import { proveByFederatedJwt } from './federation/federated-jwt.js';
import { type FederatedLookup, type FederatedLookupService } from './federation/federated-lookup.service.js';
import type { IssuerKeys } from './federation/issuer-keys.js';
import type { RemoteKeys } from './federation/remote-keys.service.js';
import { type Evidence, type Proof, type Refusal, received } from './proof.js';
import type { Throttle } from './throttle.js';
import type { UsedProofService } from './used-proof.service.js';

/** The ways in which a client may prove who it is. */
export const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'] as const;
/** Those by which they may where connections tell of a certificate. */
export const CERTIFICATE_METHODS = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;

/** Under which all client ids that cannot exist are counted together. */
const IMPOSSIBLE_ID = ' impossible';
/** What names somebody by an issuer and a subject; no client id has a blank in it. */
const LONGEST_NAME = 1_001;

/** What authentication works with. */
export interface AuthenticationParts {
  lookup: ClientLookupService;
  federatedLookup: FederatedLookupService;
  issuerKeys: IssuerKeys;
  remoteKeys: RemoteKeys;
  authorities: AuthorityLookup;
  throttle: Throttle;
  cipher: Cipher;
  proofs: UsedProofService;
  use: ClientUseService;
  refusals: ClientRefusalService;
}

/** Where credentials come from. */
export interface Shown {
  credentials: Credentials;
  ip: string;
}

/** The client that a request names; nobody's stand-in (a decoy) where there is none. */
export interface NamedClient extends Shown {
  tenant: TenantContext;
  registration: RegisteredClient;
  /** Of the tenant, as it was when the client was read. */
  tenantVersion: number | undefined;
  accessTokenType: AccessTokenType | undefined;
  attempt: Attempt;
  /** Where somebody else vouches for the client: what their token is held against. */
  federated?: Pick<FederatedLookup, 'trust' | 'credentials'>;
}

/** A client that proved who it is. */
export interface ProvenClient extends Evidence {
  registration: RegisteredClient;
}

/**
 * Authentication of clients, the same wherever they show who they are: whoever fails too often waits (rate limit), the client is looked up
 * or a decoy takes its place, what is shown is proved, and its use noted.
 */
export class ClientAuthentication {
  constructor(private readonly parts: AuthenticationParts) {}

  /**
   * Finds the client that credentials name. Whoever is not there, or shows a secret that cannot be one, is refused later, like somebody with
   * a wrong secret.
   * @throws {TooManyFailures | HostNotServed | DatabaseUnavailable}
   */
  async find(tenant: TenantContext, shown: Shown): Promise<NamedClient> {
    const { credentials } = shown;
    if ('foreign' in credentials) return this.#findForeign(tenant, { ...shown, credentials });
    const { clientId } = credentials;
    const isPossibleId = CLIENT_ID_FORM.test(clientId);
    const attempt = await this.#admit(tenant, shown, isPossibleId ? clientId : IMPOSSIBLE_ID);
    const isWorthAsking = isPossibleId && isPossibleSecret('secret' in credentials ? credentials.secret : '');
    const found = isWorthAsking ? await this.parts.lookup.find(tenant, clientId) : undefined;
    if (found && found.tenantVersion === undefined) throw new HostNotServed();
    const registration = found?.client ?? decoyClient(tenant, clientId);
    return { ...shown, tenant, registration, tenantVersion: found?.tenantVersion, accessTokenType: found?.accessTokenType, attempt };
  }

  /**
   * Proves that a client is the one that it is named.
   * @param audiences what an assertion may call us
   * @throws {InvalidClient | TooManyFailures | KeysUnavailable}
   */
  async prove(client: NamedClient, audiences: readonly string[]): Promise<ProvenClient> {
    const { throttle } = this.parts;
    const { registration, attempt } = client;
    const proof = await this.#look(client, audiences).catch(async (error) => {
      if (error instanceof KeysUnavailable) this.#noteRefusal(client, { refusal: NO_KEYS, received: received(error.fault) });
      // What keys of others, or something unforeseen, came in between of costs no less than what proves nothing; a database that is away is nobody's fault.
      if (error instanceof KeysUnavailable || !(error instanceof AppError)) await throttle.fail(attempt);
      throw error;
    });
    if (proof.refusal !== undefined) {
      this.#noteRefusal(client, proof);
      await throttle.fail(attempt);
      throw new InvalidClient(proof.refusal);
    }
    // Guesses that were sent at once count against the right one.
    await throttle.admit(attempt);
    throttle.succeed(attempt);
    this.#noteUse(client, proof);
    return { registration, usedSecret: proof.usedSecret, federation: proof.federation };
  }

  /** @throws {TooManyFailures} */
  async #admit({ tenant }: TenantContext, { ip }: Shown, clientId: string): Promise<Attempt> {
    const attempt = { tenantId: tenant.id, source: addressOf(ip).source, clientId };
    await this.parts.throttle.admit(attempt);
    return attempt;
  }

  /** Who says nothing of their client id is counted by what their token says. */
  async #findForeign(tenant: TenantContext, shown: Shown & { credentials: ForeignCredentials }): Promise<NamedClient> {
    const { clientId, issuer, subject } = shown.credentials;
    const name = clientId ?? `${issuer} ${subject}`;
    const isPossible = clientId === undefined ? name.length <= LONGEST_NAME : CLIENT_ID_FORM.test(clientId);
    const attempt = await this.#admit(tenant, shown, isPossible ? name : IMPOSSIBLE_ID);
    const found = isPossible ? await this.parts.federatedLookup.find(tenant, { clientId, issuer, subject }) : undefined;
    if (found && found.tenantVersion === undefined) throw new HostNotServed();
    const registration = found?.client ?? decoyClient(tenant, clientId);
    const federated = { trust: found?.trust, credentials: found?.credentials ?? [] };
    return {
      ...shown,
      tenant,
      registration,
      tenantVersion: found?.tenantVersion,
      accessTokenType: found?.accessTokenType,
      attempt,
      federated,
    };
  }

  async #look({ tenant, registration, credentials, federated }: NamedClient, audiences: readonly string[]): Promise<Proof> {
    if ('foreign' in credentials)
      return proveByFederatedJwt(this.parts, credentials.foreign, {
        tenant,
        registration,
        trust: undefined,
        credentials: [],
        ...federated,
      });
    if ('secret' in credentials) return proveBySecret(this.parts.cipher, registration, credentials.secret);
    if ('assertion' in credentials) return proveByAssertion(this.parts, credentials.assertion, { tenant, registration, audiences });
    if ('certificate' in credentials) return proveByCertificate(this.parts, credentials.certificate, { tenant, registration });
    return { refusal: 'nothing proves who it is' };
  }

  /** Of a client that is not there it is noted as well, for the work's sake; what is written down knows only clients. */
  #noteRefusal({ tenant: { tenant }, registration, credentials, ip }: NamedClient, refusal: Refusal): void {
    const { cipher, refusals } = this.parts;
    const secret = 'secret' in credentials && isPossibleSecret(credentials.secret) ? (credentials.secret as PlainSecret) : undefined;
    refusals.note({
      tenantId: tenant.id,
      clientId: registration.clientId,
      address: addressOf(ip).plain,
      authMethod: methodShown(credentials, registration) ?? null,
      refusal,
      lookupDigests: secret === undefined ? [] : cipher.keyIds.map((keyId) => lookupDigest(cipher, tenant.id, secret, keyId)),
    });
  }

  /** Notes that a client proved who it is; digests of its secret that were made with an earlier key are renewed. */
  #noteUse({ registration, credentials, ip }: NamedClient, { usedSecret, federation }: Evidence): void {
    const { use, cipher } = this.parts;
    // What is counted by itself needs no other count, unless the client is coming from one way to another.
    const method = methodShown(credentials, registration);
    const isCounted = registration.previous === undefined && (usedSecret !== undefined || federation !== undefined);
    const by = { secretId: usedSecret?.id, credentialId: federation?.credentialId, authMethod: isCounted ? undefined : method };
    use.used({ clientRowId: registration.rowId, ...by, ip: addressOf(ip).plain });
    if (!usedSecret || !('secret' in credentials)) return;
    if (usedSecret.keyId === cipher.keyId && usedSecret.hasLookupDigest) return;
    const secret = credentials.secret as PlainSecret;
    use.renewDigests({
      secretId: usedSecret.id,
      digest: digestSecret(cipher, registration.rowId, secret),
      lookupDigest: lookupDigest(cipher, registration.tenantId, secret),
      keyId: cipher.keyId,
    });
  }
}

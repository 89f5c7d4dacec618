import { CLIENT_ID_FORM } from '../clients/client.input.js';
import { decoyClient, type RegisteredClient, type RegisteredSecret } from '../clients/registered-client.js';
import { digestSecret, isPossibleSecret, lookupDigest, type PlainSecret } from '../clients/secret.js';
import type { ClientUseService } from '../clients/use/client-use.service.js';
import type { Cipher } from '../platform/cipher.js';
import { addressOf } from '../platform/http/ip.js';
import type { TenantContext } from '../tenants/caller.js';
import { HostNotServed } from '../tenants/errors.js';
import { findSecret } from './client-authentication.js';
import type { ClientLookupService } from './client-lookup.service.js';
import type { Attempt } from './failure-counts.js';
import type { Throttle } from './throttle.js';

/** Under which all client ids that cannot exist are counted together. */
export const IMPOSSIBLE_ID = ' impossible';

/** Who keeps an eye on proofs. */
export interface Watch {
  use: ClientUseService;
  cipher: Cipher;
  throttle: Throttle;
}

/** A client that proved who it is. */
interface ProvenClient {
  registration: RegisteredClient;
  /** Absent when it used a key of its own. */
  usedSecret?: RegisteredSecret | undefined;
  /** The secret in the clear, where it has to be hashed anew. */
  presentedSecret?: string | undefined;
  attempt: Attempt;
  ip: string;
}

/** Remembers that a client proved who it is; digests of its secret that were made with an earlier key are renewed. */
export function noteProof(
  { use, cipher, throttle }: Watch,
  { registration, usedSecret, presentedSecret, attempt, ip }: ProvenClient,
): void {
  throttle.succeed(attempt);
  use.used({ clientRowId: registration.rowId, secretId: usedSecret?.id, ip });
  if (!usedSecret || usedSecret.encryptedSecret !== null) return;
  if (usedSecret.keyId === cipher.keyId && usedSecret.hasLookupDigest) return;
  const secret = presentedSecret as PlainSecret;
  use.renewDigests({
    secretId: usedSecret.id,
    digest: digestSecret(cipher, registration.rowId, secret),
    lookupDigest: lookupDigest(cipher, registration.tenantId, secret),
    keyId: cipher.keyId,
  });
}

/** A client id and a secret, and where they come from. */
export interface PresentedSecret {
  clientId: string;
  secret: string;
  ip: string;
}

/** Checks client ids and secrets outside of the OAuth endpoints, with the same work for those that do not exist. */
export class SecretProof {
  constructor(private readonly parts: Watch & { clients: ClientLookupService }) {}

  /**
   * The client that a secret belongs to, and the secret.
   * @returns why they are refused, in words for the log alone, when they do not belong together or the client is disabled
   * @throws {TooManyFailures | HostNotServed}
   */
  async check(tenant: TenantContext, { clientId, secret, ip }: PresentedSecret) {
    const isPossibleId = CLIENT_ID_FORM.test(clientId);
    const { plain, source } = addressOf(ip);
    const attempt = { tenantId: tenant.tenant.id, source, clientId: isPossibleId ? clientId : IMPOSSIBLE_ID };
    await this.parts.throttle.admit(attempt);
    const found = isPossibleId && isPossibleSecret(secret) ? await this.parts.clients.find(tenant, clientId) : undefined;
    if (found && found.tenantVersion === undefined) throw new HostNotServed();
    const registration = found?.client ?? decoyClient(tenant);
    const { usedSecret, refusal } = findSecret(this.parts.cipher, registration, secret);
    if (!usedSecret) {
      await this.parts.throttle.fail(attempt);
      return { registration, refusal };
    }
    await this.parts.throttle.admit(attempt);
    noteProof(this.parts, { registration, usedSecret, presentedSecret: secret, attempt, ip: plain });
    return { registration, usedSecret };
  }
}

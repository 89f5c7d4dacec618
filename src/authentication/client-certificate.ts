import { findChainFault } from '../clients/certificates/certificate-chain.js';
import type { PresentedCertificate } from '../clients/certificates/certificate-header.js';
import { findNameMismatch, namesOf } from '../clients/certificates/certificate-names.js';
import { findSelfSignedFault } from '../clients/certificates/thumbprint.js';
import { ClientAuthMethod } from '../clients/client.entity.js';
import type { PublicJwks } from '../clients/keys/public-jwks.js';
import { isRegistered, provesBy, type RegisteredClient } from '../clients/registered-client.js';
import type { Database } from '../platform/database/transaction.js';
import type { TenantContext } from '../tenants/caller.js';
import { KeysUnavailable } from './errors.js';
import type { RemoteKeys } from './federation/remote-keys.service.js';
import { keysOf } from './private-key-jwt.js';
import { type Proof, type Refusal, received } from './proof.js';

/** Reads the authorities that a tenant trusts. Asked of the database each time. */
export class AuthorityLookup {
  constructor(private readonly database: Database) {}

  /** Their certificates, in PEM. */
  async of({ tenant }: TenantContext): Promise<string[]> {
    const sql = 'SELECT certificate FROM certificate_authorities WHERE tenant_id = ?';
    return (await this.database.rows<{ certificate: string }>(sql, [tenant.id])).map(({ certificate }) => certificate);
  }
}

/** What a certificate is proved with. */
export interface CertificateParts {
  authorities: AuthorityLookup;
  remoteKeys: RemoteKeys;
}

/** Stands in for the keys of whoever has none. */
const NO_KEYS = { keys: [] };

/**
 * Proves a client by the certificate by which its connection was made. That it has the key TLS has shown. Whoever it is about, the way to an
 * authority is looked for and the keys are compared: nobody learns from the work which clients there are.
 * @throws {KeysUnavailable} where its keys are elsewhere, and cannot be had
 * @see https://www.rfc-editor.org/rfc/rfc8705#section-2
 */
export async function proveByCertificate(
  { authorities, remoteKeys }: CertificateParts,
  { certificate, intermediates }: PresentedCertificate,
  { tenant, registration }: { tenant: TenantContext; registration: RegisteredClient },
): Promise<Proof> {
  const now = Date.now();
  const chainFault = findChainFault({ leaf: certificate, intermediates, authorities: await authorities.of(tenant) }, now);
  const faultBeside = (keys: PublicJwks) => findSelfSignedFault(certificate, keys, now);
  const own = { registration, method: ClientAuthMethod.SELF_SIGNED_TLS_CLIENT_AUTH };
  let unavailable: KeysUnavailable | undefined;
  const keys = await keysOf(remoteKeys, tenant, own, ({ jwks }) => faultBeside(jwks) === undefined).catch((error) => {
    if (!(error instanceof KeysUnavailable)) throw error;
    unavailable = error;
    return undefined;
  });
  const keyFault = faultBeside(keys ?? NO_KEYS);
  if (!isRegistered(registration)) return { refusal: 'there is no such client' };
  if (!registration.enabled) return { refusal: 'the client is disabled' };
  const byAuthority = provesBy(registration, ClientAuthMethod.TLS_CLIENT_AUTH);
  if (byAuthority && registration.tlsClientAuth) {
    const fault = chainFault === undefined ? findNameFault(certificate, registration) : { refusal: chainFault };
    if (!fault) return {};
    if (!keys && !unavailable) return fault;
  }
  if (unavailable) throw unavailable;
  if (keys) return keyFault === undefined ? {} : { refusal: keyFault };
  return { refusal: `the client proves itself by ${registration.authMethod}` };
}

function findNameFault(certificate: Buffer, { tlsClientAuth }: RegisteredClient): Refusal | undefined {
  const mismatch = tlsClientAuth && findNameMismatch(certificate, tlsClientAuth);
  if (!mismatch) return undefined;
  const [[about = 'name', expected] = []] = [Object.entries(tlsClientAuth).find(([, value]) => value !== null) ?? []];
  const { subject, alternatives } = namesOf(certificate);
  return { refusal: mismatch, about, expected: received(expected), received: received({ subject, ...alternatives }) };
}

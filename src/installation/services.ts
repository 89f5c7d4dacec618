import { ClientAuthentication } from '../authentication/client-authentication.service.js';
import { AuthorityLookup } from '../authentication/client-certificate.js';
import { ClientLookupService } from '../authentication/client-lookup.service.js';
import { FederatedLookupService } from '../authentication/federation/federated-lookup.service.js';
import { FederationService } from '../authentication/federation/federation.service.js';
import { IssuerKeys } from '../authentication/federation/issuer-keys.js';
import { RemoteKeys } from '../authentication/federation/remote-keys.service.js';
import { Throttle } from '../authentication/throttle.js';
import { UsedProofService } from '../authentication/used-proof.service.js';
import { Changes } from '../changes/changes.service.js';
import { AuditListService } from '../changes/record/audit-list.service.js';
import { TenantLines } from '../changes/tenant-lines.service.js';
import { AuthMethodService } from '../clients/auth-method.service.js';
import { CertificateAuthorityService } from '../clients/authorities/certificate-authority.service.js';
import { ClientService } from '../clients/client.service.js';
import { ClientHolders } from '../clients/client-holders.service.js';
import { ClientSecretService } from '../clients/client-secret.service.js';
import { TrustedIssuerService } from '../clients/federation/trusted-issuer.service.js';
import { ClientIndexService } from '../clients/search/client-index.service.js';
import { ClientRefusalService } from '../clients/use/client-refusals.service.js';
import { ClientUseService } from '../clients/use/client-use.service.js';
import { SigningKeyStore } from '../keys/signing-key-store.js';
import { SigningKeys } from '../keys/signing-keys.js';
import { IdentityProviderService } from '../people/identity-provider.service.js';
import { SessionService } from '../people/session.service.js';
import type { Cipher } from '../platform/cipher.js';
import type { Config } from '../platform/config.js';
import type { Database } from '../platform/database/transaction.js';
import { isLoopbackHttp } from '../platform/http/networks.js';
import { Outbound } from '../platform/http/outbound.js';
import { TenantDirectory } from '../tenants/tenant-directory.service.js';
import { Issuers } from '../tokens/issuers.js';
import { mountProvider } from '../tokens/mint/provider.js';
import { TokenStatusService } from '../tokens/token-status.service.js';
import { createTenantContents } from './tenancy.js';
import type { Administrator } from './tenants/tenant.resolver.js';
import { TenantService } from './tenants/tenant.service.js';

/** Everything that works on a database. */
export interface Services {
  config: Config;
  database: Database;
  changes: Changes;
  cipher: Cipher;
  clients: ClientService;
  secrets: ClientSecretService;
  use: ClientUseService;
  refusals: ClientRefusalService;
  index: ClientIndexService;
  lookup: ClientLookupService;
  authentication: ClientAuthentication;
  remoteKeys: RemoteKeys;
  federation: FederationService;
  authMethods: AuthMethodService;
  trustedIssuers: TrustedIssuerService;
  authorities: CertificateAuthorityService;
  status: TokenStatusService;
  proofs: UsedProofService;
  audit: AuditListService;
  sessions: SessionService;
  providers: IdentityProviderService;
  throttle: Throttle;
  outbound: Outbound;
  tenants: TenantService<Administrator>;
  directory: TenantDirectory;
  signingKeys: SigningKeys;
  issuers: Issuers;
  /** Whether connections tell of certificates. */
  takesCertificates: boolean;
}

/** Makes the services of a database. Nothing is read or written yet. @param throttle when failures are counted together with others */
export function createServices(config: Config, database: Database, cipher: Cipher, throttle = new Throttle(config.failureLimit)): Services {
  const directory = new TenantDirectory(database, config.issuer, config.mtlsHostPrefix);
  const lines = new TenantLines();
  const changes = new Changes(database, cipher, config.tenantLimits, lines);
  const signingKeys = new SigningKeys(database, changes, new SigningKeyStore(cipher));
  const secrets = new ClientSecretService(database, changes, cipher);
  // Who tries it out on one machine has the other parts there, too; whoever serves others has services there that trust the loopback.
  const outbound = new Outbound({ allowsLoopback: isLoopbackHttp(config.issuer), networks: config.trustedIssuerNetworks });
  const holders = new ClientHolders(database);
  const clients = new ClientService(changes, secrets, holders, outbound);
  const sessions = new SessionService(database, changes, cipher);
  const lookup = new ClientLookupService(database);
  const proofs = new UsedProofService(database, lines);
  const use = new ClientUseService(database);
  const refusals = new ClientRefusalService(database);
  const remoteKeys = new RemoteKeys(database, outbound);
  const federatedLookup = new FederatedLookupService(database);
  const issuerKeys = new IssuerKeys(federatedLookup, remoteKeys);
  return {
    config,
    database,
    changes,
    cipher,
    clients,
    secrets,
    use,
    refusals,
    index: new ClientIndexService(database),
    lookup,
    authentication: new ClientAuthentication({
      authorities: new AuthorityLookup(database),
      lookup,
      federatedLookup,
      issuerKeys,
      remoteKeys,
      throttle,
      cipher,
      proofs,
      use,
      refusals,
    }),
    remoteKeys,
    federation: new FederationService({ changes, federatedLookup, issuerKeys, remoteKeys, proofs }),
    authMethods: new AuthMethodService(changes, secrets, holders, outbound),
    authorities: new CertificateAuthorityService(database, changes),
    trustedIssuers: new TrustedIssuerService(database, changes, holders, outbound),
    status: new TokenStatusService(database, lines),
    proofs,
    audit: new AuditListService(database, changes),
    sessions,
    providers: new IdentityProviderService(database, changes, { cipher, sessions, outbound }),
    throttle,
    outbound,
    tenants: new TenantService(changes, directory, createTenantContents({ clients, secrets, signingKeys }, config)),
    directory,
    signingKeys,
    takesCertificates: config.tls !== undefined || config.clientCertHeader !== undefined,
    issuers: new Issuers({
      loadKeys: (context) => signingKeys.load(context),
      createProvider: (tenant, keys) => mountProvider({ tenant, keys, cipher, proofs }),
    }),
  };
}

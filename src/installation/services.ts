import { ClientAuthentication } from '../authentication/client-authentication.service.js';
import { ClientLookupService } from '../authentication/client-lookup.service.js';
import { Throttle } from '../authentication/throttle.js';
import { UsedProofService } from '../authentication/used-proof.service.js';
import { Changes } from '../changes/changes.service.js';
import { AuditListService } from '../changes/record/audit-list.service.js';
import { TenantLines } from '../changes/tenant-lines.service.js';
import { ClientService } from '../clients/client.service.js';
import { ClientHolders } from '../clients/client-holders.service.js';
import { ClientSecretService } from '../clients/client-secret.service.js';
import { ClientIndexService } from '../clients/search/client-index.service.js';
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
  index: ClientIndexService;
  lookup: ClientLookupService;
  authentication: ClientAuthentication;
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
}

/** Makes the services of a database. Nothing is read or written yet. @param throttle when failures are counted together with others */
export function createServices(config: Config, database: Database, cipher: Cipher, throttle = new Throttle(config.failureLimit)): Services {
  const directory = new TenantDirectory(database, config.issuer);
  const lines = new TenantLines();
  const changes = new Changes(database, cipher, config.tenantLimits, lines);
  const signingKeys = new SigningKeys(database, changes, new SigningKeyStore(cipher));
  const secrets = new ClientSecretService(database, changes, cipher);
  const clients = new ClientService(changes, secrets, new ClientHolders(database));
  const sessions = new SessionService(database, changes, cipher);
  const lookup = new ClientLookupService(database);
  const proofs = new UsedProofService(database, lines);
  const use = new ClientUseService(database);
  // Who tries it out on one machine has the other parts there, too; whoever serves others has services there that trust the loopback.
  const outbound = new Outbound({ allowsLoopback: isLoopbackHttp(config.issuer), networks: config.trustedIssuerNetworks });
  return {
    config,
    database,
    changes,
    cipher,
    clients,
    secrets,
    use,
    index: new ClientIndexService(database),
    lookup,
    authentication: new ClientAuthentication({ lookup, throttle, cipher, proofs, use }),
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
    issuers: new Issuers({
      loadKeys: (context) => signingKeys.load(context),
      createProvider: (tenant, keys) => mountProvider({ tenant, keys, cipher, proofs }),
    }),
  };
}

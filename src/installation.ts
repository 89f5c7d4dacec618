import { type AdministratorSecret, chooseAdministratorSecret, putAdministrator } from './access/bootstrap.js';
import { IdentityProviderService } from './access/identity-provider.service.js';
import { systemCaller, type TenantContext } from './access/principal.js';
import { SessionService } from './access/session.service.js';
import { AuditListService } from './audit/audit-list.service.js';
import { ClientService } from './clients/client.service.js';
import { ClientLookupService } from './clients/client-lookup.service.js';
import { ClientSecretService } from './clients/client-secret.service.js';
import { ClientUseService } from './clients/client-use.service.js';
import { matchSecret } from './clients/secret.js';
import { withLease } from './database/lease.js';
import { type OpenDatabase, openDatabase } from './database/open.js';
import { Cipher } from './platform/cipher.js';
import type { Config } from './platform/config.js';
import { loadEncryptionKey } from './platform/encryption-key.js';
import type { Log } from './platform/log.js';
import type { Database } from './platform/transaction.js';
import { createTenantContents } from './tenancy.js';
import { HomeTenantService } from './tenants/home-tenant.service.js';
import type { Administrator } from './tenants/tenant.resolver.js';
import { TenantService } from './tenants/tenant.service.js';
import { TenantDirectory } from './tenants/tenant-directory.service.js';
import { Issuers } from './tokens/issuers.js';
import { mountProvider } from './tokens/provider.js';
import { SigningKeyStore } from './tokens/signing-key-store.js';
import { SigningKeys } from './tokens/signing-keys.js';
import { Throttle } from './tokens/throttle.js';
import { TokenStatusService } from './tokens/token-status.service.js';
import { UsedProofService } from './tokens/used-proof.service.js';

/** A database that is migrated and has all that serving needs. */
export interface Installation {
  config: Config;
  database: Database;
  cipher: Cipher;
  clients: ClientService;
  secrets: ClientSecretService;
  use: ClientUseService;
  lookup: ClientLookupService;
  status: TokenStatusService;
  proofs: UsedProofService;
  audit: AuditListService;
  sessions: SessionService;
  home: TenantContext;
  tenants: TenantService<Administrator>;
  directory: TenantDirectory;
  signingKeys: SigningKeys;
  issuers: Issuers;
  throttle: Throttle;
  providers: IdentityProviderService;
  /** The administrator's secret, when it was made just now and has to be shown. */
  generatedSecret: string | undefined;
}

/** In which an installation is opened. */
interface Circumstances {
  /** Ends the wait for a database that is away. */
  signal?: AbortSignal;
  /** A command is often run with fewer settings than the server has: it does not change what those decide. */
  isCommand?: boolean;
}

/**
 * Opens the database, migrates it, and makes what the first start lacks: the home tenant, its
 * signing key and the administrator's client. Instances that start at once do this one by one.
 * @throws {StartupError} for what the operator has to mend; nothing is changed then
 */
export async function openInstallation(config: Config, log: Log, { signal, isCommand = false }: Circumstances = {}): Promise<Installation> {
  const cipher = new Cipher(loadEncryptionKey(config), config.previousEncryptionKey);
  const secret = chooseAdministratorSecret(config);
  const opened = await openDatabase(config.database, log, signal);
  try {
    return await withLease(opened.writer, () => complete(config, { cipher, secret, opened, log, isCommand }));
  } catch (error) {
    await opened.database.close();
    throw error;
  }
}

interface Parts {
  cipher: Cipher;
  secret: AdministratorSecret;
  opened: OpenDatabase;
  log: Log;
  isCommand: boolean;
}

async function complete(config: Config, { cipher, secret, opened: { database, writer }, log, isCommand }: Parts): Promise<Installation> {
  const homeTenant = new HomeTenantService(database);
  const directory = new TenantDirectory(database, config.issuer);
  const signingKeys = new SigningKeys(database, new SigningKeyStore(cipher));
  const secrets = new ClientSecretService(database, cipher);
  const clients = new ClientService(database, secrets);
  if (await hasTable(writer, 'signing_keys')) await signingKeys.requireKey();
  await writer.runMigrations();
  const existing = await homeTenant.find();
  const isFirstStart = existing === null;
  const home = await database.write(async (manager) => {
    if (existing && isCommand) return { tenant: existing, issuer: config.issuer };
    const { host } = new URL(config.issuer);
    const context = directory.contextOf(await homeTenant.ensure(manager, { host, defaultAudience: config.apiAudience ?? null }));
    await signingKeys.ensureKeys(manager, systemCaller(context, 'SIGNING_ALGORITHM'), config.signingAlgorithm);
    const caller = systemCaller(context, 'first start');
    if (isFirstStart) await putAdministrator(manager, { clients, secrets }, { caller, clientId: config.adminClientId, secret });
    return context;
  });
  const lookup = new ClientLookupService(database);
  if (!isFirstStart) await warnOfIgnoredSecret(config, { home, lookup, cipher, log });
  await warnOfLostKey(secrets, log);
  const proofs = new UsedProofService(database);
  const sessions = new SessionService(database);
  const throttle = new Throttle(config.failureLimit);
  return {
    config,
    database,
    cipher,
    clients,
    secrets,
    use: new ClientUseService(database),
    lookup,
    status: new TokenStatusService(database),
    proofs,
    audit: new AuditListService(database),
    sessions,
    providers: new IdentityProviderService(database, { cipher, sessions, allowsLoopback: !config.isProduction }),
    throttle,
    home,
    tenants: new TenantService(database, directory, createTenantContents({ clients, secrets, signingKeys }, config)),
    directory,
    signingKeys,
    issuers: new Issuers({
      loadKeys: (context) => signingKeys.load(context),
      createProvider: (tenant, keys) => mountProvider({ tenant, keys, clients: lookup, throttle, cipher, proofs }),
    }),
    generatedSecret: isFirstStart && secret.isGenerated ? secret.secret : undefined,
  };
}

async function hasTable(writer: OpenDatabase['writer'], table: string): Promise<boolean> {
  const runner = writer.createQueryRunner();
  try {
    return await runner.hasTable(table);
  } finally {
    await runner.release();
  }
}

/** The setting counts at the first start only; one that is changed later would mislead whoever set it. */
async function warnOfIgnoredSecret(
  { adminClientId, adminClientSecret }: Config,
  { home, lookup, cipher, log }: { home: TenantContext; lookup: ClientLookupService; cipher: Cipher; log: Log },
): Promise<void> {
  if (adminClientSecret === undefined) return;
  const { client: administrator } = await lookup.find(home, adminClientId);
  if (administrator && matchSecret(cipher, administrator.rowId, adminClientSecret, administrator.secrets)) return;
  log.warn('ADMIN_CLIENT_SECRET is not the secret of the administrator\'s client and is ignored; "npm run admin:reset" puts it in force');
}

/** Whoever removes the previous key too early would otherwise learn of it from the clients that are refused. */
async function warnOfLostKey(secrets: ClientSecretService, log: Log): Promise<void> {
  const lost = await secrets.countUnreadable();
  if (lost === 0) return;
  log.warn(
    { secrets: lost },
    'some secrets were stored under an encryption key that is not at hand, and are refused: set ENCRYPTION_KEY_PREVIOUS to it',
  );
}

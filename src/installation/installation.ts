import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { Throttle } from '../authentication/throttle.js';
import { matchSecret, type PlainSecret } from '../clients/secret.js';
import { countSecretsOfLostKeys } from '../clients/secrets-by-key.service.js';
import { Cipher } from '../platform/cipher.js';
import type { Config } from '../platform/config.js';
import { isPassing, rootCode } from '../platform/database/faults.js';
import { type Lock, withLease } from '../platform/database/lease.js';
import { hasTable, isUpToDate, migrate } from '../platform/database/migrate.js';
import { settingOf } from '../platform/database/url.js';
import { loadEncryptionKey } from '../platform/encryption-key.js';
import { DatabaseUnavailable, StartupError } from '../platform/errors.js';
import type { Log } from '../platform/log.js';
import { systemCaller, type TenantContext } from '../tenants/caller.js';
import { type AdministratorSecret, chooseAdministratorSecret, putAdministrator } from './bootstrap.js';
import { HomeTenantService } from './home-tenant.service.js';
import { type OpenDatabase, openDatabase, openMigrator } from './open.js';
import { SecretFile } from './secret-file.service.js';
import { createServices, type Services } from './services.js';

const AGAIN_MS = 1_000;

/** A database that is migrated and has all that serving needs, and what works on it. */
export interface Installation extends Services {
  home: TenantContext;
  /** The administrator's secret, when it was made just now and has to be shown. */
  generatedSecret: string | undefined;
}

/** In which an installation is opened. */
interface Circumstances {
  /** Ends the wait for a database that is away. */
  signal?: AbortSignal;
  /** A command is often run with fewer settings than the server has: it does not change what those decide. */
  isCommand?: boolean;
  /** Nothing is made or migrated: what is not there already is a mistake in the settings. */
  isThere?: boolean;
  /** Counts failures together with other processes. */
  throttle?: Throttle | undefined;
}

/**
 * Opens the database, migrates it, and makes what the first start lacks: the home tenant, its
 * signing key and the administrator's client. Instances that start at once do this one by one.
 * @throws {StartupError} for what the operator has to mend; nothing is changed then
 */
export async function openInstallation(config: Config, log: Log, circumstances: Circumstances = {}): Promise<Installation> {
  if (circumstances.isThere) requireFile(config);
  const cipher = new Cipher(loadEncryptionKey(config), config.previousEncryptionKey);
  const secret = chooseAdministratorSecret(config);
  const secretFile = new SecretFile(config.adminSecretFileOut);
  for (;;) {
    const opened = await openDatabase(config.database, log, circumstances.signal);
    try {
      const parts = { cipher, secret, secretFile, opened, log, ...circumstances };
      // A lock is for what there is to do: most starts find all of it done.
      if ((await isUpToDate(opened.writer)) && (await hasHome(opened.writer))) return await complete(config, parts);
      if (circumstances.isThere) throw new StartupError(NOT_THERE);
      return await withMigrator(config, log, { opened, ...circumstances }, (migrator) =>
        withLease(migrator, { log, signal: circumstances.signal }, async (lock) => {
          if (!(await lock.isSeenBy(opened.writer))) throw new StartupError(ELSEWHERE);
          return complete(config, { ...parts, lock });
        }),
      );
    } catch (error) {
      await opened.database.close();
      if (!isPassing(error)) {
        secretFile.takeBack();
        throw error;
      }
      log.warn({ code: rootCode(error) }, 'the database failed during the start, which begins anew');
      await sleep(AGAIN_MS, undefined, { signal: circumstances.signal });
    }
  }
}

const NOT_THERE =
  'The database that DATABASE_URL names has no installation of this release: nothing was done. Look at the setting, or let a server of this release start on it first.';

/** What to tell of two settings that lead to two databases. */
export const ELSEWHERE =
  'MIGRATION_DATABASE_URL leads to another database than DATABASE_URL, though of the same name: set both to the same server. Nothing was changed but the table leases, which was made there if it lacked.';

/** SQLite would make the file, and its key beside it. */
function requireFile({ database }: Config): void {
  if (database.type === 'sqlite' && !existsSync(database.path)) throw new StartupError(NOT_THERE);
}

/** Whoever has the right to change the tables may be another than who serves; the connection is there for as long as that takes. */
async function withMigrator<T>(
  config: Config,
  log: Log,
  { opened, signal }: { opened: OpenDatabase; signal?: AbortSignal },
  work: (migrator: DataSource) => Promise<T>,
): Promise<T> {
  if (config.migrationDatabase === config.database) return work(opened.writer);
  const migrator = await openMigrator(config, log, signal);
  try {
    return await work(migrator);
  } finally {
    await migrator.destroy();
  }
}

interface Parts extends Circumstances {
  cipher: Cipher;
  secret: AdministratorSecret;
  secretFile: SecretFile;
  opened: OpenDatabase;
  /** Held where something is to be made or migrated. */
  lock?: Lock;
  log: Log;
}

async function complete(config: Config, parts: Parts): Promise<Installation> {
  const { cipher, secret, secretFile, log, isCommand = false, throttle } = parts;
  const { database, writer } = parts.opened;
  const services = createServices(config, database, cipher, throttle);
  const { signingKeys, directory, changes } = services;
  const homeTenant = new HomeTenantService(database);
  const { lock } = parts;
  const damaged = (await hasTable(writer, 'signing_keys')) ? await signingKeys.requireKey() : undefined;
  if (damaged)
    log.error({ kid: damaged }, 'the key that the home tenant signs with was changed past the server and cannot be read: revoke it');
  // Where the secret cannot be put where it is to be, nothing is changed.
  if (secret.isGenerated && !(await hasHome(writer))) {
    secretFile.clear();
    secretFile.write(secret.secret);
  }
  if (lock) await migrate(lock, settingOf(config.migrationDatabase));
  await lock?.requireHeld();
  const existing = await homeTenant.find();
  const home = await changes.found(async (start) => {
    if (existing && isCommand) return directory.contextOf(existing);
    const { host } = new URL(config.issuer);
    const context = directory.contextOf(await homeTenant.ensure(start, { host, defaultAudience: config.apiAudience ?? null }));
    await signingKeys.ensureKeys(await start.within(systemCaller(context, 'SIGNING_ALGORITHM')), config.signingAlgorithm);
    const first = await start.within(systemCaller(context, 'first start'));
    if (!existing) await putAdministrator(first, services, { clientId: config.adminClientId, secret });
    return context;
  });
  // Of a row that is damaged nobody can say; it stops nothing else.
  const isAdministrators = (text: PlainSecret) =>
    hasSecret(services, home, text).catch((err) => {
      if (err instanceof DatabaseUnavailable) throw err;
      log.error({ reason: (err as Error).message }, "the administrator's client cannot be read");
      return false;
    });
  const isInForce = await isAdministrators(secret.secret);
  if (!secret.isGenerated && !isInForce) log.warn(IGNORED_SECRET);
  if (!secret.isGenerated && /[+%]/.test(secret.secret)) log.warn(ENCODED_SECRET);
  await warnOfLostKey(services, log);
  if (isInForce) secretFile.keep();
  else secretFile.takeBack();
  if (!isCommand && (await secretFile.recover(isAdministrators))) log.warn(RECOVERED_SECRET);
  // Lost answer: the start before may have been committed though nobody could say so, and its secret is this one.
  return { ...services, home, generatedSecret: secret.isGenerated && isInForce ? secret.secret : undefined };
}

async function hasHome(writer: DataSource): Promise<boolean> {
  if (!(await hasTable(writer, 'tenants'))) return false;
  return (await writer.query<unknown[]>('SELECT id FROM tenants WHERE is_home = 1')).length > 0;
}

/** The setting counts at the first start only; one that is changed later would mislead whoever set it. */
const IGNORED_SECRET =
  'ADMIN_CLIENT_SECRET is not the secret of the administrator\'s client and is ignored; "npm run admin:reset" puts it in force';

const RECOVERED_SECRET =
  "the administrator's secret is in the file that ADMIN_SECRET_FILE_OUT names, where a process has left it that was killed before it could say so";

const ENCODED_SECRET =
  'ADMIN_CLIENT_SECRET has a + or a %, which stand for something else in a Basic header: clients that do not percent-encode it there, as curl -u, are refused; send it in the form, or choose another';

/** Whether the administrator's client has a secret. */
async function hasSecret({ config, lookup, cipher }: Services, home: TenantContext, secret: PlainSecret): Promise<boolean> {
  const { client } = await lookup.find(home, config.adminClientId);
  return client !== undefined && matchSecret(cipher, client.rowId, secret, client.secrets) !== undefined;
}

/** Whoever removes the previous key too early would otherwise learn of it from the clients that are refused, and people who cannot sign in. */
async function warnOfLostKey(services: Services, log: Log): Promise<void> {
  const secrets = await countSecretsOfLostKeys(services);
  const providerSecrets = await services.providers.countLost();
  if (secrets + providerSecrets === 0) return;
  log.warn(
    { secrets, providerSecrets },
    'some secrets were stored under an encryption key that is not at hand, and are refused: set ENCRYPTION_KEY_PREVIOUS to it',
  );
}

import { z } from 'zod';
import { type Databases, type DatabaseValues, databaseFaults, databaseShape, migratorSchema, toDatabases } from './database/settings.js';
import type { DatabaseSettings } from './database/url.js';
import { StartupError } from './errors.js';
import type { Network } from './http/networks.js';
import { type Reach, reachFaults, reachShape, toReach } from './http/settings.js';
import { readGiven, SECRET_SETTINGS } from './setting-files.js';
import {
  absoluteUri,
  encryptionKey,
  flag,
  KEY_COMMAND,
  LOG_LEVELS,
  networks,
  origin,
  origins,
  port,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  wholeNumber,
  workers,
} from './setting-values.js';

/** Every setting of the process, checked and completed. */
export interface Config extends Reach {
  port: number;
  host: string;
  /** Origin of the home tenant, without a trailing slash. */
  issuer: string;
  database: DatabaseSettings;
  /** The same database, as a user who may change its tables. */
  migrationDatabase: DatabaseSettings;
  /** 32 bytes; absent when it is to be kept beside the SQLite file. */
  encryptionKey: Buffer | undefined;
  /** The 32 bytes before `encryptionKey`, while rows made with them remain. */
  previousEncryptionKey: Buffer | undefined;
  adminClientId: string;
  adminClientSecret: string | undefined;
  /** The file that gets a generated secret at the first start, in place of the terminal. */
  adminSecretFileOut: string | undefined;
  /** Of clients of the home tenant that are created without one; `<issuer>/api` when absent. */
  apiAudience: string | undefined;
  /** With what the home tenant's tokens are signed, and those of a new tenant at first. */
  signingAlgorithm: SigningAlgorithm;
  /** Age in days at which a signing key is replaced. */
  signingKeyDays: number;
  /** Failures a minute from one source for one client id, after which it has to wait; 0 never. */
  failureLimit: number;
  /** Where a tenant's identity provider and the like may be, beside what can be reached from everywhere. */
  trustedIssuerNetworks: readonly Network[];
  /** Whose pages may call the GraphQL API, beside those of the tenant's own host. */
  allowedOrigins: readonly string[];
  graphiql: boolean;
  /** For how many days the record of what was done is kept. */
  auditRetentionDays: number;
  /** Of tenants that are given none of their own. */
  tenantLimits: { clients: number; mutationsAMinute: number; recordBytesADay: number };
  isProduction: boolean;
  logLevel: (typeof LOG_LEVELS)[number];
  metricsPort: number | undefined;
  /** Processes that share the port, 1 to 64. */
  workers: number;
}

const settings = z.object({
  PORT: port.default(4000),
  HOST: z.string().default('127.0.0.1'),
  ISSUER: origin.optional(),
  NODE_ENV: z.string().optional(),
  ...databaseShape,
  ENCRYPTION_KEY: encryptionKey.optional(),
  ENCRYPTION_KEY_PREVIOUS: encryptionKey.optional(),
  ADMIN_CLIENT_ID: z
    .string()
    .regex(/^[A-Za-z0-9._~-]{1,100}$/, 'must be 1 to 100 of A-Z a-z 0-9 . _ ~ -')
    .default('admin'),
  ADMIN_CLIENT_SECRET: z
    .string()
    .regex(/^[\x20-\x7e]{32,200}$/, 'must be 32 to 200 printable ASCII characters')
    .optional(),
  ADMIN_SECRET_FILE_OUT: z.string().optional(),
  API_AUDIENCE: absoluteUri.optional(),
  SIGNING_ALGORITHM: z.enum(SIGNING_ALGORITHMS, `must be one of ${SIGNING_ALGORITHMS.join(', ')}`).default('ES256'),
  SIGNING_KEY_DAYS: wholeNumber(1, 3650).default(90),
  FAILURE_LIMIT: wholeNumber(0, 1_000_000).default(20),
  ...reachShape,
  TRUSTED_ISSUER_NETWORKS: networks.default([]),
  ALLOWED_ORIGINS: origins.default([]),
  GRAPHIQL: flag.default(true),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  METRICS_PORT: port.optional(),
  WORKERS: workers.default(1),
  AUDIT_RETENTION_DAYS: wholeNumber(1, 36_500).default(400),
  TENANT_CLIENT_LIMIT: wholeNumber(1, 999_999_999).default(2_000_000),
  TENANT_MUTATION_LIMIT: wholeNumber(1, 999_999_999).default(60_000),
  TENANT_RECORD_LIMIT: wholeNumber(1, 999_999_999).default(250_000_000),
});

/** What is wrong with settings that are right each by itself. It looks at what was given, so that it is told together with the rest. */
function faultsTogether(given: Record<string, string>): Fault[] {
  const faults: Fault[] = [];
  const isProduction = given.NODE_ENV === 'production';
  if (isProduction && !given.ISSUER?.startsWith('https://')) {
    faults.push({ name: 'ISSUER', message: 'must be an https origin when NODE_ENV is production' });
  }
  if (given.ENCRYPTION_KEY === undefined && (isProduction || /^(mysql|mariadb):/i.test(given.DATABASE_URL ?? ''))) {
    faults.push({ name: 'ENCRYPTION_KEY', message: `must be set with MySQL or in production; make one with: ${KEY_COMMAND}` });
  }
  if (given.ENCRYPTION_KEY_PREVIOUS !== undefined && given.ENCRYPTION_KEY === undefined) {
    faults.push({ name: 'ENCRYPTION_KEY', message: 'must be set beside ENCRYPTION_KEY_PREVIOUS' });
  }
  return faults;
}

/** The names of all settings; the Docker files are held against them. */
export const SETTING_NAMES: readonly string[] = [...Object.keys(settings.shape), ...SECRET_SETTINGS.map((name) => `${name}_FILE`)];

/**
 * Reads the settings from environment variables and the files that they name; an empty variable counts as unset.
 * @throws {StartupError} that names every fault at once and repeats no value
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const { value, databases } = read(settings, env, (given) => [...databaseFaults(given), ...reachFaults(given), ...faultsTogether(given)]);
  const reach = toReach(value);
  const issuer = value.ISSUER ?? new URL(`${reach.tls ? 'https' : 'http'}://localhost:${value.PORT}`).origin;
  return {
    port: value.PORT,
    host: value.HOST,
    issuer,
    ...databases,
    encryptionKey: value.ENCRYPTION_KEY,
    previousEncryptionKey: value.ENCRYPTION_KEY_PREVIOUS,
    adminClientId: value.ADMIN_CLIENT_ID,
    adminClientSecret: value.ADMIN_CLIENT_SECRET,
    adminSecretFileOut: value.ADMIN_SECRET_FILE_OUT,
    apiAudience: value.API_AUDIENCE,
    signingAlgorithm: value.SIGNING_ALGORITHM,
    signingKeyDays: value.SIGNING_KEY_DAYS,
    failureLimit: value.FAILURE_LIMIT,
    ...reach,
    trustedIssuerNetworks: value.TRUSTED_ISSUER_NETWORKS,
    allowedOrigins: value.ALLOWED_ORIGINS,
    graphiql: value.GRAPHIQL,
    logLevel: value.LOG_LEVEL,
    metricsPort: value.METRICS_PORT,
    workers: value.WORKERS,
    auditRetentionDays: value.AUDIT_RETENTION_DAYS,
    tenantLimits: {
      clients: value.TENANT_CLIENT_LIMIT,
      mutationsAMinute: value.TENANT_MUTATION_LIMIT,
      recordBytesADay: value.TENANT_RECORD_LIMIT,
    },
    isProduction: value.NODE_ENV === 'production',
  };
}

/**
 * Reads how the database is reached, and nothing else: who changes its tables need not know what protects the secrets in it,
 * nor the user who serves.
 * @throws {StartupError} that names every fault at once and repeats no value
 */
export function readDatabases(env: NodeJS.ProcessEnv = process.env): Databases {
  const faultsOf = (given: Record<string, string>) => databaseFaults({ DATABASE_URL: given.MIGRATION_DATABASE_URL, ...given });
  return read(migratorSchema, env, faultsOf).databases;
}

interface Fault {
  name: string;
  message: string;
}

function read<T extends DatabaseValues>(
  schema: z.ZodType<T>,
  env: NodeJS.ProcessEnv,
  faultsOf: (given: Record<string, string>) => Fault[],
): { value: T; databases: Databases } {
  const given = readGiven(env);
  const result = schema.safeParse(given.values);
  const single = result.success ? [] : result.error.issues.map(({ path, message }) => ({ name: path.join('.'), message }));
  const isTold = (name: string) =>
    given.faults.some((fault) => fault.name === given.nameOf(name)) || single.some((fault) => fault.name === name);
  const faults = [...single, ...faultsOf(given.values).filter(({ name }) => !isTold(name))];
  const databases = result.success && faults.length === 0 ? toDatabases(result.data) : undefined;
  if (databases && 'fault' in databases) faults.push({ name: 'DATABASE_KEY_FILE', message: databases.fault });
  const told = [...given.faults, ...faults.map(({ name, message }) => ({ name: given.nameOf(name), message }))];
  if (!result.success || !databases || 'fault' in databases || told.length > 0) throw new StartupError(describeFaults(told));
  return { value: result.data, databases };
}

function describeFaults(faults: readonly Fault[]): string {
  return ['These settings need a change:', ...faults.map(({ name, message }) => `  ${name} ${message}.`)].join('\n');
}

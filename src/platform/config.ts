import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { StartupError } from './errors.js';
import { type Network, parseNetwork } from './networks.js';
import { originFault } from './origins.js';

/** Where the data lives: a file of the embedded SQLite, or a MySQL or MariaDB server. */
export type DatabaseSettings = { type: 'sqlite'; path: string } | { type: 'mysql'; url: string };

/** Every setting of the process, checked and completed. */
export interface Config {
  port: number;
  host: string;
  /** Origin of the home tenant, without a trailing slash. */
  issuer: string;
  database: DatabaseSettings;
  /** 32 bytes; absent when it is to be kept beside the SQLite file. */
  encryptionKey: Buffer | undefined;
  /** The 32 bytes before `encryptionKey`, while rows made with them remain. */
  previousEncryptionKey: Buffer | undefined;
  adminClientId: string;
  adminClientSecret: string | undefined;
  /** Of clients of the home tenant that are created without one; `<issuer>/api` when absent. */
  apiAudience: string | undefined;
  /** With what the home tenant's tokens are signed, and those of a new tenant at first. */
  signingAlgorithm: SigningAlgorithm;
  /** Age in days at which a signing key is replaced. */
  signingKeyDays: number;
  /** Failures a minute from one source for one client id, after which it has to wait; 0 never. */
  failureLimit: number;
  /** How many proxies stand in front, whose X-Forwarded-* headers are believed. */
  trustProxy: number;
  /** Whether a proxy's X-Forwarded-Host names the tenant. */
  trustForwardedHost: boolean;
  /** Where a tenant's identity provider and the like may be, beside what can be reached from everywhere. */
  trustedIssuerNetworks: readonly Network[];
  /** Whose pages may call the GraphQL API, beside those of the tenant's own host. */
  allowedOrigins: readonly string[];
  graphiql: boolean;
  /** For how many days the record of what was done is kept. */
  auditRetentionDays: number;
  isProduction: boolean;
  logLevel: (typeof LOG_LEVELS)[number];
  metricsPort: number | undefined;
  /** Processes that share the port, 1 to 64. */
  workers: number;
}

/** The JOSE algorithms that access tokens can be signed with. */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const;

/** One of {@link SIGNING_ALGORITHMS}. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const MOST_WORKERS = 64;
const KEY_COMMAND = 'openssl rand -base64 32';

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number from 1 to 65535')
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65535, 'must be a port number from 1 to 65535');

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

const workers = z.string().transform((value, context) => {
  if (value === 'auto') return Math.min(availableParallelism(), MOST_WORKERS);
  if (/^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= MOST_WORKERS) return Number(value);
  context.addIssue(`must be auto or a whole number from 1 to ${MOST_WORKERS}`);
  return z.NEVER;
});

const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');

const proxies = z
  .string()
  .regex(/^(true|false|\d)$/, 'must be true, false, or the number of proxies in front, up to 9')
  .transform((value) => (value === 'true' ? 1 : Number(value) || 0));

const networks = z.string().transform((value, context): Network[] => {
  const parsed = value.split(',').map((text) => parseNetwork(text.trim()));
  if (parsed.every((network) => network !== undefined)) return parsed;
  context.addIssue('must be networks such as 10.20.0.0/16 or fd00::/8, or single addresses, separated by commas');
  return z.NEVER;
});

const origin = z.string().refine((value) => {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === value;
}, 'must be an origin such as https://id.example.com: a scheme and a host in lower case, without a path or a trailing slash');

const origins = z.string().transform((value, context): string[] => {
  const entries = value.split(',').map((text) => text.trim());
  entries.forEach((entry, index) => {
    const fault = originFault(entry);
    if (fault) context.addIssue(`must be origins such as https://app.example.com, separated by commas: number ${index + 1} ${fault}`);
  });
  return entries;
});

const absoluteUri = z.string().refine((value) => URL.canParse(value) && !value.includes('#'), 'must be an absolute URI without a fragment');

const databaseUrl = z.string().transform((value, context): DatabaseSettings => {
  if (value.startsWith('sqlite:') && value.length > 'sqlite:'.length && value !== 'sqlite::memory:') {
    return { type: 'sqlite', path: value.slice('sqlite:'.length) };
  }
  const url = URL.parse(value);
  if (url?.protocol === 'mysql:' && url.hostname !== '' && url.pathname.length > 1) return { type: 'mysql', url: value };
  context.addIssue('must look like sqlite:path/to/file.db or mysql://user:password@host:3306/name');
  return z.NEVER;
});

const encryptionKey = z.string().transform((value, context) => {
  const key = Buffer.from(value, 'base64');
  if (key.length === 32 && key.toString('base64') === value) return key;
  context.addIssue(`must be exactly 32 bytes in base64; make one with: ${KEY_COMMAND}`);
  return z.NEVER;
});

const settings = z
  .object({
    PORT: port.default(4000),
    HOST: z.string().default('127.0.0.1'),
    ISSUER: origin.optional(),
    NODE_ENV: z.string().optional(),
    DATABASE_URL: databaseUrl.default({ type: 'sqlite', path: 'data/latchkey.db' }),
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
    API_AUDIENCE: absoluteUri.optional(),
    SIGNING_ALGORITHM: z.enum(SIGNING_ALGORITHMS, `must be one of ${SIGNING_ALGORITHMS.join(', ')}`).default('ES256'),
    SIGNING_KEY_DAYS: wholeNumber(1, 3650).default(90),
    FAILURE_LIMIT: wholeNumber(0, 1_000_000).default(20),
    TRUST_PROXY: proxies.default(0),
    TRUST_FORWARDED_HOST: flag.default(false),
    TRUSTED_ISSUER_NETWORKS: networks.default([]),
    ALLOWED_ORIGINS: origins.default([]),
    GRAPHIQL: flag.default(true),
    LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
    METRICS_PORT: port.optional(),
    WORKERS: workers.default(1),
    AUDIT_RETENTION_DAYS: wholeNumber(1, 36_500).default(400),
  })
  .superRefine((value, context) => {
    const isProduction = value.NODE_ENV === 'production';
    if (isProduction && !value.ISSUER?.startsWith('https://')) {
      context.addIssue({ code: 'custom', path: ['ISSUER'], message: 'must be an https origin when NODE_ENV is production' });
    }
    if (value.ENCRYPTION_KEY === undefined && (isProduction || value.DATABASE_URL.type === 'mysql')) {
      context.addIssue({
        code: 'custom',
        path: ['ENCRYPTION_KEY'],
        message: `must be set with MySQL or in production; make one with: ${KEY_COMMAND}`,
      });
    }
    if (value.TRUST_FORWARDED_HOST && value.TRUST_PROXY === 0) {
      const message = 'must be false unless TRUST_PROXY is set: without a proxy anybody may send X-Forwarded-Host';
      context.addIssue({ code: 'custom', path: ['TRUST_FORWARDED_HOST'], message });
    }
    if (value.ENCRYPTION_KEY_PREVIOUS !== undefined && value.ENCRYPTION_KEY === undefined) {
      context.addIssue({ code: 'custom', path: ['ENCRYPTION_KEY'], message: 'must be set beside ENCRYPTION_KEY_PREVIOUS' });
    }
  });

/** The names of all settings; the Docker files are held against them. */
export const SETTING_NAMES: readonly string[] = Object.keys(settings.shape);

/**
 * Reads the settings from environment variables; an empty variable counts as unset.
 * @throws {StartupError} that names every fault at once and repeats no value
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = settings.safeParse(given);
  if (!result.success) throw new StartupError(describeFaults(result.error));
  const value = result.data;
  const issuer = value.ISSUER ?? new URL(`http://localhost:${value.PORT}`).origin;
  return {
    port: value.PORT,
    host: value.HOST,
    issuer,
    database: value.DATABASE_URL,
    encryptionKey: value.ENCRYPTION_KEY,
    previousEncryptionKey: value.ENCRYPTION_KEY_PREVIOUS,
    adminClientId: value.ADMIN_CLIENT_ID,
    adminClientSecret: value.ADMIN_CLIENT_SECRET,
    apiAudience: value.API_AUDIENCE,
    signingAlgorithm: value.SIGNING_ALGORITHM,
    signingKeyDays: value.SIGNING_KEY_DAYS,
    failureLimit: value.FAILURE_LIMIT,
    trustProxy: value.TRUST_PROXY,
    trustForwardedHost: value.TRUST_FORWARDED_HOST,
    trustedIssuerNetworks: value.TRUSTED_ISSUER_NETWORKS,
    allowedOrigins: value.ALLOWED_ORIGINS,
    graphiql: value.GRAPHIQL,
    logLevel: value.LOG_LEVEL,
    metricsPort: value.METRICS_PORT,
    workers: value.WORKERS,
    auditRetentionDays: value.AUDIT_RETENTION_DAYS,
    isProduction: value.NODE_ENV === 'production',
  };
}

function describeFaults(error: z.ZodError): string {
  const lines = error.issues.map(({ path, message }) => `  ${path.join('.')} ${message}.`);
  return ['These settings need a change:', ...lines].join('\n');
}

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { isCertificate, isPair } from '../key-pair.js';
import { readSettingFile } from '../setting-files.js';
import { RELEASE_FOLDER } from '../version.js';
import { TLS_MODES, type TlsSettings } from './tls.js';
import { type DatabaseSettings, type DatabaseUrl, type MysqlSettings, readDatabaseUrl, UrlFault } from './url.js';

const DEFAULT_FILE = 'data/latchkey.db';
/** Beside the release, whatever folder somebody starts it from. */
const DEFAULT_URL: DatabaseUrl & { path: string } = { type: 'sqlite', path: join(RELEASE_FOLDER, DEFAULT_FILE) };
const DEFAULT_POOL_SIZE = 10;
/** One connection writes while another looks whether an earlier commit was made. */
const LEAST_POOL_SIZE = 2;
const MOST_POOL_SIZE = 500;
const POOL_FORM = `must be a whole number from ${LEAST_POOL_SIZE} to ${MOST_POOL_SIZE}`;

const url = z.string().transform((value, context) => {
  try {
    return readDatabaseUrl(value);
  } catch (fault) {
    if (!(fault instanceof UrlFault)) throw fault;
    context.addIssue(fault.message);
    return z.NEVER;
  }
});

const fileContent = z.string().transform((path, context) => {
  const content = readSettingFile(path);
  if ('text' in content) return content.text;
  context.addIssue(content.fault);
  return z.NEVER;
});

/** The settings that say how the database is reached. */
export const databaseShape = {
  DATABASE_URL: url.default(DEFAULT_URL),
  MIGRATION_DATABASE_URL: url.optional(),
  DATABASE_TLS: z.enum(TLS_MODES, `must be one of ${TLS_MODES.join(', ')}`).default('prefer'),
  DATABASE_CA_FILE: fileContent.refine(isCertificate, 'names a file that is not certificates in PEM').optional(),
  DATABASE_CERT_FILE: fileContent.refine(isCertificate, 'names a file that is not certificates in PEM').optional(),
  DATABASE_KEY_FILE: fileContent.optional(),
  DATABASE_POOL_SIZE: z
    .string()
    .regex(/^\d{1,3}$/, POOL_FORM)
    .transform(Number)
    .refine((value) => value >= LEAST_POOL_SIZE && value <= MOST_POOL_SIZE, POOL_FORM)
    .default(DEFAULT_POOL_SIZE),
};

/** The same for whoever changes the tables and does nothing else: `MIGRATION_DATABASE_URL` alone is enough. */
export const migratorSchema = z
  .object({ ...databaseShape, DATABASE_URL: url.optional() })
  .transform((values) => ({ ...values, DATABASE_URL: values.DATABASE_URL ?? values.MIGRATION_DATABASE_URL ?? DEFAULT_URL }));

/** Those settings, read. */
export type DatabaseValues = z.infer<z.ZodObject<typeof databaseShape>>;

/** How data are read and written, and how the schema is changed. */
export interface Databases {
  database: DatabaseSettings;
  migrationDatabase: DatabaseSettings;
}

/** What is wrong with settings that are right each by itself. */
export function databaseFaults(values: Record<string, string | undefined>): { name: string; message: string }[] {
  const faults: { name: string; message: string }[] = [];
  const given = tryRead(values.DATABASE_URL);
  const migrating = tryRead(values.MIGRATION_DATABASE_URL);
  const mode = values.DATABASE_TLS ?? 'prefer';
  // Releases up to 0.1.0 looked for it in the folder in which they were started.
  const former = resolve(DEFAULT_FILE);
  if (values.DATABASE_URL === undefined && former !== DEFAULT_URL.path && existsSync(former)) {
    const message = `must be set: there is a database in ${former}, where earlier releases kept it; without the setting it is ${DEFAULT_URL.path}. Set sqlite: and one of both`;
    faults.push({ name: 'DATABASE_URL', message });
  }
  const isDemanded = mode === 'require' || mode === 'verify';
  if (isDemanded && [given, migrating].some((address) => address?.type === 'mysql' && 'socketPath' in address.place)) {
    faults.push({ name: 'DATABASE_TLS', message: 'must be off or prefer with a socket, which leads nowhere beyond this machine' });
  }
  if (values.DATABASE_CA_FILE !== undefined && !isDemanded) {
    faults.push({ name: 'DATABASE_CA_FILE', message: 'is of use with DATABASE_TLS=verify or require alone: set one of them' });
  }
  if ((values.DATABASE_CERT_FILE === undefined) !== (values.DATABASE_KEY_FILE === undefined)) {
    faults.push({ name: 'DATABASE_CERT_FILE', message: 'must be set together with DATABASE_KEY_FILE' });
  }
  const main = values.DATABASE_URL === undefined ? DEFAULT_URL : given;
  if (main && migrating && !areOfOne(main, migrating)) {
    faults.push({ name: 'MIGRATION_DATABASE_URL', message: 'must name a database of the same name on MySQL as DATABASE_URL' });
  }
  return faults;
}

/** Puts the parts together. Whether the certificate and its key are a pair is the last thing that can be wrong. */
export function toDatabases(values: DatabaseValues): Databases | { fault: string } {
  const { DATABASE_CERT_FILE: certificate, DATABASE_KEY_FILE: key } = values;
  const client = certificate !== undefined && key !== undefined ? { certificate, key } : undefined;
  if (client && !isPair(client)) return { fault: 'is not the private key of DATABASE_CERT_FILE in PEM, without a passphrase' };
  const tls: TlsSettings = { mode: values.DATABASE_TLS, ca: values.DATABASE_CA_FILE, client };
  const complete = (parts: DatabaseUrl, setting: MysqlSettings['setting']): DatabaseSettings =>
    parts.type === 'sqlite'
      ? parts
      : { ...parts, setting, tls: 'socketPath' in parts.place ? { mode: 'off' } : tls, poolSize: values.DATABASE_POOL_SIZE };
  const database = complete(values.DATABASE_URL, 'DATABASE_URL');
  const migrating = values.MIGRATION_DATABASE_URL;
  return { database, migrationDatabase: migrating ? complete(migrating, 'MIGRATION_DATABASE_URL') : database };
}

function areOfOne(given: DatabaseUrl, migrating: DatabaseUrl): boolean {
  return given.type === 'mysql' && migrating.type === 'mysql' && given.database === migrating.database;
}

function tryRead(text: string | undefined): DatabaseUrl | undefined {
  try {
    return text === undefined ? undefined : readDatabaseUrl(text);
  } catch {
    return undefined;
  }
}

import { KEY_ID } from '../../platform/cipher.js';
import { toSqlText } from '../../platform/database/moments.js';
import { StartupError } from '../../platform/errors.js';
import type { BackupHeader } from './backup-file.js';

/** What is in a database, as far as a backup tells of it. */
export type Contents = Pick<BackupHeader, 'lastMigration' | 'tenants' | 'clients' | 'keyIds' | 'otherKeyIds'>;

/** Runs a query; its parameters are text. */
export type Ask = (sql: string, values?: readonly string[]) => Promise<Record<string, unknown>[]>;

/**
 * Reads what is in a database of this release or an earlier one.
 * @param tables the names of all its tables
 * @throws {StartupError} when it is not one of Latchkey's
 */
export async function readContents(ask: Ask, tables: readonly string[]): Promise<Contents> {
  if (!['migrations', 'tenants', 'clients', 'client_secrets', 'signing_keys'].every((name) => tables.includes(name))) {
    throw new StartupError('The database has no tables of Latchkey: there is nothing to back up.');
  }
  const texts = async (sql: string, values?: string[]) => (await ask(sql, values)).map(({ value }) => String(value));
  // What names no key, in a row that somebody has damaged, is needed by nobody.
  const names = async (sql: string, values?: string[]) => (await texts(sql, values)).filter((name) => KEY_ID.test(name));
  // Of what an earlier release has not.
  const hasRun = async (migration: string) =>
    (await texts('SELECT name AS value FROM migrations WHERE name LIKE ?', [`${migration}%`])).length > 0;
  const now = toSqlText(new Date());
  const encrypted = ['signing_keys', 'identity_providers'].filter((name) => tables.includes(name));
  // What the home tenant signs with stands first.
  const began = (await hasRun('LifeOfSecrets')) ? 'k.activates_at' : 'k.created_at';
  const ofHome = 'SELECT k.key_id AS value FROM signing_keys k JOIN tenants t ON t.id = k.tenant_id WHERE t.is_home = 1';
  const newest = await names(`${ofHome} AND ${began} <= ? ORDER BY ${began} DESC LIMIT 1`, [now]);
  const keyIds = [
    ...new Set([...newest, ...(await names(encrypted.map((name) => `SELECT key_id AS value FROM ${name}`).join(' UNION ')))]),
  ];
  const ofSecrets = await names('SELECT DISTINCT key_id AS value FROM client_secrets WHERE expires_at IS NULL OR expires_at > ?', [now]);
  const ofRecords = (await hasRun('Changes'))
    ? await names('SELECT DISTINCT record_key_id AS value FROM tenants WHERE record_key_id IS NOT NULL')
    : [];
  const [lastMigration = ''] = await texts('SELECT name AS value FROM migrations ORDER BY timestamp DESC LIMIT 1');
  const [tenants, clients] = [await texts('SELECT COUNT(*) AS value FROM tenants'), await texts('SELECT COUNT(*) AS value FROM clients')];
  return {
    lastMigration,
    tenants: Number(tenants[0]),
    clients: Number(clients[0]),
    keyIds,
    otherKeyIds: [...new Set([...ofSecrets, ...ofRecords])].filter((id) => !keyIds.includes(id)),
  };
}

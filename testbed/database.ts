import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { SET_SESSION } from '../src/platform/database/mysql-session.js';
import { scratchFolder } from './scratch.js';

declare const databaseKind: 'sqlite' | 'mysql';

/** Which database the running project tests on. */
export const kind = databaseKind;

/** An empty database of a test's own. */
export interface TestDatabase {
  /** As `DATABASE_URL` has it. */
  url: string;
  /** A folder of the test's own; with SQLite the database is in it. */
  folder: string;
  /** Everything that is stored, as text. */
  dump(): Promise<string>;
  /** The names of all its tables. */
  tables(): Promise<unknown[]>;
  /** Runs SQL past the server. */
  query(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>;
  remove(): Promise<void>;
}

/** Every table with data; beside them are those of `BOOKKEEPING`. */
export const TABLES = [
  'tenants',
  'clients',
  'client_secrets',
  'client_hours',
  'client_proofs',
  'client_refusals',
  'trusted_issuers',
  'federated_credentials',
  'key_sets',
  'certificate_authorities',
  'client_segments',
  'client_grams',
  'signing_keys',
  'revoked_tokens',
  'used_proofs',
  'audit_events',
  'identity_providers',
  'sessions',
];

/** What is kept for the installation itself: its migrations and, on MySQL, whose turn it is. */
export const BOOKKEEPING = ['migrations', 'leases'];

/** Makes an empty database of the running project's kind. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(scratchFolder(), 'latchkey-test-'));
  return kind === 'sqlite' ? sqliteDatabase(folder) : mysqlDatabase(folder, process.env.TEST_MYSQL_URL as string);
}

function sqliteDatabase(folder: string): TestDatabase {
  const path = join(folder, 'data', 'latchkey.db');
  const query = async (sql: string, parameters: unknown[] = []) => {
    const { default: Sqlite } = await import('better-sqlite3');
    const connection = new Sqlite(path);
    try {
      const statement = connection.prepare(sql);
      if (statement.reader) return statement.all(...parameters) as Record<string, unknown>[];
      statement.run(...parameters);
      return [];
    } finally {
      connection.close();
    }
  };
  return {
    url: `sqlite:${path}`,
    folder,
    query,
    tables: async () =>
      (await query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")).map(({ name }) => name),
    dump: () => dumpTables(query),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function mysqlDatabase(folder: string, server: string): Promise<TestDatabase> {
  const name = `latchkey_test_${randomBytes(6).toString('hex')}`;
  const query = async (sql: string, parameters: unknown[] = [], database = name) => {
    const connection = await mysql.createConnection({ uri: `${server}/${database}`, timezone: 'Z' });
    try {
      await connection.query(SET_SESSION);
      await connection.query('UNLOCK TABLES');
      const [rows] = await connection.query(sql, parameters);
      return (Array.isArray(rows) ? rows : []) as Record<string, unknown>[];
    } finally {
      await connection.end();
    }
  };
  await query(`CREATE DATABASE ${name}`, [], '');
  return {
    url: `${server}/${name}`,
    folder,
    query,
    tables: async () => (await query('SHOW TABLES')).flatMap((row) => Object.values(row)),
    dump: () => dumpTables(query),
    remove: async () => {
      await query(`DROP DATABASE ${name}`, [], '');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function dumpTables(query: TestDatabase['query']): Promise<string> {
  const tables = await Promise.all(TABLES.map((table) => query(`SELECT * FROM ${table}`)));
  return JSON.stringify(tables);
}

import Sqlite from 'better-sqlite3';
import mysql from 'mysql2/promise';
import { getMetadataArgsStorage } from 'typeorm';
import { loadBuilt, openBuilt } from './built.ts';

/** How many tenants there are beside the home tenant. */
export const TENANTS = 10_000;
/** How many clients each of them has. */
export const CLIENTS_OF_EACH = 100;
const TENANTS_AT_ONCE = 20;

type Row = Record<string, unknown>;
type Entity = new () => object;

/** Where rows go: a table, its columns, and the values of each row. */
type Insert = (table: string, columns: string[], rows: unknown[][]) => Promise<void>;

/** A database that rows are poured into, past the server. */
export interface Target {
  insert: Insert;
  close(): Promise<void>;
}

/** The host of a tenant. */
export function hostOf(tenant: number): string {
  return `t${String(tenant).padStart(5, '0')}.localhost`;
}

/** The id of one of a tenant's clients. */
export function clientIdOf(client: number): string {
  return `client-${String(client).padStart(3, '0')}`;
}

/**
 * Makes the tenants with their signing keys, clients and secrets, once for all databases. The server's own
 * services make each row; only the way into the tables is shorter.
 * @param env with the encryption key of all targets, and a database that none of them is
 * @returns the secrets, those of one tenant after those of another
 */
export async function seed(env: Record<string, string>, targets: readonly Target[]): Promise<string[]> {
  const maker = await createMaker(env);
  const secrets: string[] = [];
  for (let start = 0; start < TENANTS; start += TENANTS_AT_ONCE) {
    for (let tenant = start; tenant < start + TENANTS_AT_ONCE; tenant += 1) secrets.push(...(await maker.make(tenant)));
    for (const { table, columns, rows } of maker.take()) {
      for (const target of targets) await target.insert(table, columns, rows);
    }
  }
  for (const target of targets) await target.close();
  await maker.close();
  return secrets;
}

async function createMaker(env: Record<string, string>) {
  const { clients, secrets, cipher, database } = await openBuilt(env);
  const { SigningKeyStore } = await loadBuilt('tokens/signing-key-store.js');
  const { newTenant } = await loadBuilt('tenants/tenant-row.js');
  const { Tenant } = await loadBuilt('tenants/tenant.entity.js');
  const { ClientAuthMethod } = await loadBuilt('clients/client.entity.js');
  const { hintOf, makeSecret } = await loadBuilt('clients/secret.js');
  const keys = new SigningKeyStore(cipher);
  const gathered = new Map<Entity, Row[]>();
  /** Stands in for TypeORM's, and keeps what it is given. */
  const manager = {
    create: (_entity: Entity, row: Row) => row,
    insert: async (entity: Entity, row: Row) => {
      const rows = gathered.get(entity) ?? [];
      gathered.set(entity, rows);
      rows.push({ ...row });
    },
  };
  const make = async (index: number) => {
    const host = hostOf(index);
    const tenant = { ...newTenant({ host, name: `Tenant ${index}` }), signingAlgorithm: 'ES256' };
    await manager.insert(Tenant, tenant);
    const key = { tenantId: tenant.id, algorithm: 'ES256', usableFrom: new Date() };
    await keys.insert(manager, { ...key, activatesAt: key.usableFrom });
    await keys.insert(manager, key);
    const made: string[] = [];
    for (let client = 0; client < CLIENTS_OF_EACH; client += 1) {
      const values = {
        name: `Client ${client}`,
        clientId: clientIdOf(client),
        accessTokenLifetime: 3600,
        scopes: ['orders:read'],
        jwks: null,
      };
      const issuer = `http://${host}`;
      const rights = { audiences: [`${issuer}/api`], authMethod: ClientAuthMethod.SECRET };
      const row = await clients.insert(manager, { tenant, issuer }, { ...values, ...rights });
      const secret = makeSecret();
      await secrets.insert(manager, row, { secret, hint: hintOf(secret) });
      made.push(secret);
    }
    return made;
  };
  const take = () => {
    const tables = [...gathered].map(([entity, rows]) => toTable(entity, rows));
    gathered.clear();
    return tables;
  };
  return { make, take, close: () => database.close() };
}

function toTable(entity: Entity, rows: readonly Row[]) {
  const storage = getMetadataArgsStorage();
  const table = storage.tables.find(({ target }) => target === entity)?.name ?? '';
  const columns = storage.filterColumns(entity);
  return {
    table,
    columns: columns.map(({ options, propertyName }) => options.name ?? propertyName),
    rows: rows.map((row) => columns.map(({ propertyName }) => toColumn(row[propertyName]))),
  };
}

/** Both databases take moments as text in UTC, flags as numbers and JSON as text. */
function toColumn(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, -1);
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

/** A file of SQLite that nobody else has open. */
export function sqliteTarget(path: string): Target {
  const connection = new Sqlite(path);
  for (const pragma of ['synchronous = OFF', 'cache_size = -1000000']) connection.pragma(pragma);
  const statements = new Map<string, Sqlite.Statement>();
  const insert: Insert = async (table, columns, rows) => {
    const statement = statements.get(table) ?? connection.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`);
    statements.set(table, statement);
    connection.transaction(() => rows.forEach((row) => void statement.run(...row)))();
  };
  const close = async () => {
    connection.exec('ANALYZE');
    connection.close();
  };
  return { insert, close };
}

/** A database of MariaDB, which works meanwhile: the next rows are made before the last have arrived. */
export async function mariaDbTarget(url: string): Promise<Target> {
  const connection = await mysql.createConnection(url);
  await connection.query('SET SESSION foreign_key_checks = 0, unique_checks = 0');
  let last: Promise<unknown> = Promise.resolve();
  const insert: Insert = async (table, columns, rows) => {
    const before = last;
    last = connection.query(`INSERT INTO ${table} (${columns}) VALUES ?`, [rows]);
    await before;
  };
  const close = async () => {
    await last;
    await connection.query('ANALYZE TABLE tenants, signing_keys, clients, client_secrets');
    await connection.end();
  };
  return { insert, close };
}

import Sqlite from 'better-sqlite3';
import mysql from 'mysql2/promise';
import type { PrivateMariaDb } from '../testbed/mariadb.ts';
import { type Subject, startLatchkey } from './subject.ts';

const BATCH = 1000;
const COLUMNS = [
  'id',
  'tenant_id',
  'name',
  'name_key',
  'search_text',
  'client_id',
  'access_token_lifetime',
  'auth_method',
  'scopes',
  'audiences',
  'enabled',
  'tokens_expire_by',
  'version',
  'created_at',
  'updated_at',
  'last_used_at',
];

type Insert = (rows: unknown[][]) => Promise<void>;

/** A server on SQLite whose tenant has so many clients. */
export async function startOnSqlite(count: number): Promise<Subject> {
  const subject = await startLatchkey(`SQLite, ${count}`);
  await seedSqlite(subject, count);
  return subject;
}

/** A server on MariaDB whose tenant has so many clients. @param name of the bench, for the database's */
export async function startOnMariaDb(mariaDb: PrivateMariaDb, name: string, count: number): Promise<Subject> {
  const database = `${name}_${count}`;
  const connection = await mysql.createConnection(mariaDb.url);
  await connection.query(`CREATE DATABASE ${database}`);
  const subject = await startLatchkey(`MariaDB, ${count}`, {
    DATABASE_URL: `${mariaDb.url}/${database}`,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  });
  await connection.changeUser({ database });
  const [[tenant]] = (await connection.query('SELECT id FROM tenants')) as unknown as [[{ id: string }]];
  await seed(tenant.id, count, async (rows) => void (await connection.query(`INSERT INTO clients (${COLUMNS}) VALUES ?`, [rows])));
  await connection.query('ANALYZE TABLE clients');
  await connection.end();
  return subject;
}

async function seedSqlite(subject: Subject, count: number): Promise<void> {
  const connection = new Sqlite(`${subject.folder}/data/latchkey.db`, { timeout: 10_000 });
  const { id } = connection.prepare('SELECT id FROM tenants').get() as { id: string };
  const statement = connection.prepare(`INSERT INTO clients (${COLUMNS}) VALUES (${COLUMNS.map(() => '?')})`);
  await seed(id, count, async (rows) => connection.transaction(() => rows.forEach((row) => void statement.run(...row)))());
  connection.exec('ANALYZE');
  connection.close();
}

async function seed(tenantId: string, count: number, insert: Insert): Promise<void> {
  for (let start = 0; start < count; start += BATCH) {
    await insert(Array.from({ length: Math.min(BATCH, count - start) }, (_, index) => row(tenantId, start + index)));
  }
}

/** Of a thousand clients one is disabled and seven were never used. */
function row(tenantId: string, index: number): unknown[] {
  const shuffled = String((index * 7919) % 1_000_003).padStart(7, '0');
  const name = `Client ${shuffled}`;
  const createdAt = toMoment(1_760_000_000_000 + index * 1000);
  const enabled = index % 1000 === 5 ? 0 : 1;
  const lastUsedAt = index % 1000 < 7 ? null : toMoment(1_761_000_000_000 + ((index * 7919) % 1_000_003) * 1000);
  const id = `bench000-0000-7000-8000-${String(index).padStart(12, '0')}`;
  const clientId = `client-${shuffled}`;
  const search = `${name}\n${clientId}`.toLowerCase();
  return [
    ...[id, tenantId, name, name.toLowerCase(), search, clientId, 3600, 'SECRET', '[]', '["/api"]'],
    ...[enabled, null, 1, createdAt, createdAt, lastUsedAt],
  ];
}

function toMoment(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').slice(0, -1);
}

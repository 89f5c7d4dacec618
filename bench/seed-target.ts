import Sqlite from 'better-sqlite3';
import mysql from 'mysql2/promise';

/** Where rows go: a table, its columns, and the values of each row. */
export type Insert = (table: string, columns: string[], rows: unknown[][]) => Promise<void>;

/** A database that rows are poured into, past the server. */
export interface Target {
  insert: Insert;
  close(): Promise<void>;
}

/** The database that `DATABASE_URL` names. */
export function openTarget(url: string): Promise<Target> | Target {
  return url.startsWith('mysql:') ? mariaDbTarget(url) : sqliteTarget(url.replace(/^sqlite:/, ''));
}

/** A file of SQLite that nobody else has open. */
function sqliteTarget(path: string): Target {
  const connection = new Sqlite(path);
  for (const pragma of ['synchronous = OFF', 'cache_size = -1000000']) connection.pragma(pragma);
  const statements = new Map<string, Sqlite.Statement>();
  const insert: Insert = async (table, columns, rows) => {
    const statement = statements.get(table) ?? connection.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`);
    statements.set(table, statement);
    connection.transaction(() => rows.forEach((row) => void statement.run(...row)))();
  };
  const close = async () => {
    connection.pragma('wal_checkpoint(TRUNCATE)');
    connection.close();
  };
  return { insert, close };
}

/** A database of MariaDB, which works meanwhile: the next rows are made before the last have arrived. */
async function mariaDbTarget(url: string): Promise<Target> {
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

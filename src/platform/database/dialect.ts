import type { DataSource } from 'typeorm';

/** Whether the database is SQLite, which works in the thread of the server: what takes long there holds up everybody. */
export function isOnSqlite({ connection }: { connection: DataSource }): boolean {
  return connection.options.type === 'better-sqlite3';
}

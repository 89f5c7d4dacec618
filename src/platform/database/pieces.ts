import type { EntityManager, QueryRunner } from 'typeorm';
import type { Database } from './transaction.js';

/** What takes some milliseconds, with all that hangs on each row. */
const ROWS = 500;

/** Rows of a table that are to go. */
export interface Condemned {
  /** The table, which SQLite has with row ids. */
  table: string;
  /** In SQL. */
  where: string;
  parameters: readonly unknown[];
}

/** Removes rows some at a time, each time in a transaction of its own: so many at once would hold up everybody, or be too much for one. */
export async function removeInPieces(database: Database, condemned: Condemned): Promise<void> {
  let isMore = true;
  while (isMore) isMore = await database.write((manager) => removeSome(manager, condemned));
}

/** Removes some rows within a running transaction. @returns whether there may be more */
export async function removeSome(manager: EntityManager, { table, where, parameters }: Condemned): Promise<boolean> {
  const { connection } = manager;
  const runner = manager.queryRunner as QueryRunner;
  const isOnSqlite = connection.options.type === 'better-sqlite3';
  const some = isOnSqlite ? `rowid IN (SELECT rowid FROM ${table} WHERE ${where} LIMIT ${ROWS})` : `${where} LIMIT ${ROWS}`;
  const { affected } = await runner.query(`DELETE FROM ${table} WHERE ${some}`, [...parameters], true);
  return affected === ROWS;
}

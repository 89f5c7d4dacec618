import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager, QueryRunner } from 'typeorm';
import { isOnSqlite } from './dialect.js';
import type { Database } from './transaction.js';

/** What takes some milliseconds, with the little that hangs on each row. */
const ROWS = 500;
const LONGEST_REST_MS = 50;

/** Rows of a table that are to go. */
export interface Condemned {
  /** The table. */
  table: string;
  /** In SQL. */
  where: string;
  parameters: readonly unknown[];
  /** Its primary key, where SQLite has it without row ids. */
  key?: readonly string[];
  /** How many go at a time at most. */
  atATime?: number;
}

/**
 * Removes rows some at a time, each time in a transaction of its own: so many at once would hold up everybody, or be too much for one. It rests
 * for as long as it works, which leaves half of the time to others.
 */
export async function removeInPieces(database: Database, condemned: Condemned): Promise<void> {
  for (;;) {
    const began = performance.now();
    if (!(await database.write((manager) => removeSome(manager, condemned)))) return;
    await sleep(Math.min(performance.now() - began, LONGEST_REST_MS));
  }
}

/**
 * Removes rows within a running transaction, some at a time: SQLite works in this thread, and others read between the pieces. Those who write
 * wait for its end, so the event loop comes round once for each and no more.
 */
export async function removeWithin(manager: EntityManager, condemned: Condemned): Promise<void> {
  while (await removeSome(manager, condemned)) await nextTurn();
}

/** Removes some rows within a running transaction. @returns whether there may be more */
export async function removeSome(
  manager: EntityManager,
  { table, where, parameters, key = ['rowid'], atATime = ROWS }: Condemned,
): Promise<boolean> {
  const runner = manager.queryRunner as QueryRunner;
  const limited = `${where} LIMIT ${atATime}`;
  const some = isOnSqlite(manager) ? `(${key}) IN (SELECT ${key} FROM ${table} WHERE ${limited})` : limited;
  const { affected } = await runner.query(`DELETE FROM ${table} WHERE ${some}`, [...parameters], true);
  return affected === atATime;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { escapeId } from 'mysql2';
import { StartupError } from '../../platform/errors.js';
import type { Ask } from './contents.js';
import { listForeign, listMigrations } from './tables.js';

const MOST_TOLD = 10;
const MOST_LOOKS = 10;
const LOOK_AGAIN_MS = 200;
/** MariaDB calls a table that keeps its earlier rows by another word. */
const IS_TABLE = "table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')";

/** The names of the tables of a database. */
export async function listTables(ask: Ask, database: string): Promise<string[]> {
  const rows = await ask(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? AND ${IS_TABLE}`, [database]);
  return rows.map(({ name }) => String(name));
}

/** A name of a table or database, as a statement has it. */
export function quote(name: string): string {
  return escapeId(name, true);
}

/**
 * Requires that nobody is connected to a database. Those of other users are seen only by a user who may, those at another node of a cluster
 * by nobody. Of a server that was stopped just now some may be there for a moment.
 * @param own another connection of whoever asks
 * @throws {StartupError}
 */
export async function requireNobody(ask: Ask, database: string, own?: Ask): Promise<void> {
  const [self] = own ? await own("SELECT CONNECTION_ID() AS id, SUBSTRING_INDEX(USER(), '@', 1) AS user") : [];
  const ofOthers =
    'SELECT COUNT(*) AS others FROM information_schema.processlist WHERE db = ? AND id <> CONNECTION_ID() AND NOT (id = ? AND user = ?)';
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    if (look > 0) await sleep(LOOK_AGAIN_MS);
    const [row] = await ask(ofOthers, [database, String(self?.id ?? 0), String(self?.user ?? '')]);
    if (Number(row?.others) === 0) return;
  }
  throw new StartupError(`Others are connected to the database ${database}: stop the servers that use it first. Nothing was changed.`);
}

/**
 * Requires that it has nothing but tables: they alone can be moved, and what else is there would go on under those that are put in their place.
 * @throws {StartupError}
 */
export async function requireTablesAlone(ask: Ask, database: string): Promise<void> {
  const others = await ask(
    `SELECT LOWER(table_type) AS kind, table_name AS name FROM information_schema.tables WHERE table_schema = ? AND NOT ${IS_TABLE}
     UNION SELECT 'trigger', trigger_name FROM information_schema.triggers WHERE trigger_schema = ?
     UNION SELECT 'event', event_name FROM information_schema.events WHERE event_schema = ?
     UNION SELECT LOWER(routine_type), routine_name FROM information_schema.routines WHERE routine_schema = ?`,
    Array(4).fill(database),
  );
  if (others.length === 0) return;
  const told = others.map(({ kind, name }) => `${kind} ${name}`);
  throw new StartupError(
    `The database ${database} has what Latchkey does not make and cannot move aside: ${namesOf(told)}. Remove it first. Nothing was changed.`,
  );
}

/**
 * Requires that all tables are Latchkey's. What is of another application would be taken from it, and what is of a later release cannot be told
 * from that but by its migrations.
 * @throws {StartupError}
 */
export async function requireOwn(ask: Ask, database: string, tables: readonly string[]): Promise<void> {
  const foreign = await listForeign(tables);
  if (foreign.length === 0 || (await isOfLaterRelease(ask, database, tables))) return;
  throw new StartupError(
    `The database ${database} has tables that Latchkey does not make: ${namesOf(foreign)}. Move them to a database of their own first. Nothing was changed.`,
  );
}

async function isOfLaterRelease(ask: Ask, database: string, tables: readonly string[]): Promise<boolean> {
  if (!tables.includes('migrations')) return false;
  const rows = await ask(`SELECT name FROM ${quote(database)}.migrations ORDER BY timestamp, id`).catch(() => []);
  const [done, known] = [rows.map(({ name }) => String(name)), listMigrations()];
  // Others may keep theirs in the same table: a later release has all that this one knows, and its own after them.
  return done.length > known.length && known.every((name, index) => done[index] === name);
}

function namesOf(things: readonly string[]): string {
  return `${things.slice(0, MOST_TOLD).join(', ')}${things.length > MOST_TOLD ? ' and more' : ''}`;
}

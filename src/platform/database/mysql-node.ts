import { driverCode, ReadsOnly } from './faults.js';

/** As the server has it when it knows no table of ours yet: it answers. */
const EMPTY = 'ER_NO_SUCH_TABLE';
const ANSWERS_WITHIN_MS = 1_000;

/**
 * Whether the node only reads, as SQL. That can be said of a node that hears no more of what is written elsewhere, so nothing that is
 * read there may be believed. The first of the two is a number, or a word in newer releases of MariaDB.
 */
export const READS_ONLY = "(CONCAT(@@GLOBAL.read_only) NOT IN ('0', 'OFF') OR @@GLOBAL.innodb_read_only = 1)";

/** Under which name a row has it. */
const WITNESS = 'node_reads_only';
const QUESTION = `SELECT ${READS_ONLY} AS ${WITNESS}, (SELECT COUNT(*) FROM (SELECT 1 FROM tenants LIMIT 1) AS one) AS tenants`;

type Row = Record<string, unknown>;

/** Lets each row of a `SELECT` say beside what is asked whether its node only reads. */
export function witnessed(select: string): string {
  return select.replace(/^\s*SELECT\b/, `SELECT ${READS_ONLY} AS ${WITNESS},`);
}

/** Whether there is a row that says so at all. */
export function hasWitness(rows: readonly unknown[]): boolean {
  return rows.length > 0;
}

/** @throws {ReadsOnly} when a row says that its node only reads */
export function requireWriter(rows: readonly unknown[]): void {
  if (Number((rows[0] as Row | undefined)?.[WITNESS] ?? 0) !== 0) throw new ReadsOnly();
}

/** What can be asked a question in plain SQL. */
export interface Questionable {
  query(statement: string, done: (error: Error | null, rows: unknown) => void): unknown;
}

/**
 * Asks a node whether it serves, and writes. One that left its cluster still answers `SELECT 1`.
 * @throws when it does not, or does not say so within a second
 */
export function requireService(connection: Questionable): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = () => reject(Object.assign(new Error('No answer to the probe.'), { code: 'ETIMEDOUT' }));
  const timer = setTimeout(late, ANSWERS_WITHIN_MS);
  connection.query(QUESTION, (error, rows) => {
    if (error && driverCode(error) !== EMPTY) return reject(error);
    try {
      requireWriter(error ? [] : (rows as Row[]));
      resolve();
    } catch (cause) {
      reject(cause);
    }
  });
  return promise.finally(() => clearTimeout(timer));
}

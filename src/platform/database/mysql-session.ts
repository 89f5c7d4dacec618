import type { Connection } from 'mysql2';
import { isAsking } from '../deadline.js';
import { isAway } from './faults.js';
import { requireKnownProduct } from './mysql-product.js';

const SESSION_MS = 2_000;
/** For so long the database looks for what may take long: a statement that is broken off here would go on there, for nobody. */
export const QUESTION_MS = 5_000;

/**
 * What a session is set to, whatever the server's own settings are. Each of these changes what a statement means, or whether it is
 * carried out, and can be set for all sessions by whoever runs the server, or by `init_connect`.
 * The comments are MySQL's and MariaDB's own way to say what is for one of them alone: `/*M!` for MariaDB, a version below 100000 for MySQL.
 */
const SETTINGS = [
  // Autocommit: from off to on commits what `init_connect` has left open.
  'autocommit = 0',
  'autocommit = 1',
  'completion_type = 0',
  "sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  // Collation: that of the tables, so that a value is compared like what is stored.
  'NAMES utf8mb4 COLLATE /*M! utf8mb4_nopad_bin */ /*!80017 utf8mb4_0900_bin */',
  "time_zone = '+00:00'",
  "/*M! tx_isolation = 'READ-COMMITTED', tx_read_only = 0, max_statement_time = 0, system_versioning_asof = DEFAULT, sql_if_exists = 0, */ /*!80017 transaction_isolation = 'READ-COMMITTED', transaction_read_only = 0, max_execution_time = 0, */ innodb_lock_wait_timeout = 2",
  'lock_wait_timeout = 2',
  'default_storage_engine = InnoDB',
  'foreign_key_checks = 1',
  'unique_checks = 1',
  'sql_auto_is_null = 0',
  'sql_safe_updates = 0',
  'sql_big_selects = 1',
  'sql_select_limit = 18446744073709551615',
  'max_sort_length = 1024',
  // What is denied or forbidden is named in the text of an error alone.
  "lc_messages = 'en_US'",
];

/** The first statement of every connection. It is right under every mode of SQL, has no value from outside, and needs no right. */
export const SET_SESSION = `SET ${SETTINGS.join(', ')}`;

/**
 * The third statement: goes to the database that was named, for `init_connect` may have gone to another. Whoever is let in with a password
 * that has expired may set whatever there is, and is refused here.
 */
function begin({ database }: { database?: string }): string {
  return database ? `USE \`${database.replaceAll('`', '``')}\`` : 'DO 0';
}

/** A node that has lost its cluster tells what it had then, where that is on. Not every server knows of it. */
const READ_CLUSTER = 'SET wsrep_dirty_reads = 0';
const UNKNOWN_SETTING = 1193;

/** The last: `init_connect` may have locked a table, and with it all others out. */
const UNLOCK = 'UNLOCK TABLES';

/**
 * Makes the session of a new connection ours, before anybody else can ask anything over it. From then on values go to the server apart from
 * the statement, as parameters of a prepared one: nothing that the session says can turn them into SQL.
 */
export function prepareSession(connection: Connection): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  connection.on('error', () => undefined);
  const asText = connection.query.bind(connection) as (...args: unknown[]) => unknown;
  const ask = (sql: string, done: () => void) =>
    connection.query({ sql, timeout: SESSION_MS }, (error) => {
      if (!error || (sql === READ_CLUSTER && error.errno === UNKNOWN_SETTING)) done();
      else explain(connection, error).catch(reject);
    });
  ask(SET_SESSION, () => ask(READ_CLUSTER, () => ask(begin(connection.config), () => ask(UNLOCK, resolve))));
  const apart = (...args: unknown[]) => {
    const [given, values, done] = args;
    const statement = typeof given === 'string' ? inOurWords(given) : given;
    if (!Array.isArray(values) || values.length === 0) return asText(statement, ...args.slice(1));
    return connection.execute(
      statement as string,
      values.map((value) => value ?? null),
      done as () => void,
    );
  };
  Object.assign(connection, { query: apart });
  return promise;
}

/** TypeORM can only allow an index, beside which a server may still go through the whole table: the rows of all tenants. */
function inOurWords(statement: string): string {
  const forced = statement.replaceAll(' USE INDEX (', ' FORCE INDEX (');
  return isAsking() ? bounded(forced) : forced;
}

/** In the words of MariaDB and in those of MySQL; to each the other's are a comment. */
function bounded(select: string): string {
  return select.replace(
    /^\s*SELECT\b/,
    `/*M! SET STATEMENT max_statement_time = ${QUESTION_MS / 1000} FOR */ SELECT /*+ MAX_EXECUTION_TIME(${QUESTION_MS}) */`,
  );
}

/** An engine that only looks like MySQL may not know all that is set: then its name says more. @throws what to tell */
async function explain(connection: Connection, error: NodeJS.ErrnoException): Promise<never> {
  // A connection that was refused, or has ended, cannot be asked for more.
  const { authorized } = connection as Connection & { authorized: boolean };
  if (authorized && Number(error.errno) > 0 && !isAway(error)) {
    await requireKnownProduct(async (sql) => {
      const [rows] = await connection.promise().query(sql);
      return rows as Record<string, unknown>[];
    });
  }
  throw asAway(error);
}

function asAway(error: NodeJS.ErrnoException): Error {
  return error.code === 'PROTOCOL_SEQUENCE_TIMEOUT' ? Object.assign(error, { code: 'ETIMEDOUT' }) : error;
}

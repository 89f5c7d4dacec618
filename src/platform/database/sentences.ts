import { causesOf, DatabaseUnavailable } from '../errors.js';
import { forbiddingOption, isPassingRefusal, isReadOnly, lacksSocket, rootCode, translate } from './faults.js';

/** What the operator has to look at, by the driver's code; extended codes of SQLite go by what they begin with. */
const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing answers at the address in DATABASE_URL',
  ENOTFOUND: 'the name of the server in DATABASE_URL is not found',
  EAI_AGAIN: 'the name of the server in DATABASE_URL cannot be looked up',
  EHOSTUNREACH: 'there is no way to the server in DATABASE_URL',
  ENETUNREACH: 'there is no way to the server in DATABASE_URL',
  ETIMEDOUT: 'the server in DATABASE_URL does not answer',
  SILENT: 'the server in DATABASE_URL fell silent',
  PROTOCOL_CONNECTION_LOST: 'a connection to it was lost',
  TOOK_TOO_LONG: 'what it was asked took too long, or the answer was lost',
  POOL_EXHAUSTED: 'all connections to it were in use for too long',
  QUEUE_TOO_LONG: 'too many waited for it',
  ER_ACCESS_DENIED_ERROR: 'it refuses the user or password in DATABASE_URL',
  ER_DBACCESS_DENIED_ERROR: 'the user in DATABASE_URL has no right to the database that it names, or there is none of that name',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'it refuses the user in DATABASE_URL',
  ER_BAD_DB_ERROR: 'the database named in DATABASE_URL does not exist; create it first',
  ER_HOST_NOT_PRIVILEGED: 'it takes no connections from this host',
  ER_HOST_IS_BLOCKED: 'it has blocked this host after too many errors; FLUSH HOSTS ends that',
  ER_NOT_SUPPORTED_AUTH_MODE: 'the way in which the user in DATABASE_URL proves itself is not supported',
  AUTH_SWITCH_PLUGIN_ERROR: 'the way in which the user in DATABASE_URL proves itself is not supported',
  ER_MUST_CHANGE_PASSWORD: 'the password of the user in DATABASE_URL has expired',
  ER_MUST_CHANGE_PASSWORD_LOGIN: 'the password of the user in DATABASE_URL has expired',
  ER_ACCOUNT_HAS_BEEN_LOCKED: 'the user in DATABASE_URL is locked',
  4151: 'the user in DATABASE_URL is locked',
  // What the driver calls MariaDB's 4151, by MySQL's list of names.
  ER_BULK_PARSER_INCOMPLETE_ESCAPE_SEQUENCE: 'the user in DATABASE_URL is locked',
  ER_USER_LIMIT_REACHED: 'the user in DATABASE_URL has reached a limit of the server',
  ER_TOO_MANY_USER_CONNECTIONS: 'the user in DATABASE_URL has too many connections',
  ER_CON_COUNT_ERROR: 'it has too many connections',
  ER_LOCK_WAIT_TIMEOUT: 'somebody holds a lock on what is needed of it',
  ER_NEW_ABORTING_CONNECTION: 'it ends every new connection, as when its init_connect fails',
  ER_MAX_PREPARED_STMT_COUNT_REACHED: 'it has max_prepared_stmt_count statements already',
  ER_BINLOG_STMT_MODE_AND_ROW_ENGINE: 'its binary log is of statements; set binlog_format to ROW or MIXED',
  ER_SECURE_TRANSPORT_REQUIRED: 'it demands TLS, and DATABASE_TLS is off',
  HANDSHAKE_NO_SSL_SUPPORT: 'it has no TLS, and DATABASE_TLS demands it',
  ER_UNKNOWN_SYSTEM_VARIABLE: 'it lacks what MySQL 8.0.17 and MariaDB 10.11 have',
  ER_UNKNOWN_COLLATION: 'it lacks what MySQL 8.0.17 and MariaDB 10.11 have',
  ER_TOO_LONG_KEY: 'its pages are too small (innodb_page_size)',
  ER_NET_PACKET_TOO_LARGE: 'what it is sent is larger than its max_allowed_packet; 1 MiB is needed',
  ER_NO_SUCH_TABLE: 'a table is not there, or it has no file left to open it with (open_files_limit)',
  ER_RECORD_FILE_FULL: 'a table has reached a limit that is set for it, or its disk is full',
  ER_OUT_OF_SORTMEMORY: 'it has too little memory to sort (sort_buffer_size)',
  ER_DISK_FULL: 'its disk is full',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  SQLITE_FULL: 'the disk is full',
  // Of the memory that its processes share, a file beside the database, which has to grow before anything is read.
  SQLITE_IOERR_SHMSIZE: 'the disk is full',
  SQLITE_IOERR: 'its disk fails',
  SQLITE_BUSY: 'another process holds it',
  SQLITE_LOCKED: 'another process holds it',
  SQLITE_CANTOPEN: 'its file or folder cannot be read and written',
  SQLITE_READONLY: 'its file or folder cannot be read and written',
  SQLITE_NOTADB: 'its file is not an SQLite database',
  SQLITE_CORRUPT: 'its file is damaged; put a backup in its place with npm run restore',
};

/** What is denied although the database was opened, and in which words the server says of what. */
const DENIED = new Set(['ER_TABLEACCESS_DENIED_ERROR', 'ER_COLUMNACCESS_DENIED_ERROR', 'ER_SPECIFIC_ACCESS_DENIED_ERROR']);
const DENIED_RIGHT = /\b([A-Z][A-Z, ]*?) command denied to user .* for (?:table|column) (\S+)/;

/** Why the database cannot be used, as the end of a sentence. @param setting the one that names the user */
export function reasonOf(error: unknown, setting = 'DATABASE_URL'): string {
  return reason(error).replace('DATABASE_URL', setting);
}

function reason(error: unknown): string {
  if (isReadOnly(error)) return 'the server only reads';
  if (causesOf(error).some(lacksSocket)) return 'there is no socket where DATABASE_URL names one';
  const option = causesOf(error).map(forbiddingOption).find(Boolean);
  if (option) return `it runs with ${option}, which forbids what is asked of it`;
  const code = rootCode(error);
  if (DENIED.has(code)) return `the user in DATABASE_URL has not the right that it takes (${deniedRight(error) ?? code})`;
  // What TLS says is of certificates alone.
  if (code === 'HANDSHAKE_SSL_ERROR') return `TLS with it fails (${messageOf(error)}); see DATABASE_TLS and DATABASE_CA_FILE`;
  return REASONS[code] ?? REASONS[code.split('_', 2).join('_')] ?? `the driver says ${code || 'nothing more'}`;
}

/** The right that was denied, and on what, as in `DELETE on clients`; undefined when it is no such error. */
export function deniedRight(error: unknown): string | undefined {
  const [, right, table] = DENIED.has(rootCode(error)) ? (DENIED_RIGHT.exec(messageOf(error)) ?? []) : [];
  return right && `${right} on ${table?.replace(/^.*\./, '').replaceAll(/['"`]/g, '')}`;
}

function messageOf(error: unknown): string {
  return (causesOf(error).at(-1) as Error).message;
}

/** Whether an error is a fault of the database itself, and not of what is asked of it. */
export function isDatabaseFault(error: unknown): boolean {
  return (
    translate(error) instanceof DatabaseUnavailable ||
    isPassingRefusal(error) ||
    rootCode(error) in REASONS ||
    DENIED.has(rootCode(error)) ||
    rootCode(error) === 'HANDSHAKE_SSL_ERROR'
  );
}

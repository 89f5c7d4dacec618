import { isPassingRefusal, isReadOnly, rootCode, translate } from './database-faults.js';
import { DatabaseUnavailable } from './errors.js';

/** What the operator has to look at, by the driver's code; extended codes of SQLite go by what they begin with. */
const REASONS: Record<string, string> = {
  ER_ACCESS_DENIED_ERROR: 'it refuses the user or password in DATABASE_URL',
  ER_DBACCESS_DENIED_ERROR: 'it refuses the user or password in DATABASE_URL',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'it refuses the user in DATABASE_URL',
  ER_BAD_DB_ERROR: 'the database named in DATABASE_URL does not exist; create it first',
  ER_HOST_NOT_PRIVILEGED: 'it takes no connections from this host',
  ER_HOST_IS_BLOCKED: 'it has blocked this host after too many errors; FLUSH HOSTS ends that',
  ER_NOT_SUPPORTED_AUTH_MODE: 'the way in which the user in DATABASE_URL proves itself is not supported',
  ER_MUST_CHANGE_PASSWORD: 'the password of the user in DATABASE_URL has expired',
  ER_MUST_CHANGE_PASSWORD_LOGIN: 'the password of the user in DATABASE_URL has expired',
  ER_ACCOUNT_HAS_BEEN_LOCKED: 'the user in DATABASE_URL is locked',
  4151: 'the user in DATABASE_URL is locked',
  ER_USER_LIMIT_REACHED: 'the user in DATABASE_URL has reached a limit of the server',
  ER_TOO_MANY_USER_CONNECTIONS: 'the user in DATABASE_URL has too many connections',
  ER_CON_COUNT_ERROR: 'it has too many connections',
  ER_RECORD_FILE_FULL: 'its disk is full',
  ER_DISK_FULL: 'its disk is full',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  SQLITE_FULL: 'the disk is full',
  SQLITE_IOERR: 'its disk fails',
  SQLITE_BUSY: 'another process holds it',
  SQLITE_LOCKED: 'another process holds it',
  SQLITE_CANTOPEN: 'its file or folder cannot be read and written',
  SQLITE_READONLY: 'its file or folder cannot be read and written',
  SQLITE_NOTADB: 'its file is not an SQLite database',
  SQLITE_CORRUPT: 'its file is damaged; put a backup in its place with npm run restore',
};

/** Why the database cannot be used, as the end of a sentence. */
export function reasonOf(error: unknown): string {
  if (isReadOnly(error)) return 'the server only reads';
  const code = rootCode(error);
  return REASONS[code] ?? REASONS[code.split('_', 2).join('_')] ?? `the driver says ${code || 'nothing more'}`;
}

/** Whether an error is a fault of the database itself, and not of what is asked of it. */
export function isDatabaseFault(error: unknown): boolean {
  return translate(error) instanceof DatabaseUnavailable || isPassingRefusal(error) || rootCode(error) in REASONS;
}

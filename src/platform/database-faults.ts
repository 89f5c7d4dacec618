import { QueryFailedError } from 'typeorm';
import { DatabaseUnavailable, TenantDisabled } from './errors.js';

/** The connection is gone, or the server does not serve: a cluster's node by itself (1047), too many connections (1040). */
const AWAY = new Set([
  'UNREACHABLE',
  'SILENT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'ER_CON_COUNT_ERROR',
  'ER_CONNECTION_KILLED',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_SERVER_SHUTDOWN',
  'ER_UNKNOWN_COM_ERROR',
]);
/** The database took the whole transaction back and asks for it anew. */
const UNDONE = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD']);
/** It is there and cannot: no room on the disk, no right to write, no end in time. */
const UNABLE = new Set([
  'POOL_EXHAUSTED',
  'QUEUE_TOO_LONG',
  'TOOK_TOO_LONG',
  'ENOSPC',
  'ER_DISK_FULL',
  'ER_RECORD_FILE_FULL',
  'ER_ERROR_ON_WRITE',
  'ER_ERROR_DURING_COMMIT',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_READ_ONLY_MODE',
]);
const SQLITE_UNABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|PROTOCOL)/;
const ORPHAN = new Set(['ER_NO_REFERENCED_ROW', 'ER_NO_REFERENCED_ROW_2', 'SQLITE_CONSTRAINT_FOREIGNKEY']);
const DUPLICATE = new Set(['ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY']);

/** The database was there and kept somebody waiting for longer than it may. */
export class WaitedInVain extends Error {
  constructor(readonly code: 'POOL_EXHAUSTED' | 'QUEUE_TOO_LONG' | 'TOOK_TOO_LONG') {
    super(`The wait for the database was ended: ${code}`);
    this.name = 'WaitedInVain';
  }
}

/** No connection can be had, for whatever reason. */
export class Unreachable extends Error {
  readonly code = 'UNREACHABLE';

  constructor(cause: unknown) {
    super('The database cannot be reached.', { cause });
    this.name = 'Unreachable';
  }
}

/** The database answers nothing any more, over this connection or any other. */
export class Silent extends Error {
  readonly code = 'SILENT';

  constructor() {
    super('The database fell silent.');
    this.name = 'Silent';
  }
}

/** Whether an error says that a unique value is there already. */
export function isDuplicate(error: unknown): boolean {
  return DUPLICATE.has(driverCode(error));
}

/** Whether an error says that the database cannot be reached, rather than that something is wrong with the request. */
export function isAway(error: unknown): boolean {
  return AWAY.has(driverCode(error)) || isClosedConnection(error);
}

/** Whether the database is there and takes no more connections. Those that are open go on. */
export function isFull(error: unknown): boolean {
  return driverCode(error) === 'ER_CON_COUNT_ERROR';
}

/** Whether an error says that the database took all of a transaction back, and that it may well succeed the next time. */
export function isUndone(error: unknown): boolean {
  return UNDONE.has(driverCode(error));
}

/** Whether the same may well succeed a little later. */
export function isPassing(error: unknown): boolean {
  return error instanceof DatabaseUnavailable || isAway(error) || isUndone(error) || isBusy(error);
}

/** Whether SQLite's lock is held by another connection. */
export function isBusy(error: unknown): boolean {
  return driverCode(error).startsWith('SQLITE_BUSY');
}

/** The driver's own code of an error, `''` when it has none. */
export function driverCode(error: unknown): string {
  return String((driverError(error) as { code?: unknown } | null)?.code ?? '');
}

/**
 * What a caller is told of an error of the database. What a row refers to is checked before it is written,
 * except for a tenant that is deleted at the same moment.
 */
export function translate(error: unknown): unknown {
  const code = driverCode(error);
  if (ORPHAN.has(code)) return new TenantDisabled({ cause: error });
  const isUnable = UNABLE.has(code) || SQLITE_UNABLE.test(code);
  return isUnable || isAway(error) || isUndone(error) ? new DatabaseUnavailable({ cause: error }) : error;
}

/** What is asked over a connection after it broke gets an error without a code. */
function isClosedConnection(error: unknown): boolean {
  const { fatal, code } = (driverError(error) ?? {}) as { fatal?: unknown; code?: unknown };
  return fatal === true && code === undefined;
}

function driverError(error: unknown): unknown {
  return error instanceof QueryFailedError ? error.driverError : error;
}

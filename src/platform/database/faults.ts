import { QueryFailedError } from 'typeorm';
import { AppError, causesOf, DatabaseUnavailable, ReferenceGone } from '../errors.js';
import { type Meaning, meaningOf, PASSING_REFUSALS } from './mysql-codes.js';

/** The connection is gone, as the driver and the system say it. What the server says of it stands in `mysql-codes`. */
const AWAY = new Set([
  'UNREACHABLE',
  'SILENT',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
]);
/** It is there and cannot: no room on the disk, no end in time. */
const UNABLE = new Set(['POOL_EXHAUSTED', 'QUEUE_TOO_LONG', 'TOOK_TOO_LONG', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE']);
const SQLITE_UNABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|PROTOCOL|CORRUPT|NOTADB|NOMEM)/;
/** ER_OPTION_PREVENTS_STATEMENT: mostly `read_only`, and others as well. */
const OPTION_FORBIDS = 1290;
const ORPHAN = new Set(['ER_NO_REFERENCED_ROW', 'ER_NO_REFERENCED_ROW_2', 'SQLITE_CONSTRAINT_FOREIGNKEY']);
const DUPLICATE = new Set(['ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY']);

/** The database was there and kept somebody waiting for longer than it may, or somebody was away for longer than a lock lasts. */
export class WaitedInVain extends Error {
  constructor(readonly code: 'POOL_EXHAUSTED' | 'QUEUE_TOO_LONG' | 'TOOK_TOO_LONG' | 'LOCK_LOST') {
    super(`The wait for the database was ended: ${code}`);
    this.name = 'WaitedInVain';
  }
}

/** No connection can be had, for whatever reason. @param isThere whether those that are open go on */
export class Disconnected extends Error {
  readonly code = 'UNREACHABLE';

  constructor(
    cause: unknown,
    readonly isThere: boolean,
  ) {
    super('The database cannot be reached.', { cause });
    this.name = 'Disconnected';
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

/** The node that was asked says that it only reads: it may not hear of what is written elsewhere. */
export class ReadsOnly extends Error {
  readonly code = 'READ_ONLY';

  constructor() {
    super('The node of the database only reads.');
    this.name = 'ReadsOnly';
  }
}

/** How somebody fails who waited for others for too long, or is gone. */
export function waitedInVain(): DatabaseUnavailable {
  return new DatabaseUnavailable({ cause: new WaitedInVain('QUEUE_TOO_LONG') });
}

/** Whether an error says that an index that was named is not there, or must not be used. */
export function lacksIndex(error: unknown): boolean {
  return driverCode(error) === 'ER_KEY_DOES_NOT_EXITS';
}

/** Whether an error says that a unique value is there already. */
export function isDuplicate(error: unknown): boolean {
  return DUPLICATE.has(driverCode(error));
}

/** Whether an error says that the database cannot be reached, rather than that something is wrong with the request. */
export function isAway(error: unknown): boolean {
  return AWAY.has(driverCode(error)) || meaning(error) === 'over' || isClosedConnection(error) || lacksSocket(error);
}

/** Whether the socket of a database is not there: a server that stops takes it away, and makes it when it starts. */
export function lacksSocket(error: unknown): boolean {
  const { code, syscall } = (driverError(error) ?? {}) as { code?: unknown; syscall?: unknown };
  return code === 'ENOENT' && syscall === 'connect';
}

/** Whether a server answered the wish for a connection, by refusing it. */
export function isRefusal(error: unknown): boolean {
  return isPassingRefusal(error) || (errno(error) > 0 && meaning(error) !== 'over');
}

/** Whether a server refuses connections for now, and nobody has to mend a setting. */
export function isPassingRefusal(error: unknown): boolean {
  return PASSING_REFUSALS.has(errno(error));
}

/** Whether the node that was asked writes nothing any more. Another one may. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof ReadsOnly || meaning(error) === 'readOnly';
}

/** Whether an error says that the database took all of a transaction back, and that it may well succeed the next time. */
export function isUndone(error: unknown): boolean {
  return meaning(error) === 'undone';
}

/** Whether a server that is there refused what it may do for a session that is opened later. */
export function isUnable(error: unknown): boolean {
  return meaning(error) === 'unable';
}

/** Whether a statement was ended by somebody else, and may well succeed the next time. */
export function isInterrupted(error: unknown): boolean {
  return meaning(error) === 'interrupted';
}

/** Whether the same may well succeed a little later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return error.cause === undefined || isPassing(error.cause);
  const isAgain = isUndone(error) || isInterrupted(error) || isBusy(error) || error instanceof WaitedInVain;
  return isAgain || isAway(error) || isPassingRefusal(error);
}

/** Whether SQLite's lock is held by another connection. */
export function isBusy(error: unknown): boolean {
  return driverCode(error).startsWith('SQLITE_BUSY');
}

/** The driver's own code of an error, or the server's number where that has no name; `''` when it has neither. */
export function driverCode(error: unknown): string {
  const { code } = (driverError(error) ?? {}) as { code?: unknown };
  return String(code ?? (errno(error) || ''));
}

/** The code that says most to whoever runs this: the innermost of all that led to an error. */
export function rootCode(error: unknown): string {
  const causes = causesOf(error).filter((cause) => !(cause instanceof AppError));
  const codes = causes.map((cause) => (isClosedConnection(cause) ? 'PROTOCOL_CONNECTION_LOST' : driverCode(cause)));
  return codes.findLast((code) => code !== '') ?? '';
}

/**
 * What a caller is told of an error of the database. What a row refers to is checked before it is written,
 * except for a tenant that is deleted at the same moment.
 */
export function translate(error: unknown): unknown {
  const code = driverCode(error);
  if (ORPHAN.has(code)) return new ReferenceGone({ cause: error });
  const isOfDatabase = UNABLE.has(code) || SQLITE_UNABLE.test(code) || meaning(error) !== undefined;
  return isOfDatabase || isAway(error) || isReadOnly(error) ? new DatabaseUnavailable({ cause: error }) : error;
}

/** What is asked over a connection after it broke gets an error without a code. */
function isClosedConnection(error: unknown): boolean {
  const { fatal, code } = (driverError(error) ?? {}) as { fatal?: unknown; code?: unknown };
  return fatal === true && code === undefined;
}

/** The option of a server that forbids a statement; undefined when that is not why it failed. Names of options alone are in what it says. */
export function forbiddingOption(error: unknown): string | undefined {
  const { message } = (driverError(error) ?? {}) as { message?: unknown };
  return errno(error) === OPTION_FORBIDS ? /running with the (?:--)?([\w-]+)/.exec(String(message))?.[1] : undefined;
}

/** Whether an error says something of the server, and not of the statement. */
export function isOfServer(error: unknown): boolean {
  return meaning(error) !== undefined;
}

function meaning(error: unknown): Meaning | undefined {
  const option = forbiddingOption(error);
  return option !== undefined && !/read[-_]only/i.test(option) ? 'unable' : meaningOf(errno(error));
}

/** The number that a server sent. The numbers of the system are below zero. */
function errno(error: unknown): number {
  const { errno: number, code } = (driverError(error) ?? {}) as { errno?: unknown; code?: unknown };
  // What a server says before it closes a connection nobody waits on comes as a code alone.
  return Math.max(0, Number(number ?? code) || 0);
}

function driverError(error: unknown): unknown {
  return error instanceof QueryFailedError ? error.driverError : error;
}

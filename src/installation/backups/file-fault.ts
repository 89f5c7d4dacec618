import { rootCode } from '../../platform/database/faults.js';
import { isDatabaseFault, reasonOf } from '../../platform/database/sentences.js';
import { StartupError } from '../../platform/errors.js';

const KNOWN: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'that is not allowed',
  EPERM: 'that is not allowed',
  EEXIST: 'the file is there already',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  EROFS: 'the disk cannot be written',
  SQLITE_FULL: 'the disk is full',
  SQLITE_NOTADB: 'it is not an SQLite database',
  SQLITE_CORRUPT: 'the SQLite database is damaged',
};

/** What an SQLite database lacks that every one of its release has. */
function lackOf(error: unknown): string | undefined {
  const [told] = /^no such (?:table|column): [\w.]+$/.exec((error as Error).message) ?? [];
  return told && `the database is not as its release made it (${told})`;
}

/**
 * Tells a fault of a disk in a sentence.
 * @param doing what failed, as the subject of it
 * @returns what is no such fault as it is
 */
export function explainFileFault(error: unknown, doing: string): unknown {
  const { path } = error as { path?: unknown };
  const code = rootCode(error);
  if (error instanceof StartupError || code === '') return error;
  const reason =
    KNOWN[code] ??
    lackOf(error) ??
    (isDatabaseFault(error) ? `the database cannot be used: ${reasonOf(error)}` : `the system says ${code}`);
  return new StartupError(`${doing} failed: ${reason}${typeof path === 'string' ? ` (${path})` : ''}. Nothing was changed.`, {
    cause: error,
  });
}

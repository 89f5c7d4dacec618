import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartupError } from '../errors.js';

const NO_PLACE: Record<string, string> = {
  EACCES: 'whoever runs this may not write there (EACCES)',
  EPERM: 'whoever runs this may not write there (EPERM)',
  EROFS: 'the disk there is only read (EROFS)',
  ENOSPC: 'the disk there is full (ENOSPC)',
  EDQUOT: 'the disk there is full (EDQUOT)',
  ENOTDIR: 'a part of its path is no folder (ENOTDIR)',
  EEXIST: 'a part of its path is no folder (EEXIST)',
};

/**
 * Makes the SQLite file, for its owner alone, and the folder around it.
 * @throws {StartupError} when it cannot be made
 */
export function prepareFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (!existsSync(path)) writeFileSync(path, '', { mode: 0o600, flag: 'a' });
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new StartupError(
      `The database ${path} cannot be made: ${NO_PLACE[code] ?? `the system says ${code}`}. DATABASE_URL=sqlite:FILE names another place.`,
      {
        cause,
      },
    );
  }
}

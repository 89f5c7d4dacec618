import type { Cipher } from '../../platform/cipher.js';
import type { Config } from '../../platform/config.js';
import { StartupError } from '../../platform/errors.js';
import type { BackupHeader } from './backup-file.js';
import { listMigrations } from './tables.js';

/**
 * Holds a backup against the settings and the program, before anything is changed.
 * @throws {StartupError} when it is of the other kind of database, of a newer release, or needs an encryption key that is not at hand
 */
export function requireFit(header: BackupHeader, { database }: Pick<Config, 'database'>, { keyIds }: Cipher): void {
  if (header.database !== database.type) {
    const kinds = { sqlite: 'SQLite', mysql: 'MySQL or MariaDB' };
    throw new StartupError(
      `The backup is of ${kinds[header.database]}, and DATABASE_URL names ${kinds[database.type]}: it goes back to the kind that it came from. Nothing was changed.`,
    );
  }
  if (!listMigrations().includes(header.lastMigration)) {
    throw new StartupError(
      `The backup was made by release ${header.version}, whose database this release does not know: restore it with that release or a later one. Nothing was changed.`,
    );
  }
  const missing = header.keyIds.filter((id) => !keyIds.includes(id));
  if (missing.length === 0) return;
  throw new StartupError(
    `The backup is encrypted with another ENCRYPTION_KEY: it needs ${missing.join(' and ')}, and at hand is ${keyIds.join(' and ')}. ` +
      'Set ENCRYPTION_KEY (or ENCRYPTION_KEY_PREVIOUS) to the key of that time. Nothing was changed.',
  );
}

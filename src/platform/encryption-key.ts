import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from './config.js';
import { draftOf } from './draft.js';
import { StartupError } from './errors.js';
import { readSmallFile, reasonOfFile } from './small-file.js';

/**
 * The 32 bytes that protect secrets and signing keys: `ENCRYPTION_KEY`, or the file beside the
 * SQLite database, which is made (mode 0600) when there is no database yet.
 * @throws {StartupError} when the database is there and its key is not, or when the folder cannot be written
 */
export function loadEncryptionKey(config: Config): Buffer {
  if (config.encryptionKey) return config.encryptionKey;
  if (config.database.type !== 'sqlite') throw new StartupError('ENCRYPTION_KEY must be set with MySQL.');
  const keyPath = `${config.database.path}.key`;
  if (!existsSync(keyPath)) makeKeyFile(keyPath, config.database.path);
  return readKeyFile(keyPath);
}

/**
 * The 32 bytes that are at hand; none are made.
 * @throws {StartupError} when there are none
 */
export function findEncryptionKey(config: Config): Buffer {
  if (config.encryptionKey) return config.encryptionKey;
  const keyPath = config.database.type === 'sqlite' ? `${config.database.path}.key` : undefined;
  if (keyPath !== undefined && existsSync(keyPath)) return readKeyFile(keyPath);
  throw new StartupError(`There is no encryption key: set ENCRYPTION_KEY${keyPath === undefined ? '' : ` or put ${keyPath} back`}.`);
}

function makeKeyFile(keyPath: string, databasePath: string): void {
  if (existsSync(databasePath) && statSync(databasePath).size > 0) {
    throw new StartupError(
      `The database ${databasePath} is there, but its encryption key is not: put ${keyPath} back or set ENCRYPTION_KEY.`,
    );
  }
  const draft = draftOf(keyPath, 'draft');
  try {
    mkdirSync(dirname(keyPath), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true, flag: 'wx' });
    linkUnlessThere(draft, keyPath);
  } catch (cause) {
    throw new StartupError(`The folder ${dirname(keyPath)} cannot be written (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  } finally {
    if (existsSync(draft)) rmSync(draft);
  }
}

/** Two processes may start at once: the first key stays, and both then read it. */
function linkUnlessThere(draft: string, keyPath: string): void {
  try {
    linkSync(draft, keyPath);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
}

function readKeyFile(keyPath: string): Buffer {
  let text: string;
  try {
    text = readSmallFile(keyPath);
  } catch (cause) {
    throw new StartupError(`The encryption key ${keyPath} cannot be read (${reasonOfFile(cause)}).`, { cause });
  }
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32) throw new StartupError(`The encryption key ${keyPath} is damaged: it must hold 32 bytes in base64.`);
  return key;
}

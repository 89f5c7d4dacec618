import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Far more than any key, certificate or list of them has. */
const MOST_BYTES = 1_048_576;

/**
 * Reads a file that is small, whole and by name: a key, or what a setting names. A pipe might never say anything, and a device never stop, so
 * only a file is read.
 * @throws {Error} with the system's code, or `NO_FILE` or `TOO_LARGE`
 */
export function readSmallFile(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const about = fstatSync(descriptor);
    if (!about.isFile()) throw Object.assign(new Error(`${path} is no file.`), { code: 'NO_FILE' });
    if (about.size > MOST_BYTES) throw Object.assign(new Error(`${path} is too large.`), { code: 'TOO_LARGE' });
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** Why it could not be read, as the end of a sentence. */
export function reasonOfFile(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'NO_FILE') return 'it is no file';
  if (code === 'TOO_LARGE') return 'it is over a megabyte';
  return String(code);
}

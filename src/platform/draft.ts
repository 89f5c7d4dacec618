import { randomBytes } from 'node:crypto';

/**
 * A name for what becomes a file, beside that file, which no other process takes: the number of the process is not one, for in each container
 * it is the same.
 * @param what begins the name's end, so that a person knows what was left by a process that was killed
 */
export function draftOf(path: string, what: string): string {
  return `${path}.${what}-${randomBytes(6).toString('hex')}`;
}

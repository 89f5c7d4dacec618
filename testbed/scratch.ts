import { statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
const NEEDED_BYTES = 4 * 1024 ** 3;

/**
 * Where the databases of tests are: in memory where there is plenty of it, so that nothing waits for a disk.
 * What a killed process had written is there as it is on a disk; only a machine that loses its power would tell them apart.
 */
export function scratchFolder(): string {
  return hasMemory() ? MEMORY : tmpdir();
}

function hasMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return Math.min(bavail * bsize, freemem()) >= NEEDED_BYTES;
  } catch {
    return false;
  }
}

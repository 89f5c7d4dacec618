import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PIECES = [1024 * 1024, 4096, 1];

/** A disk of a few megabytes. */
export interface SmallDisk {
  /** A folder on it. */
  folder: string;
  /** Leaves not a byte. */
  fill(): void;
  /** Takes away what `fill` has put there. */
  free(): void;
  remove(): void;
}

/** Whether this user may mount one; who may not, as in many containers, can run the suite by `unshare -rm`. */
export const CAN_MOUNT = process.getuid?.() === 0 && mayMount();

/** Makes a disk in memory. @throws when the system lets nobody do so */
export function createSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-disk-'));
  run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder);
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill: () => fill(ballast),
    free: () => rmSync(ballast, { force: true }),
    remove: () => {
      // Whoever was killed a moment ago may hold a file for another.
      run('umount', '--lazy', folder);
      rmSync(folder, { recursive: true });
    },
  };
}

function mayMount(): boolean {
  try {
    createSmallDisk(1).remove();
    return true;
  } catch {
    return false;
  }
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
}

function fill(path: string): void {
  const file = openSync(path, 'a');
  for (const size of PIECES) writeUntilFull(file, Buffer.alloc(size));
  closeSync(file);
}

function writeUntilFull(file: number, piece: Buffer): void {
  try {
    for (;;) writeSync(file, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

import { execFileSync } from 'node:child_process';
import { chownSync } from 'node:fs';

/** Who runs the parts that must not run as root: for root another user, else whoever runs this. Spread it into the options of `spawn`. */
export function lowlyUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (option: string) => Number(execFileSync('id', [option, 'mysql']).toString());
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** Hands a file or folder to {@link lowlyUser}. */
export function handOver(path: string): void {
  const { uid, gid } = lowlyUser();
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

import { existsSync, writeFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

/** Notes that this process goes on with the files that it was loaded from, where a set-up makes several versions and removes those that nobody uses. */
export function noteUse(): void {
  const users = join(dirname(findPackageJSON('..', import.meta.url) as string), 'users');
  try {
    if (existsSync(users)) writeFileSync(join(users, String(process.pid)), '');
  } catch {
    // Whoever may not write there removes nothing either.
  }
}

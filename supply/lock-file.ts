import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** A package as the lock file has it. */
export interface LockedPackage {
  /** Where it is installed: `node_modules/x/node_modules/y`. */
  path: string;
  name: string;
  version: string;
  /** An SPDX expression; absent when the package does not say. */
  license?: string;
  integrity?: string;
  /** Of a registry; the lock file names none. */
  resolved?: string;
  hasInstallScript?: boolean;
  /** Whether it is only there to build and test. */
  isForDevelopment: boolean;
}

/** Every package of the lock file. */
export function readLockFile(): LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries<Record<string, unknown>>(packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({
      ...(entry as Omit<LockedPackage, 'path' | 'name' | 'isForDevelopment'>),
      path,
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      isForDevelopment: entry.dev === true || entry.devOptional === true,
    }));
}

/** Where the packages are installed that the build put into the page. @throws when nothing was built */
export function readPagePackages(): string[] {
  const path = join(root, 'dist/page-packages.json');
  if (!existsSync(path)) throw new Error('The pages are not built: "npm run check" does it.');
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** What whoever runs Latchkey has, or is sent by it: what the server loads and what is in the page. */
export function shippedPackages(): (LockedPackage & { isInServer: boolean; isInPage: boolean })[] {
  const inPage = new Set(readPagePackages());
  return readLockFile()
    .map((entry) => ({ ...entry, isInServer: !entry.isForDevelopment, isInPage: inPage.has(entry.path) }))
    .filter(({ isInServer, isInPage }) => isInServer || isInPage);
}

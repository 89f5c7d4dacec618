import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from 'semver';
import type { LockedPackage } from './lock-file.ts';

/** A known fault of some versions of a package. */
export interface Advisory {
  package: string;
  /** At GitHub. */
  id: string;
  cve?: string;
  /** Versions, as npm writes ranges. */
  affected: string;
  title: string;
  url: string;
}

/** The list in the repository, and until which day it knows what was public. */
export function readAdvisories(): { asOf: string; advisories: Advisory[] } {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'advisories.json'), 'utf8'));
}

/** Holds packages against advisories. @returns a line for each package that one concerns: which, where, and which version mends it */
export function findAffected(packages: readonly LockedPackage[], advisories: readonly Advisory[]): string[] {
  return packages.flatMap(({ name, version, path, isForDevelopment }) =>
    advisories
      .filter((advisory) => advisory.package === name && isIn(version, advisory.affected))
      .map(({ id, title, affected }) => {
        const use = isForDevelopment ? 'for development' : 'shipped';
        return `${name} ${version} (${path}, ${use}): ${id}, ${title}; mended in ${mendedIn(version, affected)}`;
      }),
  );
}

/** A version before a release counts like the release itself. */
function isIn(version: string, range: string): boolean {
  return satisfies(version, range, { includePrerelease: true });
}

function mendedIn(version: string, affected: string): string {
  const range = affected.split('||').find((part) => isIn(version, part)) ?? '';
  return /<(\S+)/.exec(range)?.[1] ?? 'none yet';
}

import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** Of this release, as its package has it. */
export const VERSION: string = JSON.parse(readFileSync(findPackageJSON('..', import.meta.url) as string, 'utf8')).version;

import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

const PACKAGE = findPackageJSON('..', import.meta.url) as string;

/** Of this release, as its package has it. */
export const VERSION: string = JSON.parse(readFileSync(PACKAGE, 'utf8')).version;

/** The folder that this release is in: a checkout, an archive, an image. */
export const HOME: string = dirname(PACKAGE);

import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { basename, dirname } from 'node:path';

const PACKAGE = findPackageJSON('..', import.meta.url) as string;

/** Of this release, as its package has it. */
export const VERSION: string = JSON.parse(readFileSync(PACKAGE, 'utf8')).version;

/** The folder that this release is in: a checkout, whichever of its builds runs, or an image. */
export const RELEASE_FOLDER: string = folderOf(dirname(PACKAGE));

/** A build has a package of its own, and goes when nobody uses it. */
function folderOf(folder: string): string {
  const around = dirname(folder);
  return basename(around) === '.builds' ? dirname(around) : folder;
}

import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, say } from './programs.mjs';
import { complete, hashOf, makeDraft, pointTo, VERSIONS } from './versions.mjs';

const LISTS = ['package.json', 'package-lock.json', '.npmrc'];
/** Development packages are what builds it, whatever NODE_ENV says. */
const INSTALL = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** Whether what is installed is what the lock file names, whoever installed it and whenever. What is for other platforms is not. */
export function arePackagesThere() {
  const wanted = read('package-lock.json');
  const there = read('node_modules/.package-lock.json');
  if (!wanted || !there) return false;
  const isThere = ([path, { version, integrity, optional }]) =>
    path === '' || (there[path] ? there[path].version === version && there[path].integrity === integrity : optional === true);
  return Object.entries(wanted).every(isThere) && Object.keys(there).every((path) => path in wanted);
}

function read(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}

/** Installs the packages of the lock file in a folder of their own, and lets `node_modules` lead there. */
export function installPackages() {
  const version = join(VERSIONS, `packages-${hashOf(LISTS)}`);
  if (!existsSync(version)) {
    say('Installing packages …');
    const draft = makeDraft();
    for (const name of LISTS) copyFileSync(name, join(draft, name));
    run('npm', INSTALL, draft);
    complete(draft, version);
  }
  pointTo('node_modules', join(version, 'node_modules'));
}

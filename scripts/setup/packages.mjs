import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail, run, say } from './programs.mjs';
import { complete, discard, hashOf, makeDraft, pointTo, targetOf, VERSIONS } from './versions.mjs';

const LISTS = ['package.json', 'package-lock.json', '.npmrc'];
/** Development packages are what builds it, whatever NODE_ENV says. */
const INSTALL = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** Where the packages of the lock file are, once they are installed. */
function versionOfPackages() {
  return join(VERSIONS, `packages-${hashOf(['package-lock.json', '.npmrc'])}`);
}

/** Whether what is installed is what the lock file names. Somebody may have installed it with npm itself. */
export function arePackagesThere() {
  const target = targetOf('node_modules');
  return (target === undefined || target === resolve(versionOfPackages(), 'node_modules')) && areWhole('.');
}

/** Whether the packages in a folder are those of the lock file, without what is for other platforms, and all of them are there. */
function areWhole(folder) {
  const wanted = read('package-lock.json');
  const listed = read(join(folder, 'node_modules/.package-lock.json'));
  if (!wanted || !listed) return false;
  const isListed = ([path, { version, integrity, optional }]) =>
    path === '' || (listed[path] ? listed[path].version === version && listed[path].integrity === integrity : optional === true);
  const isThere = (path) => path in wanted && existsSync(join(folder, path, 'package.json'));
  return Object.entries(wanted).every(isListed) && Object.keys(listed).every(isThere);
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Installs the packages of the lock file in a folder of their own, and lets `node_modules` lead there. */
export function installPackages() {
  const version = versionOfPackages();
  if (!areWhole(version)) {
    say('Installing packages …');
    const draft = makeDraft();
    for (const name of LISTS) copyFileSync(name, join(draft, name));
    run('npm', INSTALL, draft);
    if (!areWhole(draft)) fail('npm has not installed what package-lock.json names; what was there is as it was, and nothing was started.');
    // npm by hand may have emptied it.
    discard(version);
    complete(draft, version);
  }
  pointTo('node_modules', join(version, 'node_modules'));
}

import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { reachable } from './lock-file.mjs';
import { fail, run, say } from './programs.mjs';
import { complete, discard, hashOf, makeDraft, pointTo, targetOf, VERSIONS } from './versions.mjs';

const LOCK = 'package-lock.json';
const INSTALLED = 'node_modules/.package-lock.json';
/** Development packages are what builds it, whatever NODE_ENV says. */
const INSTALL = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
const TELL_MS = 3_000;

/**
 * Which packages are wanted: all, or those without which it is neither built nor run. The others are named in `package.json` as
 * `packagesForTests`: half of all files, for whoever wants nothing but a server.
 * @typedef {{ all: boolean }} Extent
 */

/** Where the packages of the lock file are, once they are installed. @param {Extent} extent */
function versionOfPackages({ all }) {
  const { packagesForTests } = JSON.parse(readFileSync('package.json', 'utf8'));
  const ending = all ? '' : `-without-${hashOf([], { more: packagesForTests.join() })}`;
  return join(VERSIONS, `packages-${hashOf([LOCK, '.npmrc'])}${ending}`);
}

/** Whether what is installed is what the lock file names. Somebody may have installed it with npm itself. @param {Extent} extent */
export function arePackagesThere(extent) {
  const target = targetOf('node_modules');
  const fitting = extent.all ? [extent] : [extent, { all: true }];
  const isFitting = target === undefined || fitting.some((one) => target === resolve(versionOfPackages(one), 'node_modules'));
  return isFitting && areWhole('.', extent);
}

/** Whether the packages in a folder are those of the lock file, without what is for other platforms, and all of them are there. */
function areWhole(folder, extent) {
  const { packages: known } = listsFor(extent).lock;
  const listed = read(join(folder, INSTALLED));
  if (!listed) return false;
  const isListed = (path) => {
    const { version, integrity, optional } = known[path];
    return listed[path] ? listed[path].version === version && listed[path].integrity === integrity : optional === true;
  };
  const isThere = (path) => path in known && existsSync(join(folder, path, 'package.json'));
  return reachable(known).every(isListed) && Object.keys(listed).every(isThere);
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * What npm installs by: `package.json` and the lock file, as if the tests' packages were not named. The Node that comes along is made for glibc;
 * where there is another C library (Alpine) npm would install it all the same, and nothing would start.
 * @param {Extent} extent
 */
function listsFor({ all }) {
  const [list, lock] = ['package.json', LOCK].map((name) => JSON.parse(readFileSync(name, 'utf8')));
  if (process.platform === 'linux' && !hasGlibc()) for (const one of [list, lock.packages['']]) delete one.optionalDependencies;
  if (!all) for (const name of list.packagesForTests) for (const one of [list, lock.packages['']]) delete one.devDependencies[name];
  return { list, lock };
}

/** Installs packages of the lock file in a folder of their own, and lets `node_modules` lead there. @param {Extent} extent */
export async function installPackages(extent) {
  const version = versionOfPackages(extent);
  if (!areWhole(version, extent)) {
    const { list, lock } = listsFor(extent);
    const paths = reachable(lock.packages);
    say(`Installing ${paths.length} packages …`);
    const draft = makeDraft();
    copyFileSync('.npmrc', join(draft, '.npmrc'));
    writeFileSync(join(draft, 'package.json'), JSON.stringify(list));
    writeFileSync(join(draft, LOCK), JSON.stringify(lock));
    const telling = setInterval(() => tellOf(paths, draft), TELL_MS);
    await run('npm', INSTALL, draft).finally(() => clearInterval(telling));
    if (!areWhole(draft, extent))
      fail('npm has not installed what package-lock.json names; what was there is as it was, and nothing was started.');
    // npm by hand may have emptied it.
    discard(version);
    complete(draft, version);
  }
  pointTo('node_modules', join(version, 'node_modules'));
}

function hasGlibc() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime !== undefined;
}

function tellOf(paths, folder) {
  const done = paths.filter((path) => existsSync(join(folder, path, 'package.json'))).length;
  if (done > 0) say(`  ${done} of ${paths.length}`);
}

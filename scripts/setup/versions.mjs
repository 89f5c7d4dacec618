// `.builds/` holds what was installed and built, each version in a folder of its own that is never changed afterwards:
//
//     .builds/packages-<hash of the lock file>/node_modules
//     .builds/<hashes of the sources>/dist, package.json, node_modules -> the packages that it was built with, users/<pid>
//
// `node_modules` and `dist` of the checkout are links to one of each. A program that was started through such a link goes on in the folder
// that it led to, since Node follows links before it loads, and notes there for how long that is needed (src/platform/note-use).
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

export const VERSIONS = '.builds';
const DRAFT = /^draft-(\d+)-/;
const KEPT_BUILDS = 2;

/** The hash of files and of all that is in folders, by their names and contents, and of a text beside them, in hexadecimal. @param {string[]} paths */
export function hashOf(paths, { except = '', from = '.', more = '' } = {}) {
  const hash = createHash('sha256').update(more);
  for (const path of filesOf(paths, { except, from }))
    hash.update(`${path}\0`).update(
      createHash('sha256')
        .update(readFileSync(join(from, path)))
        .digest(),
    );
  return hash.digest('hex').slice(0, 16);
}

function filesOf(paths, where) {
  const { except, from } = where;
  return paths
    .filter((path) => path !== except && existsSync(join(from, path)))
    .flatMap((path) => {
      if (!statSync(join(from, path)).isDirectory()) return [path];
      const names = readdirSync(join(from, path)).sort();
      return filesOf(
        names.map((name) => join(path, name)),
        where,
      );
    });
}

/** An empty folder of a name that nobody else has, in which a version is made, for as long as this process runs. @returns {string} */
export function makeDraft() {
  const path = join(VERSIONS, `draft-${process.pid}-${randomBytes(8).toString('hex')}`);
  mkdirSync(path, { recursive: true });
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Removes a version. It is none any more from the first moment on, also when that is the last one of this process. @param {string} version */
export function discard(version) {
  if (existsSync(version)) renameSync(version, join(makeDraft(), 'discarded'));
}

/** Gives a draft that is complete its name. Another set-up may have made the same meanwhile. @param {string} draft @param {string} version */
export function complete(draft, version) {
  try {
    renameSync(draft, version);
  } catch (error) {
    if (!existsSync(version)) throw error;
  }
}

/** Makes a link of the checkout lead elsewhere, at one moment. @param {string} link @param {string} target */
export function pointTo(link, target) {
  const draft = join(dirname(link), `.${basename(link)}-${randomBytes(8).toString('hex')}`);
  symlinkSync(relative(dirname(link), target), draft);
  // A folder was made by npm itself, or by an earlier release.
  if (isFolder(link)) renameSync(link, join(makeDraft(), basename(link)));
  renameSync(draft, link);
}

/** Which folder a link leads to, absolutely. @param {string} link @returns {string | undefined} */
export function targetOf(link) {
  return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? resolve(dirname(link), readlinkSync(link)) : undefined;
}

function isFolder(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Removes versions that nothing leads to, no process goes on with, and that are not among the newest. What cannot be removed stays. */
export function removeUnused() {
  const versions = readdirSync(VERSIONS)
    .map((name) => resolve(VERSIONS, name))
    .filter(isFolder)
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  const builds = versions.filter((path) => existsSync(join(path, 'dist')));
  const kept = builds.filter((path, index) => index < KEPT_BUILDS || targetOf('dist') === join(path, 'dist') || isUsed(path));
  const linked = new Set(['node_modules', ...kept.map((path) => join(path, 'node_modules'))].map(targetOf));
  for (const path of versions) {
    if (isDraftOfSomebody(path) || kept.includes(path) || linked.has(join(path, 'node_modules'))) continue;
    try {
      discard(path);
    } catch {
      // Of another user, perhaps: no reason to start nothing.
    }
  }
}

function isDraftOfSomebody(path) {
  const pid = DRAFT.exec(basename(path))?.[1];
  return pid !== undefined && isAlive(Number(pid));
}

function isUsed(build) {
  const users = join(build, 'users');
  return existsSync(users) && readdirSync(users).some((pid) => isAlive(Number(pid)));
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// `.builds/` holds what was installed and built, each version in a folder of its own that is never changed afterwards:
//
//     .builds/packages-<hash of the lock file>/node_modules
//     .builds/<hashes of the sources>/dist, package.json, node_modules -> the packages that it was built with
//
// `node_modules` and `dist` of the checkout are links to one of each. A program that was started through such a link goes on in the folder
// that it led to, since Node follows links before it loads.
import { spawnSync } from 'node:child_process';
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
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { buildEnvironment } from '../build-environment.mjs';

export const VERSIONS = '.builds';
const DRAFT = /^draft-/;
/** No set-up takes so long. */
const DRAFT_MS = 6 * 3_600_000;
const KEPT_BUILDS = 2;

/** The hash of files and of all that is in folders, by their names and contents, in hexadecimal. @param {string[]} paths */
export function hashOf(paths, except = '') {
  const hash = createHash('sha256');
  for (const path of filesOf(paths, except)) hash.update(`${path}\0`).update(createHash('sha256').update(readFileSync(path)).digest());
  return hash.digest('hex').slice(0, 16);
}

function filesOf(paths, except) {
  return paths
    .filter((path) => path !== except && existsSync(path))
    .flatMap((path) =>
      statSync(path).isDirectory()
        ? filesOf(
            readdirSync(path)
              .sort()
              .map((name) => join(path, name)),
            except,
          )
        : [path],
    );
}

/** An empty folder of a name that nobody else has, in which a version is made, for as long as this process runs. @returns {string} */
export function makeDraft() {
  const path = join(VERSIONS, `draft-${randomBytes(8).toString('hex')}`);
  mkdirSync(path, { recursive: true });
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
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

/** Notes that a process goes on with the present build until it ends. @param {number} pid */
export function noteUser(pid) {
  const build = dirname(targetOf('dist'));
  try {
    mkdirSync(join(build, 'users'), { recursive: true });
    writeFileSync(join(build, 'users', String(pid)), '');
  } catch {
    // In a folder that cannot be written nothing is removed either.
  }
}

/** Removes versions that nothing leads to, no process goes on with, and that are not among the newest. */
export function removeUnused() {
  const versions = readdirSync(VERSIONS)
    .map((name) => resolve(VERSIONS, name))
    .filter(isFolder)
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  const commands = readCommands();
  const builds = versions.filter((path) => existsSync(join(path, 'dist')));
  const kept = builds.filter((path, index) => index < KEPT_BUILDS || targetOf('dist') === join(path, 'dist') || isUsed(path, commands));
  const linked = new Set(['node_modules', ...kept.map((path) => join(path, 'node_modules'))].map(targetOf));
  for (const path of versions) {
    const isNeeded = isDraft(path) || kept.includes(path) || linked.has(join(path, 'node_modules'));
    if (!isNeeded) rmSync(path, { recursive: true, force: true });
  }
}

/** One that another set-up may still be at. */
function isDraft(path) {
  return DRAFT.test(basename(path)) && statSync(path).mtimeMs > Date.now() - DRAFT_MS;
}

/** Whether a process was started from it, or a worker runs it. */
function isUsed(build, commands) {
  const users = join(build, 'users');
  return commands.includes(basename(build)) || (existsSync(users) && readdirSync(users).some((pid) => isAlive(Number(pid))));
}

/** The command lines of all processes; those of workers have the folder of their build. */
function readCommands() {
  if (process.platform !== 'linux')
    return spawnSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8', env: buildEnvironment(process.env) }).stdout ?? '';
  const read = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(read)
    .join('\n');
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

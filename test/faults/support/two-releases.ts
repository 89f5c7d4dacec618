import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildEnvironment } from '../../../scripts/build-environment.mjs';
import { hashOf } from '../../../scripts/setup/versions.mjs';
import { unpackPreviousRelease } from './previous-release.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
/** What the documents call the release that one changes to. */
const NEXT = '0.2.0';
const BEFORE = '0.1.9';

/** This state as a release, in a repository that has the release before it as well. */
export interface TwoReleases {
  /** Where both can be fetched from. */
  origin: string;
  before: string;
  next: string;
  remove(): void;
}

/**
 * Makes a repository with two tags. The release before is the newest one of the history that can make a backup; until there is one, it is this state
 * under another version.
 */
export function makeTwoReleases(): TwoReleases {
  const origin = mkdtempSync(join(tmpdir(), 'latchkey-releases-'));
  git(origin, 'init', '--quiet');
  if (!unpackPreviousRelease(origin) || !canBackUp(origin)) {
    emptyFolder(origin);
    copyTree(origin);
    setVersion(origin, BEFORE);
  }
  const before = commit(origin);
  emptyFolder(origin);
  copyTree(origin);
  setVersion(origin, NEXT);
  const next = commit(origin);
  return { origin, before, next, remove: () => rmSync(origin, { recursive: true, force: true }) };
}

/** Clones a release, and lends it the packages that are installed here. What has others installs them by itself. */
export function cloneRelease({ origin }: TwoReleases, version: string, folder: string): void {
  execFileSync('git', ['clone', '--quiet', '--no-tags', '--single-branch', '--branch', `v${version}`, `file://${origin}`, folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const packages = `.builds/packages-${hashOf(['package-lock.json', '.npmrc'], { from: folder })}`;
  mkdirSync(join(folder, packages), { recursive: true });
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, packages, 'node_modules'));
  symlinkSync(`${packages}/node_modules`, join(folder, 'node_modules'));
}

/** Runs lines of a shell, and none after one that fails. */
export function runLines(folder: string, lines: string, settings?: NodeJS.ProcessEnv): Promise<string> {
  return runIn(folder, ['bash', '--norc', '-euo', 'pipefail', '-c', lines], settings);
}

/** Runs something in a folder, with no setting of whoever runs the tests but those that are given. @throws with what it said when it fails */
export async function runIn(folder: string, [program, ...args]: [string, ...string[]], settings: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout, stderr } = await run(program, args, { cwd: folder, env: { ...buildEnvironment(process.env), ...settings } });
  return stdout + stderr;
}

function git(folder: string, ...args: string[]): string {
  const author = ['-c', 'user.name=Latchkey', '-c', 'user.email=latchkey@example.com'];
  return execFileSync('git', [...author, ...args], { cwd: folder, encoding: 'utf8' });
}

function commit(folder: string): string {
  const { version } = listOf(folder);
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '-m', version);
  git(folder, 'tag', `v${version}`);
  return version;
}

function emptyFolder(folder: string): void {
  git(folder, 'rm', '-r', '--quiet', '--force', '--ignore-unmatch', '.');
  git(folder, 'clean', '--quiet', '-fdx');
}

/** What is tracked here and what is about to be. */
function copyTree(folder: string): void {
  const files = git(root, 'ls-files', '--cached', '--others', '--exclude-standard', '-z').split('\0');
  for (const file of files) if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(folder, file));
}

function listOf(folder: string): { version: string; scripts: Record<string, string> } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function canBackUp(folder: string): boolean {
  return 'backup' in listOf(folder).scripts;
}

function setVersion(folder: string, version: string): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...listOf(folder), version }, null, 2));
}

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
/** The first release, for clones without tags. */
const FIRST = { tag: 'v0.1.0', commit: '4f5d7eb402b3698bb424d6643bd2dbc832e82b06' };
/** The release before this state: the newest tag before it. */
const PREVIOUS = newestTag() ?? FIRST;

/** The previous release, built. */
export interface Release {
  tag: string;
  /** Its program, for `startProcess`. */
  script: string;
  remove(): void;
}

/** Whether the history reaches back to the previous release; that of a shallow clone does not. */
export function hasPreviousRelease(): boolean {
  return spawnSync('git', ['cat-file', '-e', PREVIOUS.commit], { cwd: root }).status === 0;
}

/** Puts the files of the previous release into a folder. @returns whether the history has them */
export function unpackPreviousRelease(folder: string): boolean {
  if (!hasPreviousRelease()) return false;
  const archive = execFileSync('git', ['archive', PREVIOUS.commit], { cwd: root, maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x'], { cwd: folder, input: archive });
  return true;
}

/** Checks the previous release out of the history, and builds its server. */
export function buildPreviousRelease(): Release {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-previous-'));
  const run = (command: string, args: string[], cwd = folder) => execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  unpackPreviousRelease(folder);
  // Its own packages, unless those that it runs on are the same.
  if (packagesOf(folder) === packagesOf(root)) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  else run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']);
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  const script = join(folder, 'dist/src/main.js');
  if (!existsSync(script)) throw new Error(`${PREVIOUS.tag} cannot be built`);
  return { tag: PREVIOUS.tag, script, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function newestTag(): typeof FIRST | undefined {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  const { status, stdout } = git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*', 'HEAD^');
  const tag = stdout?.trim();
  return status === 0 ? { tag, commit: git('rev-parse', `${tag}^{commit}`).stdout.trim() } : undefined;
}

/** What is installed for production, with its hashes. */
function packagesOf(folder: string): string {
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  const entries = Object.entries<{ dev?: boolean; integrity?: string }>(lock.packages);
  return JSON.stringify(entries.filter(([path, { dev }]) => path !== '' && !dev).map(([path, { integrity }]) => [path, integrity]));
}

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The release before this state: its tag, and the commit for clones without tags. */
const PREVIOUS = { tag: 'v0.1.0', commit: '4f5d7eb402b3698bb424d6643bd2dbc832e82b06' };
const root = join(import.meta.dirname, '../../..');

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

/** Checks the previous release out of the history, and builds its server. */
export function buildPreviousRelease(): Release {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-previous-'));
  const run = (command: string, args: string[], cwd = folder) => execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const archive = execFileSync('git', ['archive', PREVIOUS.commit], { cwd: root, maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x'], { cwd: folder, input: archive });
  // Its own packages, unless those that it runs on are the same.
  if (packagesOf(folder) === packagesOf(root)) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  else run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']);
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  const script = join(folder, 'dist/src/main.js');
  if (!existsSync(script)) throw new Error(`${PREVIOUS.tag} cannot be built`);
  return { tag: PREVIOUS.tag, script, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What is installed for production, with its hashes. */
function packagesOf(folder: string): string {
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  const entries = Object.entries<{ dev?: boolean; integrity?: string }>(lock.packages);
  return JSON.stringify(entries.filter(([path, { dev }]) => path !== '' && !dev).map(([path, { integrity }]) => [path, integrity]));
}

import { spawnSync } from 'node:child_process';

/** Whether there is a `python3`. With CI=true there has to be. */
export function hasPython(): boolean {
  if (spawnSync('python3', ['--version']).status === 0) return true;
  if (process.env.CI === 'true') throw new Error('Python is not installed: with CI=true its tests must run. Install python3.');
  process.stderr.write('Python is not installed: its tests are skipped. Install python3.\n');
  return false;
}

// npm run advisories: asks the registry for advisories against what the lock file has; one that has no answer to that is
// replaced by the list in the repository. Ends with 1 when an advisory concerns a package.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findAffected, readAdvisories } from '../supply/advisory-check.ts';
import { readLockFile } from '../supply/lock-file.ts';
import { buildEnvironment } from './build-environment.mjs';

const say = (text: string) => process.stdout.write(`${text}\n`);

const { stdout } = spawnSync('npm', ['audit', '--json', '--package-lock-only'], {
  cwd: join(import.meta.dirname, '..'),
  encoding: 'utf8',
  timeout: 60_000,
  env: buildEnvironment(process.env),
});
const report = parse(stdout);
if (report?.metadata) askedRegistry(report);
else comparedWithList(report?.message ?? report?.error?.summary ?? 'no answer');

function parse(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function askedRegistry({ vulnerabilities }: { vulnerabilities: Record<string, { severity: string; range: string }> }): void {
  const found = Object.entries(vulnerabilities).map(([name, { severity, range }]) => `${name} ${range}: ${severity}; see "npm audit"`);
  finish('Asked the registry.', found);
}

function comparedWithList(reason: string): void {
  const { asOf, advisories } = readAdvisories();
  const told = `The registry could not be asked (${reason}). Compared with the ${advisories.length} advisories of supply/advisories.json, which has what was public on ${asOf}.`;
  finish(told, findAffected(readLockFile(), advisories));
}

function finish(how: string, found: readonly string[]): void {
  say(how);
  for (const line of found) say(`  ${line}`);
  say(found.length === 0 ? 'No package is concerned.' : `${found.length} found.`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

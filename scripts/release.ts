// npm run release -- 0.2.0: gives what is committed a version: in package.json and the lock file, in CHANGELOG.md over what was
// unreleased, and as an annotated tag, which `test/faults/upgrade` begins from afterwards. Nothing is pushed.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gt, valid } from 'semver';
import { buildEnvironment } from './build-environment.mjs';

const FILES = ['package.json', 'package-lock.json', 'CHANGELOG.md'];
const root = join(import.meta.dirname, '..');
const changelog = join(root, 'CHANGELOG.md');

function run(command: string, ...args: string[]): string {
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio, env: buildEnvironment(process.env) }).trim();
}

function refuse(reason: string): never {
  process.stderr.write(`${reason} Nothing was changed.\n`);
  process.exit(1);
}

const [version = ''] = process.argv.slice(2);
const { version: present } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
if (valid(version) !== version || !gt(version, present)) refuse(`Name a version after ${present}: npm run release -- MAJOR.MINOR.PATCH.`);
if (run('git', 'status', '--porcelain') !== '') refuse('There are changes that are not committed: commit them first.');
const text = readFileSync(changelog, 'utf8');
if (!/^## Unreleased\n+- /m.test(text)) refuse('CHANGELOG.md has nothing under "Unreleased".');

const day = new Date().toISOString().slice(0, 10);
writeFileSync(changelog, text.replace(/^## Unreleased\n/m, `## Unreleased\n\n## ${version} (${day})\n`));
run('npm', 'version', version, '--no-git-tag-version', '--ignore-scripts');
run('git', 'add', ...FILES);
run('git', 'commit', '--quiet', '-m', `release: ${version}`);
run('git', 'tag', '--annotate', `v${version}`, '-m', `Latchkey ${version}`);
process.stdout.write(`v${version} is committed and tagged. Publish it with: git push --follow-tags\n`);

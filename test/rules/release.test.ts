import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const FILES = ['package.json', 'package-lock.json', '.npmrc', 'scripts/release.ts', 'scripts/build-environment.mjs'];
const AUTHOR = { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@localhost', GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@localhost' };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-release-'));
  for (const name of FILES) cpSync(join(root, name), at(name));
  for (const name of ['package.json', 'package-lock.json']) {
    const content = JSON.parse(read(name));
    for (const about of [content, content.packages?.[''] ?? {}]) Object.assign(about, { version: '0.1.0' });
    writeFileSync(at(name), JSON.stringify(content, null, 2));
  }
  writeFileSync(at('CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n- Something new.\n\n## 0.1.0\n\n- The first.\n');
  symlinkSync(join(root, 'node_modules'), at('node_modules'));
  writeFileSync(at('.gitignore'), 'node_modules\n');
  git('init', '--quiet');
  git('config', 'user.name', 'A');
  git('config', 'user.email', 'a@localhost');
  git('config', 'commit.gpgsign', 'false');
  commit();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, ...AUTHOR } }).trim();
const commit = () => {
  git('add', '--all');
  git('commit', '--quiet', '-m', 'state');
};
const release = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('scripts/release.ts'), ...args], { cwd: folder, encoding: 'utf8' });
  return { status, told: stdout + stderr };
};

it('puts a version into the package, the lock file, the list of changes and a tag', () => {
  expect(release('0.2.0')).toEqual({ status: 0, told: expect.stringContaining('git push --follow-tags') });
  for (const name of ['package.json', 'package-lock.json']) expect(JSON.parse(read(name)).version).toBe('0.2.0');
  expect(read('CHANGELOG.md')).toMatch(/^## Unreleased\n\n## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n- Something new\.\n\n## 0\.1\.0\n/m);
  expect([git('describe', '--exact-match'), git('status', '--porcelain'), git('cat-file', '-t', 'v0.2.0')]).toEqual(['v0.2.0', '', 'tag']);
  expect(release('0.3.0')).toEqual({ status: 1, told: 'CHANGELOG.md has nothing under "Unreleased". Nothing was changed.\n' });
});

it('refuses what is no later version, and what is not committed, and changes nothing then', () => {
  for (const version of [[], ['0.1.0'], ['0.0.9'], ['v0.2.0'], ['next']]) {
    expect(release(...version)).toEqual({ status: 1, told: expect.stringContaining('Name a version after 0.1.0') });
  }
  writeFileSync(at('more'), '');
  expect(release('0.2.0')).toEqual({ status: 1, told: expect.stringContaining('not committed') });
  rmSync(at('more'));
  expect([git('status', '--porcelain'), git('tag')]).toEqual(['', '']);
});

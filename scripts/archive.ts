// npm run archive -- FOLDER: makes latchkey-<version>.tgz in a folder, with all that runs and nothing that builds: what was built, the packages
// that it runs with, the documents. It is unpacked anywhere and started with `node dist/src/main.js`. Nothing is downloaded.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildEnvironment } from './build-environment.mjs';
import { reachable } from './setup/lock-file.mjs';

const root = join(import.meta.dirname, '..');
const INCLUDED = ['README.md', 'CHANGELOG.md', 'docs', 'deploy', 'schema.graphql', 'scripts/command.mjs', 'scripts/build-environment.mjs'];
/** Those that need neither packages of the tests nor the sources. */
const COMMANDS = ['admin:reset', 'migrate', 'encryption-key:change', 'audit:verify', 'backup', 'restore'];

/** By whoever unpacks it as root. GNU's tar and that of BSD have other words for it. */
const OWNED_BY_ROOT = process.platform === 'linux' ? ['--owner=0', '--group=0', '--numeric-owner'] : ['--uid', '0', '--gid', '0'];

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('Name the folder to put it into: npm run archive -- FOLDER.\n');
  process.exit(1);
}
const { name, version, description, license, type, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const staging = mkdtempSync(join(tmpdir(), 'latchkey-archive-'));
try {
  const release = `${name}-${version}`;
  const at = (path: string) => join(staging, release, path);
  mkdirSync(at('node_modules'), { recursive: true });
  cpSync(realpathSync(join(root, 'dist')), at('dist'), { recursive: true });
  for (const path of INCLUDED) cpSync(join(root, path), at(path), { recursive: true });
  for (const path of neededToRun()) cpSync(join(realpathSync(join(root, 'node_modules')), '..', path), at(path), { recursive: true });
  const kept = Object.fromEntries(COMMANDS.map((command) => [command, scripts[command]]));
  const list = { name, version, private: true, description, license, type, scripts: { start: 'exec node dist/src/main.js', ...kept } };
  writeFileSync(at('package.json'), `${JSON.stringify(list, null, 2)}\n`);
  const file = resolve(folder, `${release}.tgz`);
  mkdirSync(dirname(file), { recursive: true });
  for (const path of readdirSync(staging, { recursive: true, encoding: 'utf8' })) openToAll(join(staging, path));
  execFileSync('tar', [...OWNED_BY_ROOT, '-czf', file, '-C', staging, release], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: buildEnvironment(process.env),
  });
  process.stdout.write(`${file}\n`);
} finally {
  rmSync(staging, { recursive: true, force: true });
}

/** Whoever runs the server reads it, and its owner alone writes to it, whatever the umask was here. */
function openToAll(path: string): void {
  const found = lstatSync(path);
  if (!found.isSymbolicLink()) chmodSync(path, found.isDirectory() || (found.mode & 0o100) !== 0 ? 0o755 : 0o644);
}

/** Without what comes along for whoever has no Node, and without what lies within a package that is copied whole. */
function neededToRun(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  delete packages[''].devDependencies;
  delete packages[''].optionalDependencies;
  const paths = reachable(packages);
  return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
}

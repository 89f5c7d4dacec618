// Prepares a checkout: installs packages when they are missing or older than the lock file, and
// builds what is older than its sources. Runs on any Node from 20 on and needs no package.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildEnvironment } from './build-environment.mjs';

const OLDEST_NODE = 20;
// Of each line; src/platform/node-version has the same.
const OLDEST_NODES_TO_RUN = ['22.23.2', '24.18.1', '26.5.1'];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (path) => join(root, path);

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  fail(
    `Latchkey needs Node ${OLDEST_NODE} or later to set itself up and this is Node ${process.versions.node}: install a newer one from nodejs.org.`,
  );
}

if (isStale('node_modules/.package-lock.json', ['package-lock.json'])) {
  say('Installing packages …');
  // Development packages are what builds it, whatever NODE_ENV says.
  run('npm', ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
}
if (!existsSync(at('node_modules/.bin/node')) && !isNodeToRun(process.versions.node)) {
  fail(
    `No Node comes along for this platform, and Latchkey needs Node ${OLDEST_NODES_TO_RUN.join(', ')} or a later one of these lines to run; this is ${process.versions.node}: install a newer one from nodejs.org.`,
  );
}
const shared = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'vite.config.ts'];
if (isStale('dist/.server', [...shared, 'ormconfig.ts', 'src'], 'src/console')) {
  say('Building the server …');
  run('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json']);
  writeFileSync(at('dist/.server'), '');
}
if (isStale('dist/.console', [...shared, 'schema.graphql', 'src/console'])) {
  say('Building the pages …');
  run('node_modules/.bin/vite', ['build', '--logLevel', 'warn']);
  writeFileSync(at('dist/.console'), '');
}

function isNodeToRun(version) {
  const [major, minor, patch] = version.split('.').map((part) => Number.parseInt(part, 10));
  const lines = OLDEST_NODES_TO_RUN.map((oldest) => oldest.split('.').map(Number));
  const line = lines.find(([of]) => of === major);
  if (!line) return major > Math.max(...lines.map(([of]) => of));
  return minor > line[1] || (minor === line[1] && patch >= line[2]);
}

function isStale(stamp, sources, except) {
  return !existsSync(at(stamp)) || newest(sources, except) > statSync(at(stamp)).mtimeMs;
}

function newest(paths, except) {
  const times = paths
    .filter((path) => path !== except && existsSync(at(path)))
    .map((path) => {
      const stat = statSync(at(path));
      const inside = stat.isDirectory()
        ? newest(
            readdirSync(at(path)).map((name) => join(path, name)),
            except,
          )
        : 0;
      return Math.max(stat.mtimeMs, inside);
    });
  return Math.max(0, ...times);
}

function run(command, args) {
  const path = `${at('node_modules/.bin')}:${process.env.PATH}`;
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...buildEnvironment(process.env), PATH: path },
  });
  if (error || status !== 0) fail(`"${command} ${args.join(' ')}" failed${error ? `: ${error.message}` : ''}; nothing was started.`);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

// Prepares a checkout: installs the packages of the lock file and builds what the sources say. Each is made beside what is there and
// takes its place when it is complete, so that a server that runs goes on with what it began with. Runs on any Node from 20 on and
// needs no package. With --all the packages of the tests are installed as well.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, isBuilt } from './setup/build.mjs';
import { arePackagesThere, installPackages } from './setup/packages.mjs';
import { fail } from './setup/programs.mjs';
import { inTurn } from './setup/turn.mjs';
import { removeUnused } from './setup/versions.mjs';

const OLDEST_NODE = 20;
// Of each line; src/platform/node-version has the same.
const OLDEST_NODES_TO_RUN = ['22.23.2', '24.18.1', '26.5.1'];

const extent = { all: process.argv.includes('--all') };

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  fail(
    `Latchkey needs Node ${OLDEST_NODE} or later to set itself up and this is Node ${process.versions.node}: install a newer one from nodejs.org.`,
  );
}
try {
  if (!isReady()) await inTurn(prepare);
} catch (error) {
  if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
  fail(
    `This user may not write here (${error.code}, ${error.path}): set it up as the one whom ${process.cwd()} belongs to; then others may start it. Nothing was changed.`,
  );
}
requireNodeToRun();

async function prepare() {
  if (!arePackagesThere(extent)) await installPackages(extent);
  requireNodeToRun();
  if (!isBuilt()) await build();
  removeUnused();
}

function isReady() {
  return arePackagesThere(extent) && isBuilt();
}

function requireNodeToRun() {
  if (existsSync('node_modules/.bin/node') || isNodeToRun(process.versions.node)) return;
  fail(
    `No Node comes along for this platform, and Latchkey needs Node ${OLDEST_NODES_TO_RUN.join(', ')} or a later one of these lines to run; this is ${process.versions.node}: install a newer one from nodejs.org.`,
  );
}

function isNodeToRun(version) {
  const [major, minor, patch] = version.split('.').map((part) => Number.parseInt(part, 10));
  const lines = OLDEST_NODES_TO_RUN.map((oldest) => oldest.split('.').map(Number));
  const line = lines.find(([of]) => of === major);
  if (!line) return major > Math.max(...lines.map(([of]) => of));
  return minor > line[1] || (minor === line[1] && patch >= line[2]);
}

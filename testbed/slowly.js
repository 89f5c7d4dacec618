// Runs a command as on a slow machine: each of its processes gets a part of a core, or busy loops run
// beside it. Needs root and the cpu controller of cgroup v1 (not for loops alone).
//   node testbed/slowly.js [--share 0.33] [--load 8] -- npm test
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const CONTROLLER = '/sys/fs/cgroup/cpu';
const PERIOD_US = 100_000;
const LOOK_EVERY_MS = 20;
/** Loops whose starter was killed end by themselves. */
const LOAD_MS = 4 * 3_600_000;

const { share, load, command } = readArguments();
const base = `${CONTROLLER}/latchkey-slowly-${process.pid}`;
let made = 0;

const loops = Array.from({ length: load }, () =>
  spawn(process.execPath, ['-e', `for (const end = Date.now() + ${LOAD_MS}; Date.now() < end; );`], { stdio: 'ignore' }),
);
const child = spawn(command[0], command.slice(1), { stdio: 'inherit' });
const watch = share === undefined || child.pid === undefined ? undefined : watchFrom(child.pid);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('error', ({ message }) => fail(message));
child.once('exit', (code) => {
  clearInterval(watch);
  for (const loop of loops) loop.kill('SIGKILL');
  if (watch) [...groups(), base].forEach(removeEmpty);
  process.exitCode = code ?? 1;
});

function readArguments() {
  const { values, positionals } = parseArgs({ options: { share: { type: 'string' }, load: { type: 'string' } }, allowPositionals: true });
  const given = { share: values.share && Number(values.share), load: Number(values.load ?? 0), command: positionals };
  const isShare = given.share === undefined || (given.share >= 0.01 && given.share <= 1);
  if (!isShare || !Number.isInteger(given.load) || given.load < 0 || positionals.length === 0) {
    fail('node testbed/slowly.js [--share <part of a core for each process>] [--load <busy loops>] -- <command>');
  }
  return given;
}

/** What a process starts is in its group until it is seen there; orphans are seen as well. */
function watchFrom(pid) {
  if (!existsSync(`${CONTROLLER}/cpu.cfs_quota_us`)) fail(`There is no ${CONTROLLER}/cpu.cfs_quota_us: a share needs cgroup v1.`);
  mkdirSync(base);
  hold(pid);
  return setInterval(() => {
    for (const group of groups()) {
      const [, ...others] = readFileSync(`${group}/cgroup.procs`, 'utf8').split('\n').filter(Boolean);
      others.forEach(hold);
    }
  }, LOOK_EVERY_MS);
}

function hold(pid) {
  const group = `${base}/${made++}`;
  mkdirSync(group);
  writeFileSync(`${group}/cpu.cfs_period_us`, String(PERIOD_US));
  writeFileSync(`${group}/cpu.cfs_quota_us`, String(Math.round(PERIOD_US * share)));
  try {
    writeFileSync(`${group}/cgroup.procs`, String(pid));
  } catch (error) {
    // It has ended meanwhile.
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Those that are in use; the others are taken away. */
function groups() {
  const entries = readdirSync(base, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.map(({ name }) => `${base}/${name}`).filter((group) => !removeEmpty(group));
}

/** @returns whether it is gone */
function removeEmpty(group) {
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    if (error.code !== 'EBUSY') throw error;
    return false;
  }
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

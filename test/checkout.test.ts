import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashOf } from '../scripts/setup/versions.mjs';
import { freePort } from '../testbed/free-port.js';
import { type TestProcess, until } from '../testbed/process.js';
import { crewOf } from '../testbed/workers.js';

const root = join(import.meta.dirname, '..');
const NEEDED = ['package.json', 'package-lock.json', '.npmrc', 'tsconfig.json', 'tsconfig.build.json', 'vite.config.ts', 'ormconfig.ts'];
const COMMANDS = ['admin:reset', 'audit:verify', 'backup', 'encryption-key:change', 'migrate', 'restore', 'typeorm'];
/** Nothing can be downloaded. */
const OFFLINE = { npm_config_registry: 'http://127.0.0.1:1', npm_config_fetch_retries: '0', npm_config_cache: '' };

let checkout: string;
let packages: string;
let env: NodeJS.ProcessEnv;
const running: ChildProcess[] = [];

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'latchkey-checkout-'));
  for (const name of [...NEEDED, 'schema.graphql', 'scripts', 'src']) cpSync(join(root, name), at(name), { recursive: true });
  // Nothing is downloaded: what is installed here is lent.
  packages = `.builds/packages-${hashOf(['package-lock.json', '.npmrc'], { from: checkout })}`;
  mkdirSync(at(packages), { recursive: true });
  symlinkSync(realpathSync(join(root, 'node_modules')), at(`${packages}/node_modules`));
  symlinkSync(`${packages}/node_modules`, at('node_modules'));
  env = { PATH: process.env.PATH, HOME: checkout, ...OFFLINE, npm_config_cache: at('.npm') };
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  rmSync(checkout, { recursive: true, force: true });
});

const at = (path: string) => join(checkout, path);
const distribution = () => readlinkSync(at('dist'));

async function run(command: string, ...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: checkout, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}

const npm = (...args: string[]) => run('npm', 'run', '--silent', ...args);

/** Starts the server as `npm start` does, without npm before it. */
async function start(): Promise<Pick<TestProcess, 'url' | 'child' | 'output'>> {
  const port = await freePort();
  const line = JSON.parse(readFileSync(at('package.json'), 'utf8')).scripts.start;
  const child = spawn('sh', ['-c', line], { cwd: checkout, env: { ...env, PORT: String(port), WORKERS: '2' } });
  running.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const started = { url: `http://localhost:${port}`, child, output: () => output };
  await until(
    () => crewOf(started).size === 2,
    () => output,
  );
  return started;
}

it('keeps its database beside itself, through builds, whatever folder it is started from', async () => {
  expect((await npm('build')).code).toBe(0);
  expect(await startFromElsewhere()).toContain('shown this once');
  const file = lstatSync(at('data/latchkey.db')).ino;
  for (const text of ['once', 'twice', 'three times']) {
    changeSources(text);
    expect((await npm('build')).code).toBe(0);
    // The administrator of before is there.
    expect(await startFromElsewhere()).not.toContain('shown this once');
  }
  expect(lstatSync(at('data/latchkey.db')).ino).toBe(file);
  const builds = readdirSync(at('.builds')).filter((name) => existsSync(at(`.builds/${name}/data`)));
  expect(builds).toEqual([]);
});

/** The page, and what it loads at first. */
async function pageOf(url: string): Promise<{ page: string; statuses: number[] }> {
  const page = await (await fetch(url, { headers: { accept: 'text/html' } })).text();
  const assets = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path as string);
  return { page, statuses: await Promise.all(assets.map(async (path) => (await fetch(url + path)).status)) };
}

/** Starts the server from another folder, past npm, and gives what it says until it is ready. */
async function startFromElsewhere(): Promise<string> {
  const port = await freePort();
  const elsewhere = mkdtempSync(join(tmpdir(), 'latchkey-elsewhere-'));
  const child = spawn(process.execPath, [at('dist/src/main.js')], { cwd: elsewhere, env: { ...env, PORT: String(port) } });
  running.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  await until(
    () => output.includes('"ready"'),
    () => output,
  );
  child.kill('SIGTERM');
  await once(child, 'exit');
  expect(readdirSync(elsewhere)).toEqual([]);
  rmSync(elsewhere, { recursive: true });
  return output;
}

function changeSources(text: string): void {
  const [page, server] = ['src/console/console.html', 'src/platform/node-version.ts'];
  writeFileSync(at(page), readFileSync(at(page), 'utf8').replace('</title>', ` ${text}</title>`));
  writeFileSync(at(server), `${readFileSync(at(server), 'utf8')}\n// Changed: ${text}.\n`);
}

function touchEverything(): void {
  const now = new Date();
  for (const name of readdirSync(checkout, { recursive: true, encoding: 'utf8' })) {
    if (!/node_modules|^\.npm/.test(name)) utimesSync(at(name), now, now);
  }
}

it('is built from what the files hold, whenever they were written, and only once', async () => {
  expect(await npm('build')).toEqual({ code: 0, output: 'Building the server …\nBuilding the pages …\n' });
  const built = distribution();
  touchEverything();
  expect(await npm('build')).toEqual({ code: 0, output: '' });
  expect(distribution()).toBe(built);
  const before = readFileSync(at('src/server/app.ts'), 'utf8');
  writeFileSync(at('src/server/app.ts'), `${before}\n// Changed.\n`);
  expect(await npm('build')).toEqual({ code: 0, output: 'Building the server …\n' });
  expect(distribution()).not.toBe(built);
  writeFileSync(at('src/server/app.ts'), before);
  expect(await npm('build')).toEqual({ code: 0, output: '' });
  expect(distribution()).toBe(built);
});

it('is set up by one command at a time', async () => {
  const both = await Promise.all([npm('build'), npm('build')]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  const told = both.map(({ output }) => output).sort();
  expect(told).toEqual(['Another command prepares this checkout: waiting for it …\n', 'Building the server …\nBuilding the pages …\n']);
  expect(await npm('build')).toEqual({ code: 0, output: '' });
});

it('a server that runs goes on with what it began with, whatever is built beside it, and takes up the new at SIGHUP', async () => {
  const server = await start();
  const before = await pageOf(server.url);
  const began = distribution();
  expect([before.statuses.length > 1, new Set(before.statuses)]).toEqual([true, new Set([200])]);
  for (const text of ['again', 'and again', 'and once more']) {
    changeSources(text);
    expect(await npm('build')).toEqual({ code: 0, output: expect.stringContaining('Building the pages …') });
  }
  expect(existsSync(at(began))).toBe(true);
  const [victim, pid] = [...crewOf(server)][0] as [number, number];
  process.kill(pid, 'SIGKILL');
  await until(() => crewOf(server).size === 2 && !crewOf(server).has(victim), server.output);
  for (let time = 0; time < 6; time += 1) expect(await pageOf(server.url)).toEqual(before);

  server.child.kill('SIGHUP');
  await until(() => server.output().includes('all workers were replaced'), server.output);
  const after = await pageOf(server.url);
  expect([after.page.includes('once more</title>'), new Set(after.statuses)]).toEqual([true, new Set([200])]);
  const builds = () => readdirSync(at('.builds')).filter((name) => existsSync(at(`.builds/${name}/dist`)));
  server.child.kill('SIGTERM');
  await once(server.child, 'exit');
  changeSources('at last');
  await npm('build');
  expect([existsSync(at(began)), builds().length]).toEqual([false, 2]);
});

it('what is damaged or half removed is made anew: packages by whoever called npm by hand, a build, the code beside the sources', async () => {
  await npm('build');
  const generated = at('src/console/api/generated.ts');
  const text = readFileSync(generated, 'utf8');
  for (const damage of [() => rmSync(generated), () => writeFileSync(generated, '// of another commit')]) {
    damage();
    expect(await npm('build')).toEqual({ code: 0, output: '' });
    expect(readFileSync(generated, 'utf8')).toBe(text);
  }
  rmSync(at('dist/console/console.html'));
  expect(await npm('build')).toEqual({ code: 0, output: expect.stringContaining('Building the pages …') });
  expect(existsSync(at('dist/console/console.html'))).toBe(true);
  // As the release before writes through the link.
  const main = at('dist/src/server/app.js');
  writeFileSync(main, `${readFileSync(main, 'utf8')}\n`);
  expect(await npm('build')).toEqual({ code: 0, output: expect.stringContaining('Building the server …') });
  // As an interrupted npm ci leaves it: it goes through the link as well.
  rmSync(at(`${packages}/node_modules`));
  mkdirSync(at(`${packages}/node_modules`));
  for (const settings of [{}, { npm_config_dry_run: 'true' }]) {
    Object.assign(env, settings);
    expect(await npm('build')).toEqual({
      code: 1,
      output: expect.stringMatching(/nothing was started\.\n$/),
    });
  }
});

it('an installation that fails takes nothing away: commands go on with what there was, and say nothing of it', async () => {
  await npm('build');
  const lock = readFileSync(at('package-lock.json'), 'utf8');
  writeFileSync(at('package-lock.json'), lock.replace(/("node_modules\/koa": \{\s*"version": ")[^"]+/, '$13.99.0'));
  const built = await npm('build');
  expect([built.code, built.output]).toEqual([
    1,
    expect.stringMatching(/^Installing \d+ packages …\n(?:.*\n)*.*what was there is as it was, and nothing was started\.\n$/),
  ]);
  expect(existsSync(at('node_modules/koa/package.json'))).toBe(true);
  expect(readdirSync(at('.builds')).filter((name) => name.startsWith('draft'))).toEqual([]);
  expect(await npm('migrate')).toEqual({ code: 0, output: expect.stringContaining('migrat') });
  const { code, output } = await npm('backup', '--', 'night.backup');
  expect([code, output]).toEqual([1, expect.not.stringContaining('Installing')]);
});

it('commands for operators neither install nor build', async () => {
  rmSync(at('node_modules'));
  for (const name of COMMANDS) {
    expect([name, await npm(name)]).toEqual([
      name,
      { code: 1, output: 'Latchkey is not built here: run "npm run build" first. Nothing was done.\n' },
    ]);
  }
  expect(
    readdirSync(checkout)
      .filter((name) => !name.startsWith('.'))
      .sort(),
  ).toEqual([...NEEDED.filter((name) => name !== '.npmrc'), 'schema.graphql', 'scripts', 'src'].sort());
});

it('a folder that an earlier release has built into is taken over', async () => {
  cpSync(realpathSync(join(root, 'dist')), at('dist'), { recursive: true });
  expect((await npm('build')).code).toBe(0);
  expect(lstatSync(at('dist')).isSymbolicLink()).toBe(true);
  expect(readdirSync(at('.builds')).filter((name) => name.startsWith('draft'))).toEqual([]);
});

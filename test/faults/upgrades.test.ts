import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, kind, type TestDatabase } from '../../testbed/database.js';
import { ENCRYPTION_KEY } from '../../testbed/encryption-key.js';
import { freePort, lastingPort } from '../../testbed/free-port.js';
import { hasGateways, startGateway } from '../../testbed/gateway.js';
import { Haproxy } from '../../testbed/haproxy.js';
import { answers, until } from '../../testbed/process.js';
import { shellLinesBelow } from '../../testbed/shell-lines.js';
import { startCheckout } from './support/checkout-server.js';
import { compare } from './support/comparison.js';
import { Ledger } from './support/ledger.js';
import { startLoad } from './support/load.js';
import { Machine } from './support/machine.js';
import { ADMIN, measured } from './support/subject.js';
import { cloneRelease, makeTwoReleases, runIn, runLines, type TwoReleases } from './support/two-releases.js';

const root = join(import.meta.dirname, '../..');
/** Longer than a start takes: whoever waits tries more than once. */
const AWAY_MS = 2_000;
const LOAD = { writers: 1, takers: 2 };
const SETTINGS = { ENCRYPTION_KEY, ADMIN_CLIENT_SECRET: ADMIN.secret, FAILURE_LIMIT: '0' };

let releases: TwoReleases;
let checkout: string;
let archives: { before: string; next: string };
let database: TestDatabase;
const clean: (() => unknown)[] = [];

beforeAll(async () => {
  releases = makeTwoReleases();
  checkout = mkdtempSync(join(tmpdir(), 'latchkey-upgrade-'));
  const archiveOf = async (version: string) => {
    const folder = join(checkout, version);
    cloneRelease(releases, version, folder);
    await runIn(folder, ['npm', 'run', '--silent', 'archive', '--', checkout]);
    return join(checkout, `latchkey-${version}.tgz`);
  };
  archives = { before: await archiveOf(releases.before), next: await archiveOf(releases.next) };
});
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const end of clean.splice(0).reverse()) await end();
  await database.remove();
});
afterAll(() => {
  rmSync(checkout, { recursive: true, force: true });
  releases.remove();
});

const linesBelow = (heading: string) => shellLinesBelow(heading, 'docs/upgrades.md');

/** Lets callers go on while something is done, and finds all that they were told to be so afterwards. */
async function underLoad(name: string, issuer: string, deed: () => Promise<void>): Promise<void> {
  const ledger = new Ledger({ issuer, admin: ADMIN });
  const load = await startLoad(ledger, LOAD);
  const more = (count: number) => {
    const wanted = ledger.tokens.length + count;
    return until(() => ledger.tokens.length >= wanted);
  };
  try {
    await more(100);
    await deed();
    await more(100);
  } finally {
    await load.stop();
  }
  const [had, written] = [ledger.tally('tokens'), ledger.tally('writes')];
  measured(`upgrade ${name}`, {
    tokens: had.acknowledged,
    failed: had.failures,
    slowestMs: Math.round(had.slowestMs),
    writes: written.acknowledged,
  });
  expect([had.failures, written.failures]).toEqual([{}, {}]);
  expect(await compare(ledger)).toEqual([]);
}

it('with git: the release that runs makes the backup, and the next one takes over, without a request that fails', async () => {
  const folder = join(checkout, 'runs');
  cloneRelease(releases, releases.before, folder);
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const settings = { ...SETTINGS, ISSUER: issuer, DATABASE_URL: kind === 'mysql' ? database.url : undefined };
  const server = await startCheckout(folder, { ...settings, PORT: String(port) });
  clean.push(() => server.stop());
  await underLoad('with git', issuer, async () => {
    const told = await runLines(folder, linesBelow('With git'), { ...settings, SERVER: String(server.pid) });
    expect(told).toContain('Building the server …');
    await until(() => server.output().includes('all workers were replaced'), server.output);
  });
  expect(await versionAt(issuer)).toBe(releases.next);
  expect(versionOf(join(checkout, 'before.backup'))).toBe(releases.before);
});

it('with files: a link that leads to another folder, and a reload, without a request that fails', async () => {
  const machine = await machineWith({ WORKERS: '2' });
  await underLoad('with files', machine.issuer, async () => {
    copyFileSync(archives.next, machine.at('tmp/latchkey-0.2.0.tgz'));
    await machine.run(linesBelow('With files'));
    await until(() => machine.output().includes('all workers were replaced'), machine.output);
  });
  expect(await versionAt(machine.issuer)).toBe(releases.next);
  expect(versionOf(machine.at('var/backups/before.backup'))).toBe(releases.before);
});

const whenHaproxy = hasGateways('/usr/sbin/haproxy') ? it : it.skip;

whenHaproxy('one process that ends before the next begins, as containers do: whoever asks HAProxy waits', async () => {
  const [port, at] = [await lastingPort(), await lastingPort()];
  const issuer = `http://localhost:${port}`;
  const machine = await machineWith({ ISSUER: issuer, TRUST_PROXY: 'true' }, at);
  const sample = readFileSync(join(root, 'deploy/haproxy/latchkey.cfg'), 'utf8')
    .replace('127.0.0.1:4000', `127.0.0.1:${at}`)
    .replace(/bind :443 .*/, `bind 127.0.0.1:${port}`);
  const haproxy = await startGateway({
    port,
    files: () => ({ 'haproxy.cfg': sample }),
    command: ['/usr/sbin/haproxy', '-db', '-f', '{folder}/haproxy.cfg'],
  });
  clean.push(() => haproxy.stop());
  await underLoad('with containers', issuer, async () => {
    copyFileSync(archives.next, machine.at('tmp/latchkey-0.2.0.tgz'));
    await machine.run(`cd /opt\ntar xzf /tmp/latchkey-0.2.0.tgz\nsystemctl stop latchkey\nln -sfn latchkey-${releases.next} latchkey`);
    await sleep(AWAY_MS);
    await machine.run('systemctl start latchkey');
    await machine.ready();
  });
  expect(await versionAt(issuer)).toBe(releases.next);
});

whenHaproxy('several instances: one after another behind HAProxy, without a request that fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-haproxy-'));
  clean.push(() => rmSync(folder, { recursive: true, force: true }));
  const ports = [await lastingPort(), await lastingPort()];
  const nowhere = Object.fromEntries(['DB1', 'DB2', 'DB3'].map((name) => [name, '127.0.0.1:1']));
  const [LATCHKEY1, LATCHKEY2] = ports.map((port) => `127.0.0.1:${port}`) as [string, string];
  // It runs as another user when root starts it.
  chmodSync(folder, 0o755);
  const haproxy = await Haproxy.create(folder, { LATCHKEY1, LATCHKEY2, ...nowhere });
  const issuer = `http://localhost:${haproxy.httpPort}`;
  const machines: Machine[] = [];
  for (const port of ports) machines.push(await machineWith({ ISSUER: issuer, TRUST_PROXY: 'true' }, port));
  await haproxy.start();
  clean.push(() => haproxy.stop());
  await until(() => answers(`${issuer}/health/ready`, 200), haproxy.output);
  await underLoad('several instances', issuer, async () => {
    for (const machine of machines) {
      copyFileSync(archives.next, machine.at('tmp/latchkey-0.2.0.tgz'));
      await machine.run(linesBelow('Several instances'));
    }
  });
  for (const { port } of machines) expect(await versionAt(`http://127.0.0.1:${port}`)).toBe(releases.next);
});

/** A machine on which the release before serves. */
async function machineWith(settings: Record<string, string>, given?: number): Promise<Machine> {
  const port = given ?? (await freePort());
  const issuer = `http://localhost:${port}`;
  const machine = new Machine(port, { ISSUER: issuer, DATABASE_URL: database.url, ...SETTINGS, ...settings });
  clean.push(() => machine.remove());
  await machine.begin(archives.before, releases.before);
  expect(await versionAt(`http://127.0.0.1:${port}`)).toBe(releases.before);
  return machine;
}

const versionAt = async (url: string) => JSON.parse(await (await fetch(`${url}/health/live`)).text()).version;
/** Which release made a backup. */
const versionOf = (file: string) => JSON.parse(readFileSync(file, 'utf8').split('\t', 1)[0] as string).version;

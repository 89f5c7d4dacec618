import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { freePort } from '../../testbed/free-port.js';
import { startProcess, type TestProcess, until } from '../../testbed/process.js';
import { compare } from './support/comparison.js';
import { Ledger } from './support/ledger.js';
import { startLoad } from './support/load.js';
import { buildPreviousRelease, hasPreviousRelease, type Release } from './support/previous-release.js';
import { ADMIN, measured } from './support/subject.js';

const LOAD = { writers: 2, takers: 4 };

/** It needs the history: a shallow clone has none. */
const itWithHistory = hasPreviousRelease() ? it : it.skip;

let release: Release;
let database: TestDatabase;
let issuer: string;
const running: TestProcess[] = [];

beforeAll(async () => {
  if (!hasPreviousRelease()) return;
  release = buildPreviousRelease();
  database = await createTestDatabase();
  issuer = `http://localhost:${await freePort()}`;
});
afterAll(async () => {
  await Promise.all(running.map((server) => server.stop('SIGKILL')));
  await database?.remove();
  release?.remove();
});

async function start(script?: string): Promise<TestProcess> {
  const server = await startProcess(database, { ISSUER: issuer, ADMIN_CLIENT_SECRET: ADMIN.secret, FAILURE_LIMIT: '0' }, script);
  running.push(server);
  await server.ready();
  return server;
}

/** So many tokens more, of each. */
const tokensFrom = (ledgers: Ledger[], count: number) => {
  const before = ledgers.map(({ tokens }) => tokens.length);
  return until(() => ledgers.every(({ tokens }, index) => tokens.length >= (before[index] as number) + count));
};

itWithHistory('takes over from the previous release, and gives back to it, without a token that fails', async () => {
  const old = await start(release.script);
  const onOld = new Ledger({ issuer, urls: [old.url], admin: ADMIN });
  const oldLoad = await startLoad(onOld, LOAD);
  await tokensFrom([onOld], 100);

  // The new one migrates while the old one works.
  const young = await start();
  const onNew = new Ledger({ issuer, urls: [young.url], admin: ADMIN });
  const newLoad = await startLoad(onNew, LOAD);
  await tokensFrom([onOld, onNew], 300);
  await oldLoad.stop();
  expect(await old.stop()).toBe(0);
  await tokensFrom([onNew], 100);

  // And back, for whoever has to.
  const again = await start(release.script);
  const onAgain = new Ledger({ issuer, urls: [again.url], admin: ADMIN });
  const oldLoadAgain = await startLoad(onAgain, LOAD);
  await tokensFrom([onNew, onAgain], 300);
  await Promise.all([newLoad.stop(), oldLoadAgain.stop()]);

  for (const ledger of [onOld, onNew, onAgain]) {
    ledger.urls = [young.url, again.url];
    expect(await compare(ledger)).toEqual([]);
    expect(ledger.tally('tokens')).toMatchObject({ refused: 0, unknown: 0 });
    expect(ledger.tally('writes')).toMatchObject({ unknown: 0, failures: {} });
  }
  const tokens = [onOld, onNew, onAgain].map((ledger) => ledger.tally('tokens'));
  const writes = [onOld, onNew, onAgain].map((ledger) => ledger.tally('writes').acknowledged);
  const failed = tokens.map(({ refused, unknown }) => refused + unknown);
  measured(`upgrade from ${release.tag}`, { tokens: tokens.map(({ acknowledged }) => acknowledged), failed, writes });
});

import { createTestDatabase, kind, type TestDatabase } from '../../testbed/database.js';
import { until } from '../../testbed/process.js';
import { compare } from './support/comparison.js';
import { askForToken, Ledger, type Pair, parse } from './support/ledger.js';
import { startLoad } from './support/load.js';
import { createMovedClock, type MovedClock } from './support/moved-clock.js';
import { measured, type Subject, startSubject } from './support/subject.js';

const YEAR = 365 * 86_400;
const LIMIT = 5;
const MOST_WAIT_SECONDS = 60;

let database: TestDatabase;
let clock: MovedClock;
let subject: Subject;
beforeEach(async () => {
  database = await createTestDatabase();
  clock = createMovedClock(database.folder);
  subject = await startSubject(clock.settings, database);
});
afterEach(async () => {
  await subject.remove();
  await database.remove();
});

/** Moves the clock of the running server. @returns a ledger by that clock */
function moveClock(aheadSeconds: number): Ledger {
  clock.move(aheadSeconds);
  const ledger = new Ledger(subject.ledger.party);
  ledger.clockAheadMs = aheadSeconds * 1000;
  return ledger;
}

async function statusOf(pair: Pair): Promise<number | undefined> {
  const caller = subject.ledger.caller();
  const { status } = await askForToken(caller, pair);
  caller.close();
  return status;
}

it.each([
  ['forward and back', [0, YEAR, 0]],
  ['back and forward', [0, -YEAR, 0]],
])('the clock of a running server goes a year %s: tokens and writes go on, by the clock as it is', async (way, moves) => {
  const tallies = [];
  for (const aheadSeconds of moves) {
    const ledger = moveClock(aheadSeconds);
    const load = await startLoad(ledger, { writers: 3, takers: 3, clients: 12 });
    await load.done;
    await load.stop();
    const tally = ledger.tally('tokens');
    tallies.push({ aheadSeconds, tokens: tally.acknowledged, writes: ledger.tally('writes').acknowledged });
    expect([ledger.tally('writes').early, tally.early]).toEqual([{}, {}]);
    expect(await compare(ledger)).toEqual([]);
  }
  measured(`the clock goes a year ${way}`, tallies);
});

it('a secret ends when the clock says so, and a session and a token of before are over', async () => {
  const ledger = moveClock(0);
  const caller = ledger.caller();
  const clientId = ledger.newClientId();
  const { secret: old = '' } = await ledger.write(caller, clientId, { kind: 'createClient', name: 'Old', lifetime: 60 });
  const { secret = '' } = await ledger.write(caller, clientId, { kind: 'rotateClientSecret', overlapSeconds: 86_400 });
  const viewer = async (headers: Record<string, string>) => (await caller.ask({ path: '/session', headers })).text;
  const signIn = await caller.ask({
    method: 'POST',
    path: '/session',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ clientId: ledger.party.admin.clientId, clientSecret: ledger.party.admin.secret }),
  });
  const cookie = String(signIn.headers['set-cookie']).split(';')[0] as string;
  const signedIn = await viewer({ cookie });
  expect([await statusOf({ clientId, secret: old }), await statusOf({ clientId, secret })]).toEqual([200, 200]);
  moveClock(2 * 86_400);
  expect([await statusOf({ clientId, secret: old }), await statusOf({ clientId, secret })]).toEqual([401, 200]);
  expect(await viewer({ cookie })).not.toBe(signedIn);
  moveClock(0);
  expect([await statusOf({ clientId, secret: old }), await statusOf({ clientId, secret })]).toEqual([200, 200]);
  caller.close();
});

it('who was refused for too many failures a year ahead is let in within a minute once the clock is right', async () => {
  subject.server = await restart({ FAILURE_LIMIT: String(LIMIT) });
  moveClock(YEAR);
  for (let time = 0; time < LIMIT; time += 1) await statusOf({ clientId: 'nobody', secret: 'wrong' });
  expect(await statusOf({ clientId: 'nobody', secret: 'wrong' })).toBe(429);
  moveClock(0);
  const caller = subject.ledger.caller();
  const { status, headers } = await askForToken(caller, { clientId: 'nobody', secret: 'wrong' });
  caller.close();
  measured('429 a year ahead, asked again when the clock is right', { status, retryAfter: headers['retry-after'] });
  if (status === 429) expect(Number(headers['retry-after'])).toBeLessThanOrEqual(MOST_WAIT_SECONDS);
  else expect(status).toBe(401);
});

it('a server starts although another died during its start with the clock a year ahead', async () => {
  await subject.server.stop('SIGKILL');
  // The lock of SQLite knows no time.
  if (kind === 'mysql') await database.query("UPDATE leases SET holder = 'gone', expires_at = ?", [Date.now() + YEAR * 1000]);
  subject.server = await subject.start();
  expect(await statusOf(subject.ledger.party.admin)).toBe(200);
});

async function restart(settings: Record<string, string>) {
  await subject.server.stop('SIGKILL');
  const server = await subject.start(settings);
  await until(async () => parse((await subject.ledger.caller().ask({ path: '/.well-known/jwks.json' })).text).keys !== undefined);
  return server;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { compare } from './support/comparison.js';
import { type Load, type LoadPlan, startLoad } from './support/load.js';
import { measured, rounds, type Subject, startSubject } from './support/subject.js';

const SHORTEST_LIFE_MS = 200;
const LIFE_SPREAD_MS = 1_000;

let subject: Subject;
beforeEach(async () => {
  subject = await startSubject();
});
afterEach(() => subject.remove());

/** Kills the server at random moments, and starts it again each time, until the load is done. @returns how often */
async function killUntilDone(load: Load): Promise<number> {
  let isDone = false;
  void load.done.then(() => {
    isDone = true;
  });
  for (let kills = 0; ; kills += 1) {
    await Promise.race([load.done, sleep(SHORTEST_LIFE_MS + Math.random() * LIFE_SPREAD_MS)]);
    if (isDone) return kills;
    await subject.server.stop('SIGKILL');
    subject.server = await subject.start();
  }
}

async function runKilled(plan: LoadPlan) {
  const load = await startLoad(subject.ledger, { writers: 20, takers: 2, ...plan });
  const kills = await killUntilDone(load);
  await load.stop();
  return { kills, writes: subject.ledger.tally('writes'), tokens: subject.ledger.tally('tokens') };
}

it('leaves each client whole with a secret that works, or absent, however often it is killed while it creates them', async () => {
  const clients = rounds(10_000, 500);
  const result = await runKilled({ clients, story: () => ['createClient'] });
  measured('killed -9 during createClient', { clients, ...result });
  expect(result.kills).toBeGreaterThan(0);
  expect(result.writes.unknown).toBeGreaterThan(0);
  expect(await compare(subject.ledger)).toEqual([]);
});

it('leaves secrets rotated or as they were, and clients deleted or whole', async () => {
  const clients = rounds(1_200, 100);
  const result = await runKilled({
    clients,
    story: (number) => ['createClient', 'rotateClientSecret', ...(number % 3 ? (['deleteClient'] as const) : [])],
  });
  measured('killed -9 during rotateClientSecret and deleteClient', { clients, ...result });
  expect(result.kills).toBeGreaterThan(0);
  expect(await compare(subject.ledger)).toEqual([]);
});

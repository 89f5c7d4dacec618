import { until } from '../../testbed/process.js';
import { crewOf, crewOfSize } from '../../testbed/workers.js';
import { compare } from './support/comparison.js';
import { startLoad } from './support/load.js';
import { measured, rounds, type Subject, startSubject } from './support/subject.js';

const WRITERS = 4;
const TAKERS = 8;
const SUCCESSES = 100;

let subject: Subject;
afterEach(() => subject.remove());

it('a worker killed -9 under load breaks what it had under way and nothing else, is replaced, and loses nothing acknowledged', async () => {
  const times = rounds(6, 1);
  subject = await startSubject({ WORKERS: '2' });
  const { ledger, server } = subject;
  await crewOfSize(server, 2);
  const load = await startLoad(ledger, { writers: WRITERS, takers: TAKERS });
  for (let time = 0; time < times; time += 1) {
    const pids = [...(await crewOfSize(server, 2)).values()];
    const victim = pids[time % 2] as number;
    const since = performance.now();
    await until(() => ledger.tally('tokens', since).acknowledged > SUCCESSES);
    process.kill(victim, 'SIGKILL');
    await until(() => crewOf(server).size === 2 && ![...crewOf(server).values()].includes(victim));
  }
  await load.stop();
  const [writes, tokens] = [ledger.tally('writes'), ledger.tally('tokens')];
  measured('a worker of two killed -9 under load', { times, writes, tokens });
  // Each connection carries one request at a time.
  expect(writes.unknown + tokens.unknown).toBeLessThanOrEqual(times * (WRITERS + TAKERS));
  expect(Object.keys({ ...writes.failures, ...tokens.failures }).filter((code) => !/^ECONNRESET$/.test(code))).toEqual([]);
  expect(await compare(ledger)).toEqual([]);
});

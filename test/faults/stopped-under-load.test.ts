import { until } from '../../testbed/process.js';
import { crewOfSize } from '../../testbed/workers.js';
import { compare } from './support/comparison.js';
import { startLoad } from './support/load.js';
import { measured, rounds, type Subject, startSubject } from './support/subject.js';

const MOST_MS = 10_000;
/** Nobody listens any more: nothing was sent, and whoever asks knows. */
const NOT_SENT = 'ECONNREFUSED';

let subject: Subject;
afterEach(() => subject.remove());

it.each([1, 2])('SIGTERM at full load breaks no request that was sent, and ends with 0: WORKERS=%i', async (workers) => {
  const times = rounds(4, 1);
  subject = await startSubject({ WORKERS: String(workers) });
  const results = [];
  for (let time = 0; time < times; time += 1) {
    if (workers > 1) await crewOfSize(subject.server, workers);
    const load = await startLoad(subject.ledger, { writers: 12, takers: 40 });
    const since = performance.now();
    await until(() => subject.ledger.tally('tokens', since).acknowledged > 500);
    const stoppedAt = performance.now();
    expect(await subject.server.stop('SIGTERM')).toBe(0);
    const tookMs = Math.round(performance.now() - stoppedAt);
    await load.stop();
    const failures = [subject.ledger.tally('writes', since), subject.ledger.tally('tokens', since)].map((tally) => tally.failures);
    results.push({ tookMs, failures });
    subject.server = await subject.start();
  }
  measured(`SIGTERM at full load, WORKERS=${workers}`, results);
  for (const { tookMs, failures } of results) {
    expect(tookMs).toBeLessThan(MOST_MS);
    expect(failures.flatMap(Object.keys).filter((code) => code !== NOT_SENT)).toEqual([]);
  }
  expect(await compare(subject.ledger)).toEqual([]);
});

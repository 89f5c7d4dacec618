import { until } from '../../../testbed/process.js';
import { compare } from './comparison.js';
import type { Tally } from './ledger.js';
import { startLoad } from './load.js';
import { expectClearRefusals, type Health, watchHealth } from './refusals.js';
import { measured, type Subject } from './subject.js';

const MOST_MS = 6_000;
const LIVE_WITHIN_MS = 1_000;
const READY_WITHIN_MS = 3_000;
const SUCCESSES = 20;

/** How a server stood a fault of its database. */
export interface Course {
  writes: Tally;
  tokens: Tally;
  live: Health;
  ready: Health;
}

/**
 * Causes a fault of the database under load, ends it, and sees that the server serves again without a restart: that it
 * refused clearly and in time what it could not serve, was alive throughout, and that nothing acknowledged is lost.
 * @param fault causes it, lasts as long as it does, and ends it
 */
export async function endure(subject: Subject, what: string, fault: () => Promise<unknown>): Promise<Course> {
  const { ledger } = subject;
  const health = watchHealth(ledger);
  const load = await startLoad(ledger, { writers: 6, takers: 6 });
  const succeed = async (since: number) => {
    const counts = () => (['writes', 'tokens'] as const).map((kind) => ledger.tally(kind, since).acknowledged);
    await until(
      () => Math.min(...counts()) >= SUCCESSES,
      () => JSON.stringify(counts()),
    );
  };
  const began = performance.now();
  const healths = async () => {
    await load.stop();
    return health.stop();
  };
  try {
    await succeed(began);
    await fault();
    await succeed(performance.now());
  } finally {
    await healths();
  }
  const course = { writes: ledger.tally('writes', began), tokens: ledger.tally('tokens', began), ...(await healths()) };
  measured(what, course);
  expectClearRefusals(ledger);
  expect(Math.max(course.writes.slowestMs, course.tokens.slowestMs)).toBeLessThan(MOST_MS);
  expect(Object.keys(course.live.statuses)).toEqual(['200']);
  expect(course.live.slowestMs).toBeLessThan(LIVE_WITHIN_MS);
  expect(course.ready.slowestMs).toBeLessThan(READY_WITHIN_MS);
  expect(await compare(ledger)).toEqual([]);
  return course;
}

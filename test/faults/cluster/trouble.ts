import { Cluster } from '../../../testbed/cluster.js';
import { missingPackages } from '../../../testbed/galera.js';
import { until } from '../../../testbed/process.js';
import { compare } from '../support/comparison.js';
import { Ledger, type Tally } from '../support/ledger.js';
import { startLoad } from '../support/load.js';

/** How many writes and tokens are acknowledged before something happens, and after it, so that it happened under load. */
const STEADY = 30;
const WITHIN_MS = 120_000;
const WRITERS = 8;
const TAKERS = 4;

/** How requests of a kind went, and for how long none of them succeeded at most, be it that they failed or waited. */
export interface Course extends Tally {
  gapMs: number;
}

/** What became of a load while something happened. */
export interface Outcome {
  ledger: Ledger;
  writes: Course;
  tokens: Course;
}

/** Where something that a cluster needs is not installed, every test of a file counts as skipped; with `CI=true` nothing is. */
export const itWithCluster = missingPackages().length === 0 || process.env.CI === 'true' ? it : it.skip;

/** One cluster for all tests of a file; it is brought up before the first and removed after the last. */
export function useCluster(): () => Cluster {
  let cluster: Cluster | undefined;
  if (itWithCluster === it) {
    beforeAll(async () => {
      cluster = await Cluster.create();
    }, WITHIN_MS);
    afterAll(() => cluster?.remove(), WITHIN_MS);
  }
  return () => cluster as Cluster;
}

/**
 * Lets something happen while some write and others take tokens, waits until both succeed again, and holds what
 * the cluster has then against what was acknowledged.
 */
export async function underLoad(cluster: Cluster, cause: (ledger: Ledger) => Promise<void>): Promise<Outcome> {
  const ledger = new Ledger({ issuer: cluster.url, admin: cluster.admin });
  const load = await startLoad(ledger, { writers: WRITERS, takers: TAKERS });
  try {
    await goesWell(ledger);
    const since = performance.now();
    await cause(ledger);
    await goesWell(ledger);
    await load.stop();
    expect(await compare(ledger)).toEqual([]);
    return { ledger, writes: courseOf(ledger, 'writes', since), tokens: courseOf(ledger, 'tokens', since) };
  } finally {
    await load.stop();
  }
}

/** Waits until as many requests have succeeded that began from now on. */
export async function goesWell(ledger: Ledger): Promise<void> {
  const since = performance.now();
  const isEnough = (kind: 'writes' | 'tokens') => {
    const entries = ledger[kind].filter(({ begin }) => begin >= since);
    return entries.filter(({ outcome }) => outcome === 'acknowledged').length >= STEADY;
  };
  await until(
    () => isEnough('writes') && isEnough('tokens'),
    () => JSON.stringify([ledger.tally('writes', since), ledger.tally('tokens', since)]),
    WITHIN_MS,
  );
}

/** Of everything that was under way at that moment, or came later. */
function courseOf(ledger: Ledger, kind: 'writes' | 'tokens', since: number): Course {
  const concerned = ledger[kind].filter(({ end }) => end >= since);
  const ends = concerned.filter(({ outcome }) => outcome === 'acknowledged').map(({ end }) => end);
  const gaps = ends.toSorted((a, b) => a - b).map((end, index, all) => end - (all[index - 1] ?? since));
  const tally = ledger.tally(kind, Math.min(...concerned.map(({ begin }) => begin)));
  return { ...tally, gapMs: Math.round(Math.max(0, ...gaps)) };
}

/** Tells what was measured, in one line of the output. */
export function tell(what: string, { writes, tokens }: Pick<Outcome, 'writes' | 'tokens'>): void {
  const course = ({ acknowledged, refused, unknown, interruptionMs, gapMs, slowestMs }: Course) =>
    `${acknowledged} done, ${refused} refused, ${unknown} unknown, refused for ${interruptionMs} ms, none for ${gapMs} ms, slowest ${slowestMs} ms`;
  report(`${what}: writes ${course(writes)} ${JSON.stringify(writes.failures)}`);
  report(`${what}: tokens ${course(tokens)} ${JSON.stringify(tokens.failures)}`);
}

/** Writes a line of measurements. */
export function report(line: string): void {
  process.stdout.write(`measured: ${line}\n`);
}

/** All nodes are in step and have the same in every table. */
export async function expectEqualNodes(cluster: Cluster): Promise<void> {
  await cluster.whole();
  let sums: Record<string, string>[] = [];
  // The servers go on writing down what was used; between two of those all three have to agree.
  await until(
    async () => {
      sums = await cluster.checksums();
      return sums.every((sum) => JSON.stringify(sum) === JSON.stringify(sums[0]));
    },
    () => JSON.stringify(sums),
  );
  expect(Object.keys(sums[0] as object).length).toBeGreaterThan(10);
}

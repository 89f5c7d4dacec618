import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATOR } from './load.ts';
import { startBare, startOnSqlite } from './targets.ts';
import { inTurns, toRow } from './turns.ts';

const COURSE = { rounds: 9, seconds: 1, connections: 32, warmUpSeconds: 3 };
/** By how much the ratio may be worse than the recorded one. */
const MOST_WORSE = 1.15;
const RECORD = join(import.meta.dirname, 'guard.json');
/** A noisy machine gets a second chance; what has become slower fails again. */
const TRIES = 3;

/** By generator: what processor time a token takes, of what the bare provider takes for one. */
type Recorded = Record<string, number>;

/**
 * Fails when a token takes more processor time, beside what the bare provider takes in the same run, than is recorded.
 * With `RECORD_GUARD=true` the median of what it finds is recorded.
 */
export async function benchGuard(): Promise<void> {
  const recorded = JSON.parse(readFileSync(RECORD, 'utf8')) as Recorded;
  if (process.env.RECORD_GUARD === 'true') return record(recorded);
  const most = (recorded[GENERATOR] ?? Number.POSITIVE_INFINITY) * MOST_WORSE;
  let ratio = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < TRIES && ratio > most; attempt += 1) ratio = await measure();
  if (ratio > most) {
    throw new Error(
      `A token takes ${ratio.toFixed(3)} of the processor time of the bare provider's; at most ${most.toFixed(3)} is allowed.`,
    );
  }
}

async function record(recorded: Recorded): Promise<void> {
  const ratios: number[] = [];
  while (ratios.length < TRIES) ratios.push(await measure());
  const median = ratios.sort((a, b) => a - b)[Math.floor(TRIES / 2)] as number;
  writeFileSync(RECORD, `${JSON.stringify({ ...recorded, [GENERATOR]: Number(median.toFixed(3)) }, null, 2)}\n`);
}

async function measure(): Promise<number> {
  const subjects = [await startBare(), await startOnSqlite()];
  const results = await inTurns(subjects, COURSE);
  await Promise.all(subjects.map((subject) => subject.stop()));
  console.table(results.map((result) => toRow(result, 'bare')));
  return results[1]?.processorRatio as number;
}

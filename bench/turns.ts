import { median } from './client.ts';
import { type Load, type Round, runLoad, type Target } from './load.ts';

/** What a target came to in all rounds, with its ratios to the first target, each taken within a round. */
export interface Result {
  name: string;
  perSecond: number;
  least: number;
  most: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Median of what p99 was of p50 in each round. */
  tail: number;
  processorMicroseconds: number;
  databaseMicroseconds: number;
  /** Answers a second, of the first target's. */
  ratio: number;
  /** Processor time for each answer, of the first target's. */
  processorRatio: number;
}

/** How long and how often each target is loaded. */
export interface Course extends Load {
  rounds: number;
  warmUpSeconds?: number;
}

/** Loads one target after the other, forth and back, again and again, once each is warm. */
export async function inTurns(targets: readonly Target[], { rounds, warmUpSeconds = 3, ...load }: Course): Promise<Result[]> {
  for (const target of targets) if (warmUpSeconds > 0) await runLoad(target, { ...load, seconds: warmUpSeconds });
  const done = new Map<Target, Round[]>(targets.map((target) => [target, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const target of round % 2 ? targets.toReversed() : targets) done.get(target)?.push(await runLoad(target, load));
  }
  const [first = []] = done.values();
  return [...done].map(([{ name }, own]) => summarise(name, own, first));
}

function summarise(name: string, own: readonly Round[], first: readonly Round[]): Result {
  const of = (figure: keyof Round) => median(own.map((round) => round[figure]));
  const ratio = (figure: keyof Round) => median(own.map((round, index) => round[figure] / (first[index]?.[figure] ?? Number.NaN)));
  return {
    name,
    perSecond: of('perSecond'),
    least: Math.min(...own.map(({ perSecond }) => perSecond)),
    most: Math.max(...own.map(({ perSecond }) => perSecond)),
    p50: of('p50'),
    p99: of('p99'),
    tail: median(own.map(({ p50, p99 }) => p99 / p50)),
    processorMicroseconds: of('processorMicroseconds'),
    databaseMicroseconds: of('databaseMicroseconds'),
    ratio: ratio('perSecond'),
    processorRatio: ratio('processorMicroseconds'),
  };
}

/** A result as a row of a table. @param first what the ratios are to */
export function toRow(result: Result, first: string): Record<string, string | number> {
  return {
    subject: result.name,
    'a second': Math.round(result.perSecond),
    spread: `${Math.round(result.least)} to ${Math.round(result.most)}`,
    'p50 ms': result.p50.toFixed(1),
    'p99 ms': result.p99.toFixed(1),
    'p99 : p50': result.tail.toFixed(1),
    'processor µs each': Math.round(result.processorMicroseconds),
    'database µs each': Math.round(result.databaseMicroseconds),
    [`a second : ${first}`]: result.ratio.toFixed(2),
    [`processor : ${first}`]: result.processorRatio.toFixed(2),
  };
}

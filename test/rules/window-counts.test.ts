import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { CountsInMemory } from '../../src/authentication/failure-counts.js';
import { MOST_COUNTED, WindowCounts } from '../../src/authentication/window-counts.js';
import { advanceClock, resetClock, stopClock } from '../../testbed/clock.js';

const LIMIT = 5;
const FLOOD = 400_000;
const MEBIBYTE = 1024 * 1024;

afterEach(resetClock);

const attempt = (source: string, clientId = 'victim') => ({ tenantId: 'tenant', source, clientId });

it('counts exactly, and begins anew after a window, whatever the order', () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ name: fc.constantFrom('a', 'b', 'c') }) },
    { weight: 2, arbitrary: fc.record({ seconds: fc.integer({ min: 1, max: 90 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      resetClock();
      stopClock();
      const counts = new WindowCounts(60_000);
      const model = new Map<string, { from: number; times: number }>();
      let seconds = 0;
      for (const one of steps) {
        if ('seconds' in one) {
          seconds += one.seconds;
          advanceClock(one.seconds);
          continue;
        }
        const known = model.get(one.name);
        const isOver = !known || seconds - known.from >= 60;
        const expected = isOver ? { from: seconds, times: 1 } : { from: known.from, times: known.times + 1 };
        model.set(one.name, expected);
        expect(counts.add(one.name).times).toBe(expected.times);
        expect(counts.get(one.name)?.times).toBe(expected.times);
      }
    }),
    { numRuns: 50 },
  );
});

/** What nobody holds any more is no memory that is taken. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

describe('a flood from more sources than are counted', () => {
  let counts: CountsInMemory;
  let held: number;

  beforeAll(async () => {
    collectGarbage();
    const before = process.memoryUsage();
    counts = new CountsInMemory(LIMIT);
    for (let time = 0; time < LIMIT; time += 1) await counts.add(attempt('guesser'));
    for (let source = 0; source < FLOOD; source += 1) await counts.add(attempt(`flood-${source}`));
    collectGarbage();
    const after = process.memoryUsage();
    held = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  });

  it('is larger than what is counted', () => {
    expect(FLOOD).toBeGreaterThan(2 * MOST_COUNTED);
  });

  it('gives nobody their guesses back', async () => {
    expect(counts.isFailing(attempt('guesser'))).toBe(true);
    expect(await counts.look(attempt('guesser'))).toBeGreaterThan(0);
    expect(await counts.add(attempt('guesser'))).toBeGreaterThan(0);
  });

  it('keeps out nobody who has not failed, or not often', async () => {
    expect(counts.isFailing(attempt('stranger'))).toBe(false);
    expect(await counts.look(attempt('stranger'))).toBe(0);
    expect(await counts.add(attempt('stranger'))).toBe(0);
  });

  it('takes a bounded part of the memory', () => {
    expect(held).toBeLessThan(32 * MEBIBYTE);
  });
});

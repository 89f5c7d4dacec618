import { setImmediate as turn } from 'node:timers/promises';
import { type Kind, Pace } from '../../src/platform/http/pace.js';

/** A clock that work moves, and next to nothing else: how fast the machine is changes nothing. */
let now = 0;

/** Takes so long, as a request does. */
function work(milliseconds: number): void {
  now += milliseconds;
}

const newPace = () => new Pace(() => (now += 0.001));

/** How often the event loop comes round until something is done. */
async function turnsUntil(done: Promise<void>): Promise<number> {
  let turns = 0;
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  return turns;
}

it('what takes long is begun over many turns of the event loop, in the order in which it came', async () => {
  const pace = newPace();
  const begun: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  for (let number = 0; number < 100; number += 1)
    pace.run(() => {
      begun.push(number);
      work(3);
      if (number === 99) resolve();
    });
  // Four at a time at least, and what was begun at once.
  expect(await turnsUntil(promise)).toBeGreaterThan(20);
  expect(begun).toEqual(Array.from({ length: 100 }, (_, number) => number));
});

it('what takes next to nothing is begun at once, and many more at a time', async () => {
  const pace = newPace();
  let begun = 0;
  pace.run(() => (begun += 1));
  expect(begun).toBe(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  pace.run(() => work(10));
  for (let number = 0; number < 1_000; number += 1) pace.run(() => (begun += 1));
  pace.run(resolve);
  expect(begun).toBe(1);
  expect(await turnsUntil(promise)).toBeLessThan(200);
  expect(begun).toBe(1_001);
});

it('what is given up before it has begun is passed over', async () => {
  const pace = newPace();
  const begun: number[] = [];
  pace.run(() => work(10));
  const forget = Array.from({ length: 20 }, (_, number) =>
    pace.run(() => begun.push(number), { kind: number % 2 === 1 ? 'heavy' : 'light' }),
  );
  for (const number of [0, 1, 7, 19]) forget[number]?.();
  const { promise, resolve } = Promise.withResolvers<void>();
  pace.run(resolve);
  pace.run(resolve, { kind: 'heavy' });
  await promise;
  while (begun.length < 16) await new Promise((next) => setImmediate(next));
  expect(begun.sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
});

it('what comes from elsewhere does not wait behind the crowd of one network', async () => {
  const pace = newPace();
  const begun: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const come = (source: string) =>
    pace.run(
      () => {
        begun.push(source);
        work(1);
        if (begun.length === 303) resolve();
      },
      { source: () => source },
    );
  pace.run(() => work(10));
  for (let number = 0; number < 300; number += 1) come('a crowd');
  const forget = come('gone');
  for (const source of ['one', 'another', 'one']) come(source);
  forget();
  await promise;
  expect(begun.slice(0, 5)).toEqual(['a crowd', 'one', 'another', 'a crowd', 'one']);
});

it('what is begun by something that has had its turn waits no more, unless it comes from elsewhere or is heavy', async () => {
  const pace = newPace();
  const begun: string[] = [];
  const come = (name: string, how: { source: () => string; kind?: Kind }) => pace.run(() => begun.push(name), how);
  const [one, other] = [() => 'one', () => 'other'];
  pace.run(() => work(10));
  pace.run(
    () => {
      come('of the same', { source: one });
      come('of another', { source: other });
      come('heavy', { source: one, kind: 'heavy' });
    },
    { source: one },
  );
  come('before', { source: one });
  while (begun.length < 4) await new Promise((next) => setImmediate(next));
  expect(begun[0]).toBe('of the same');
  expect(begun.indexOf('before')).toBeLessThan(begun.indexOf('of another'));
});

it('what has come waits while connections are taken, and is not left behind by a crowd of them', async () => {
  const pace = newPace();
  const begun: string[] = [];
  pace.arrive();
  pace.run(() => begun.push('first'));
  expect(begun).toEqual([]);
  await turn();
  expect(begun).toEqual([]);
  await turn();
  expect(begun).toEqual(['first']);

  const { promise, resolve } = Promise.withResolvers<void>();
  let arrivals = 0;
  const crowd = () => {
    arrivals += 1;
    pace.arrive();
    work(0.1);
    if (!begun.includes('last')) setImmediate(crowd);
    else resolve();
  };
  crowd();
  for (const name of ['second', 'last']) pace.run(() => begun.push(name));
  await promise;
  expect(begun).toEqual(['first', 'second', 'last']);
  expect(arrivals).toBeGreaterThan(10);
});

it('connections are taken one by one again while very much waits', async () => {
  const pace = newPace();
  let begun = 0;
  pace.arrive();
  for (let number = 0; number < 1_200; number += 1) pace.run(() => (begun += 1), { source: () => String(number % 7) });
  expect(begun).toBe(0);
  await turn();
  expect(begun).toBeGreaterThan(0);
  expect(begun).toBeLessThan(1_200);
  while (begun < 1_200) {
    pace.arrive();
    await turn();
  }
});

import { AsyncLocalStorage } from 'node:async_hooks';
import { Batches } from '../../src/platform/queues/batches.js';

const [a, b, c] = [
  { crowd: 'one', name: 'a' },
  { crowd: 'one', name: 'b' },
  { crowd: 'two', name: 'c' },
];

/** Batches of keys that are their own values, and a way to end the oldest that is under way. */
function start({ largest = 3, mostAtATime = 1 } = {}) {
  const loaded: string[] = [];
  const ends: ((failure?: Error) => void)[] = [];
  const load = (keys: readonly string[]) => {
    loaded.push(keys.join(''));
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    ends.push((failure) => (failure ? reject(failure) : resolve(keys)));
    return promise;
  };
  const batches = new Batches<string, string>({ load, largest, mostAtATime });
  const end = async (failure?: Error) => {
    await turn();
    ends.shift()?.(failure);
    await turn();
  };
  return { batches, loaded, end };
}

async function turn(): Promise<void> {
  for (let time = 0; time < 4; time += 1) await new Promise((resolve) => setImmediate(resolve));
}

it('what is asked for at the same moment is loaded together, and its value goes to whoever asked', async () => {
  const { batches, loaded, end } = start();
  const values = Promise.all([batches.load(a, 'x'), batches.load(b, 'y'), batches.load(c, 'x')]);
  await end();
  expect([await values, loaded]).toEqual([['x', 'y', 'x'], ['xxy']]);
});

it('of many of one member the others do not wait for all, nor another crowd for all of one', async () => {
  const { batches, loaded, end } = start();
  const values = Promise.all([
    ...Array.from({ length: 6 }, () => batches.load(a, 'a')),
    batches.load(b, 'b'),
    batches.load(c, 'c'),
    batches.load(c, 'c'),
  ]);
  for (let time = 0; time < 3; time += 1) await end();
  expect(loaded).toEqual(['acb', 'caa', 'aaa']);
  expect(await values).toHaveLength(9);
});

it('as many are under way as may be, and what comes meanwhile waits for the next', async () => {
  const { batches, loaded, end } = start({ mostAtATime: 2 });
  const first = batches.load(a, '1');
  await turn();
  const second = batches.load(a, '2');
  await turn();
  const others = [batches.load(a, '3'), batches.load(b, '4')];
  await turn();
  expect(loaded).toEqual(['1', '2']);
  await end();
  expect([await first, loaded]).toEqual(['1', ['1', '2', '43']]);
  await end();
  await end();
  expect([await second, await Promise.all(others)]).toEqual(['2', ['3', '4']]);
  const last = batches.load(a, '5');
  await end();
  expect(await last).toBe('5');
});

it('one that fails fails for all who are in it, and for no other', async () => {
  const { batches, end } = start({ largest: 2 });
  const ends = Promise.allSettled([batches.load(a, '1'), batches.load(a, '2'), batches.load(a, '3')]);
  await end(new Error('no'));
  await end();
  expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});

it('one that waited is loaded as whoever asked, not as whoever was before', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const load = async (keys: readonly string[]) => {
    seen.push(storage.getStore());
    await promise;
    return keys;
  };
  const batches = new Batches<string, string>({ load, largest: 1, mostAtATime: 1 });
  const all = ['first', 'second'].map((name) => storage.run(name, () => batches.load(a, name)));
  await turn();
  all.push(storage.run('third', () => batches.load(a, 'third')));
  resolve();
  expect([await Promise.all(all), seen]).toEqual([
    ['first', 'second', 'third'],
    ['first', 'second', 'third'],
  ]);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { type Reach, renewInPieces, renewSome } from '../../src/platform/renewal.js';

it('leaves SQLite to whoever looks for it in another process, between any two pieces', async () => {
  const happened: string[] = [];
  let isOver = false;
  // A server looks every 20 ms at the latest.
  const looking = (async () => {
    while (!isOver) {
      await sleep(20);
      happened.push('looks');
    }
  })();
  const renewed = await renewInPieces(async (after) => {
    happened.push('renews');
    return { done: 2, unreadable: after === '2' ? ['x'] : [], last: after === '4' ? undefined : `${Number(after) + 2}` };
  });
  isOver = true;
  await looking;
  expect(renewed).toEqual({ done: 6, unreadable: ['x'] });
  expect(happened.join(' ').split('renews').slice(1, -1)).toEqual(Array(2).fill(expect.stringContaining('looks')));
});

it('reads before it writes, and writes what can be read alone', async () => {
  const happened: string[] = [];
  const manager = {} as never;
  const reach: Reach = {
    read: (work) => {
      happened.push('reads');
      return work(manager);
    },
    write: (work) => {
      happened.push('writes');
      return work(manager);
    },
  };
  const renew = (rows: string[]) =>
    renewSome(reach, {
      find: async () => rows,
      idOf: (row) => row,
      nameOf: (row) => `the ${row}`,
      decrypt: (row) => {
        if (row === 'damaged') throw new Error(row);
        return `text of ${row}`;
      },
      store: async (_, row, text) => happened.push(`${row}: ${text}`),
    });
  expect(await renew(['one', 'damaged', 'two'])).toEqual({ done: 2, unreadable: ['the damaged'], last: undefined });
  expect(happened.splice(0)).toEqual(['reads', 'writes', 'one: text of one', 'two: text of two']);
  expect(await renew(['damaged'])).toEqual({ done: 0, unreadable: ['the damaged'], last: undefined });
  expect(await renew([])).toEqual({ done: 0, unreadable: [], last: undefined });
  expect(happened).toEqual(['reads', 'reads']);
});

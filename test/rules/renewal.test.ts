import { setTimeout as sleep } from 'node:timers/promises';
import { renewInPieces } from '../../src/platform/renewal.js';

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

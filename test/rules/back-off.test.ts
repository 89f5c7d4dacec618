import { BackOff } from '../../src/server/workers/back-off.js';

it('starts at once, then waits twice as long each time, half a minute at most', () => {
  const backOff = new BackOff();
  const waits = Array.from({ length: 12 }, () => backOff.next(1_000));
  expect(waits).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
});

it('forgets what was before a life of a minute', () => {
  const backOff = new BackOff();
  for (let time = 0; time < 5; time += 1) backOff.next(1_000);
  expect([backOff.next(60_000), backOff.next(59_999)]).toEqual([0, 100]);
});

import { type Bar, barsOf, broughtUpToDate, type Hour, scaleOf, ticksOf } from '../../src/console/ui/bars.js';

const HOUR_MS = 3_600_000;
/** So many hours, the last of which begins now. */
const hoursUntil = (end: Date, count: number): Hour[] =>
  Array.from({ length: count }, (_, index) => {
    return { from: new Date(end.getTime() - (count - 1 - index) * HOUR_MS).toISOString(), issued: index, refused: 0 };
  });
/** At three in the afternoon, wherever this runs. */
const AFTERNOON = new Date(2026, 10, 25, 15);
const labels = (bars: Bar[]) => ticksOf(bars).map(({ label }) => label);

it('a day has ticks where its quarters begin, in the zone of whoever looks', () => {
  const bars = barsOf(hoursUntil(AFTERNOON, 24), 1);
  expect(labels(bars)).toEqual(['18:00', '25 Nov', '06:00', '12:00']);
  expect(ticksOf(bars)[1]?.at).toBeCloseTo(8 / 24);
});

it('a week has them where days begin, a month where weeks do', () => {
  expect(labels(barsOf(hoursUntil(AFTERNOON, 168), 1))).toEqual(['19 Nov', '20 Nov', '21 Nov', '22 Nov', '23 Nov', '24 Nov']);
  expect(labels(barsOf(hoursUntil(AFTERNOON, 720), 6))).toEqual(['2 Nov', '9 Nov', '16 Nov']);
});

it('there are none without bars, nor where there is no room for a label', () => {
  expect(ticksOf([])).toEqual([]);
  expect(labels(barsOf(hoursUntil(new Date(2026, 10, 25, 1), 24), 1))).not.toContain('25 Nov');
});

it('what was read last takes the place of what was read before, and hours that are new push out the oldest', () => {
  const [a, b, c, d] = hoursUntil(AFTERNOON, 4) as [Hour, Hour, Hour, Hour];
  const newer = { ...c, issued: 99 };
  expect(broughtUpToDate([a, b, c], [newer, d])).toEqual([b, newer, d]);
  expect(broughtUpToDate([a, b, c], [b, newer])).toEqual([a, b, newer]);
  expect(broughtUpToDate([a, b, c], [])).toEqual([a, b, c]);
});

it.each([
  [0, 4],
  [5, 6],
  [999, 1000],
])('%i at most are shown on a scale that ends at %i', (issued, most) => {
  const { most: end, marks } = scaleOf([{ from: '', to: '', issued, refused: 0 }]);
  expect([end, marks.at(-1)]).toEqual([most, most]);
});

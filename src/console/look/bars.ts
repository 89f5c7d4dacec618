/** What was asked for in one hour. */
export interface Hour {
  from: string;
  issued: number;
  refused: number;
}

/** What was asked for between two moments. */
export interface Bar extends Hour {
  to: string;
}

const HOUR_MS = 3_600_000;

/** As many hours as there were, the newest of them by what was read last. */
export function broughtUpToDate(hours: readonly Hour[], latest: readonly Hour[]): Hour[] {
  const byBeginning = new Map([...hours, ...latest].map((hour) => [hour.from, hour]));
  return [...byBeginning.values()].slice(-hours.length);
}

/** Several hours together in each bar, counted back from the last, so that the last is whole. */
export function barsOf(hours: readonly Hour[], hoursABar: number): Bar[] {
  const bars: Bar[] = [];
  for (let end = hours.length; end > 0; end -= hoursABar) {
    const some = hours.slice(Math.max(0, end - hoursABar), end);
    const [first, last] = [some[0] as Hour, some.at(-1) as Hour];
    bars.unshift({
      from: first.from,
      to: new Date(Date.parse(last.from) + HOUR_MS).toISOString(),
      issued: some.reduce((sum, { issued }) => sum + issued, 0),
      refused: some.reduce((sum, { refused }) => sum + refused, 0),
    });
  }
  return bars;
}

/** A round number that no bar is higher than, and the marks on the way there. */
export function scaleOf(bars: readonly Bar[]): { most: number; marks: number[] } {
  const highest = Math.max(4, ...bars.map(({ issued, refused }) => issued + refused));
  const power = 10 ** Math.floor(Math.log10(highest));
  const step =
    [0.5, 1, 2, 2.5, 5].map((factor) => factor * power).find((size) => size * 4 >= highest && Number.isInteger(size)) ?? power * 5;
  const count = Math.ceil(highest / step);
  return { most: step * count, marks: Array.from({ length: count }, (_, index) => step * (index + 1)) };
}

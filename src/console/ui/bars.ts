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

/** A place below the bars, and what stands there. */
export interface Tick {
  /** From 0 at the beginning of the first bar to 1 at the end of the last. */
  at: number;
  label: string;
}

const LONGEST_WITH_TIMES_MS = 2 * 24 * HOUR_MS;
const LONGEST_WITH_DAYS_MS = 10 * 24 * HOUR_MS;
/** What is nearer to an end has no room there: its label stands behind it. */
const MARGINS = { begin: 0.03, end: 0.12 };

/** Where in the viewer's zone a quarter of a day, a day or a week begins, whichever fits the time that the bars are of. */
export function ticksOf(bars: readonly Bar[]): Tick[] {
  const [first, last] = [bars[0], bars.at(-1)];
  if (!first || !last) return [];
  const span = Date.parse(last.to) - Date.parse(first.from);
  const partOf = span <= LONGEST_WITH_TIMES_MS ? quarterOf : span <= LONGEST_WITH_DAYS_MS ? dayOf : weekOf;
  return bars.flatMap(({ from }, index) => {
    const at = index / bars.length;
    const before = bars[index - 1];
    if (!before || at < MARGINS.begin || at > 1 - MARGINS.end || partOf(new Date(before.from)) === partOf(new Date(from))) return [];
    return [{ at, label: dayOf(new Date(before.from)) === dayOf(new Date(from)) ? timeOf(from) : dateOf(from) }];
  });
}

const dayOf = (date: Date) => date.toDateString();
const quarterOf = (date: Date) => `${dayOf(date)} ${Math.floor(date.getHours() / 6)}`;
/** By its Monday. */
const weekOf = (date: Date) => dayOf(new Date(date.getFullYear(), date.getMonth(), date.getDate() - ((date.getDay() + 6) % 7)));
const timeOf = (moment: string) => new Date(moment).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
const dateOf = (moment: string) => new Date(moment).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });

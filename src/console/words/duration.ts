const MINUTE = 60;
const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', MINUTE],
  ['second', 1],
];

/**
 * A duration as people say it: "45 seconds", "12 minutes", "1 hour 5 minutes". From a minute on it
 * is rounded up to whole minutes, and what comes after the second unit is left out.
 * @param seconds a whole number
 */
export function inWords(seconds: number): string {
  return roughly(seconds < MINUTE ? seconds : Math.ceil(seconds / MINUTE) * MINUTE, 2);
}

/** A lifetime as people say it, to the second: "1 hour", "1 hour 30 seconds". @param seconds a whole number */
export function lifetimeInWords(seconds: number): string {
  return roughly(seconds, UNITS.length);
}

/** A lifetime in two units at most, for a column: "1 hour 30 minutes", "over 364 days 23 hours". @param seconds a whole number */
export function lifetimeInShort(seconds: number): string {
  const short = roughly(seconds, 2);
  return short === lifetimeInWords(seconds) ? short : `over ${short}`;
}

/** A duration by its largest units, the rest left out. @param seconds a whole number */
export function roughly(seconds: number, units: number): string {
  let rest = seconds;
  const counts = UNITS.map(([name, size]) => {
    const count = Math.floor(rest / size);
    rest %= size;
    return { name, count };
  });
  const largest = counts.findIndex(({ count }) => count > 0);
  if (largest < 0) return '0 seconds';
  const told = counts.slice(largest, largest + units).filter(({ count }) => count > 0);
  return told.map(({ name, count }) => `${count} ${name}${count === 1 ? '' : 's'}`).join(' ');
}

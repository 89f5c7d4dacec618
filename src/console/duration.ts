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
  let rest = seconds < MINUTE ? seconds : Math.ceil(seconds / MINUTE) * MINUTE;
  const counts = UNITS.map(([name, size]) => {
    const count = Math.floor(rest / size);
    rest %= size;
    return { name, count };
  });
  const largest = counts.findIndex(({ count }) => count > 0);
  if (largest < 0) return '0 seconds';
  const spoken = counts.slice(largest, largest + 2).filter(({ count }) => count > 0);
  return spoken.map(({ name, count }) => `${count} ${name}${count === 1 ? '' : 's'}`).join(' ');
}

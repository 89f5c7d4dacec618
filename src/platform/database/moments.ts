const LAST_MOMENT = Date.parse('9999-12-31T23:59:59.999Z');

/** The nearest moment with which both databases can compare: nothing that is stored is older or newer than these. */
export function storable(moment: Date): Date {
  return new Date(Math.min(Math.max(moment.getTime(), 0), LAST_MOMENT));
}

/** A moment as SQLite stores it: text that sorts. */
export function toSqlText(moment: Date): string {
  return moment.toISOString().replace('T', ' ').slice(0, -1);
}

/** A moment as a statement gives it back: SQLite has a text for it, or whatever somebody has put there, which is no moment. */
export function fromStored(value: unknown): Date {
  return value instanceof Date ? value : new Date(`${String(value).replace(' ', 'T')}Z`);
}

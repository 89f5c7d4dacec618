import { roughly } from './duration';

const WITH_SECONDS = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
const JUST_NOW_SECONDS = 5;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A moment to the second in the viewer's zone, which it names: "2026-11-23 07:31:04 UTC+1". */
export function exactly(moment: string | number | Date): string {
  const date = new Date(moment);
  const parts = new Intl.DateTimeFormat('en-GB', { ...WITH_SECONDS, hourCycle: 'h23' }).formatToParts(date);
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second} ${zoneAt(date)}`;
}

/** The viewer's zone at a moment, by how far it is from UTC: "UTC+1". */
export function zoneAt(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'shortOffset' }).formatToParts(date);
  const zone = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return zone.replace('GMT', 'UTC').replace(/\+0$/, '');
}

/**
 * How far a moment is away: "3 minutes ago", "in 2 days", "just now".
 * @param now milliseconds since 1970
 */
export function relatively(moment: string | number | Date, now: number): string {
  const seconds = Math.round((new Date(moment).getTime() - now) / 1000);
  if (Math.abs(seconds) < JUST_NOW_SECONDS) return 'just now';
  return seconds < 0 ? `${roughly(-seconds, 1)} ago` : `in ${roughly(seconds, 1)}`;
}

/** Whether what was used then counts as in use: keys and clients by the same rule. @param now milliseconds since 1970 */
export function isInUse(lastUsedAt: string | null | undefined, now: number): boolean {
  return lastUsedAt != null && now - Date.parse(lastUsedAt) < HOUR_MS;
}

/** The day and the time, in the viewer's zone: "23 Nov, 07:31", with the year where it is another one. */
export function briefly(moment: string | number | Date, now: number): string {
  const date = new Date(moment);
  const isFar = Math.abs(date.getTime() - now) > 300 * DAY_MS;
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...(isFar && { year: 'numeric' }) });
  return `${day}, ${date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`;
}

/** For how long a token that was cut is still taken where nobody asks. @param end of the last one */
export function untilWhenElsewhere(end: string): string {
  return `An API that checks tokens by itself takes the last one until ${exactly(end)} at the latest.`;
}

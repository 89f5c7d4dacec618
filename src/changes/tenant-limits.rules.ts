import { TenantLimit } from '../tenants/errors.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
const MOST_COUNTED_ANEW = 50_000;

/** The quotas and rate limits of a tenant: what it may have and do. */
export interface TenantLimits {
  clients: number;
  mutationsAMinute: number;
  recordBytesADay: number;
}

/** What a tenant has done, as its row has it; each count is of the minute or day of the clock that stands beside it. */
export interface TenantUse {
  mutation_minute: number;
  mutation_count: number;
  record_day: number;
  record_bytes: number;
  /** How many clients it has; null when they have to be counted. */
  client_count: number | null;
}

/**
 * How much of its limits a kind of change may take. What ends access is never hindered, as long as there is something to end: a client
 * that is deleted has to be made again first. Signing in has a reserve above what other changes can use up, and what can be repeated
 * without end, such as cutting tokens, one above that.
 */
export const ALLOWANCES = { ordinary: 1, admission: 1.5, reserved: 2, ending: Number.POSITIVE_INFINITY } as const;

/** One of {@link ALLOWANCES}. */
export type Allowance = keyof typeof ALLOWANCES;

/** Use as it counts at a moment. A clock that is behind goes on in the minute and day that another has begun. */
export function useAt(use: TenantUse, now: Date): TenantUse {
  const [minute, day] = [Math.floor(now.getTime() / MINUTE_MS), Math.floor(now.getTime() / DAY_MS)];
  const isThisMinute = use.mutation_minute === minute || use.mutation_minute === minute + 1;
  const isThisDay = use.record_day === day || use.record_day === day + 1;
  const clients = Number.isFinite(use.client_count) ? use.client_count : null;
  return {
    ...(isThisMinute
      ? { mutation_minute: use.mutation_minute, mutation_count: countOf(use.mutation_count) }
      : { mutation_minute: minute, mutation_count: 0 }),
    ...(isThisDay ? { record_day: use.record_day, record_bytes: countOf(use.record_bytes) } : { record_day: day, record_bytes: 0 }),
    // Releases that do not count may have run beside this one: once a day it is counted anew, where that takes few milliseconds.
    client_count: isThisDay || (clients !== null && clients > MOST_COUNTED_ANEW) ? clients : null,
  };
}

/** A count as the driver has it; one that a damaged row has made no number begins anew, so that it can be stored. */
function countOf(stored: number | string): number {
  const count = Number(stored);
  return Number.isFinite(count) ? count : 0;
}

/**
 * Requires that a tenant may make one more change. What the change itself writes to the record may go past the limit.
 * @throws {TenantLimit}
 */
export function requireRoom(use: TenantUse, limits: TenantLimits, { allowance, now }: { allowance: Allowance; now: Date }): void {
  const factor = ALLOWANCES[allowance];
  if (use.mutation_count >= limits.mutationsAMinute * factor) {
    throw new TenantLimit('MUTATIONS', { limit: limits.mutationsAMinute, retryAfterSeconds: secondsLeft(now, MINUTE_MS) });
  }
  if (use.record_bytes >= limits.recordBytesADay * factor) {
    throw new TenantLimit('RECORD', { limit: limits.recordBytesADay, retryAfterSeconds: secondsLeft(now, DAY_MS) });
  }
}

/** Requires that a tenant may have one more client. @throws {TenantLimit} */
export function requireRoomForClient(count: number, { clients }: TenantLimits): void {
  if (count >= clients) throw new TenantLimit('CLIENTS', { limit: clients });
}

function secondsLeft(now: Date, period: number): number {
  return Math.ceil((period - (now.getTime() % period)) / 1000);
}

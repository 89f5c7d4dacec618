import { AsyncLocalStorage } from 'node:async_hooks';
import type { Member } from './queues/crowd-lines.js';

/** The timeout of a request that waits for a database that went away: about what a cluster needs to put another node in its place. */
export const REQUEST_WAIT_MS = 4_000;

/** A request that has spent it on something else still gets what is at hand. */
const LEAST_MS = 200;

/** A request, as far as it waits for what all share. */
interface Waiter {
  began: Date;
  /** The ids of what it has made. */
  made: Set<string>;
  ends: number;
  member: Member;
  isAsking: boolean;
}

/** The server's own work. */
const NOBODY: Member = { crowd: '', name: '' };

const storage = new AsyncLocalStorage<Waiter>();

/** Gives a request its deadline: all it does together waits for the database for {@link REQUEST_WAIT_MS}, however often it asks. */
export function withDeadline<T>(work: () => T): T {
  return storage.run(
    { began: new Date(), made: new Set(), ends: performance.now() + REQUEST_WAIT_MS, member: NOBODY, isAsking: false },
    work,
  );
}

/** The deadline of the request that asks now, on the clock of `performance.now()`. */
export function requestDeadline(): number {
  const now = performance.now();
  return Math.max(storage.getStore()?.ends ?? now + REQUEST_WAIT_MS, now + LEAST_MS);
}

/** When the request that asks now began, by the clock on the wall; now, when no request does. */
export function requestBegan(): Date {
  return storage.getStore()?.began ?? new Date();
}

/** Notes the id of something that the request that asks now makes: it is no other's. */
export function noteMade(id: string): void {
  storage.getStore()?.made.add(id);
}

/** The ids of what the request that asks now has made so far. */
export function madeByRequest(): string[] {
  return [...(storage.getStore()?.made ?? [])];
}

/**
 * Lets what asks from now on wait as somebody: who they are in a crowd may turn out later than whose that is.
 * @param isAsking whether it looks for what may take long, and has to leave room for others
 */
export function waitAs({ isAsking, ...member }: Partial<Member> & { isAsking?: boolean }): void {
  const waiter = storage.getStore();
  if (!waiter) return;
  waiter.member = { ...waiter.member, ...member };
  waiter.isAsking = isAsking ?? waiter.isAsking;
}

/** Does a part of a request that looks for what may take long, and has to leave room for others. */
export function asAsking<T>(work: () => T): T {
  const waiter = storage.getStore();
  return waiter ? storage.run({ ...waiter, isAsking: true }, work) : work();
}

/** As whom it waits; the server's own work as nobody. */
export function waitingMember(): Member {
  return storage.getStore()?.member ?? NOBODY;
}

/** Whether it looks for what may take long. */
export function isAsking(): boolean {
  return storage.getStore()?.isAsking ?? false;
}

import { useSyncExternalStore } from 'react';

const TICK_MS = 10_000;
const NEARLY_MS = 500;
/** Less than this is the way of the answer, and the fraction of a second that its date leaves out. */
const LEAST_OFFSET_MS = 3_000;

const listeners = new Set<() => void>();
let offset = 0;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

/**
 * The present moment by the server's clock, in milliseconds since 1970, for moments that the server told. Everybody who
 * asks is told again every ten seconds, so that nothing relative goes stale.
 */
export function useNow(): number {
  return useSyncExternalStore(subscribe, fresh);
}

/** Whoever is drawn because of what came just now goes by the moment that this is, nearly. */
function fresh(): number {
  const present = serverNow();
  if (Math.abs(present - now) > NEARLY_MS) now = present;
  return now;
}

/** The present moment by the server's clock, in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + offset;
}

/** Learns from an answer what the server's clock says. @param date as in its Date header, in milliseconds since 1970 */
export function learnServerTime(date: number): void {
  const difference = date - Date.now();
  offset = Math.abs(difference) < LEAST_OFFSET_MS ? 0 : difference;
  tick();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    tick();
    timer = setInterval(tick, TICK_MS);
    document.addEventListener('visibilitychange', tick);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
    document.removeEventListener('visibilitychange', tick);
  };
}

function tick(): void {
  now = serverNow();
  for (const listener of listeners) listener();
}

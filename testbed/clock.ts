import { jest } from '@jest/globals';

const TIMERS = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** Lets the server and the test believe that so many seconds have passed, and that no more pass, however slow the machine is. Timers go on as they are. */
export function advanceClock(seconds: number): void {
  const now = Date.now() + seconds * 1000;
  jest.useRealTimers();
  jest.useFakeTimers({ now, doNotFake: [...TIMERS] });
}

/** Stops the time of day for the server and the test. */
export function stopClock(): void {
  advanceClock(0);
}

/** Gives the time of day back. */
export function resetClock(): void {
  jest.useRealTimers();
}

import { setImmediate as nextTurn } from 'node:timers/promises';

/** The event loop takes one new connection each time it comes round: with fewer turns a crowd would wait for as many pieces of work. */
const TURNS = 8;

/** Lets whoever came meanwhile be heard, between two pieces of work that take milliseconds each. */
export async function breathe(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
}

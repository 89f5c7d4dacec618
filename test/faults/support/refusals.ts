import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry, Ledger } from './ledger.js';

const PROBE_EVERY_MS = 50;
/** What a driver, a database or a system says of itself. */
const INSIDE = /ECONN|127\.0\.0\.1|sql|maria|innodb|PROTOCOL_|ER_|errno|disk|locked|queue|\.ts|\.js/i;
const CLEAR = /^503 (temporarily_unavailable|DATABASE_UNAVAILABLE)$/;

/**
 * Everything that was not acknowledged was refused clearly: with 503, a code, a time to come back, and without a word of
 * what is inside.
 */
export function expectClearRefusals({ writes, tokens }: Ledger, since = 0): void {
  const failed: Entry[] = [...writes, ...tokens].filter(({ begin, outcome }) => begin >= since && outcome !== 'acknowledged');
  const unclear = failed.filter(({ status, code, retryAfter, text = '' }) => {
    return !CLEAR.test(`${status} ${code}`) || !/^\d+$/.test(retryAfter ?? '') || INSIDE.test(text.replaceAll(/DATABASE_UNAVAILABLE/g, ''));
  });
  expect(unclear.slice(0, 3)).toEqual([]);
}

/** How the health of a server was. */
export interface Health {
  /** How often each status came; 0 for no answer. */
  statuses: Record<string, number>;
  slowestMs: number;
}

/** Somebody who asks for the health of a server all the time. */
export interface Watch {
  /** Ends it. */
  stop(): Promise<{ live: Health; ready: Health }>;
}

/** Begins to ask for `/health/live` and `/health/ready`. */
export function watchHealth(ledger: Ledger): Watch {
  const stopping = new AbortController();
  const probes = ['/health/live', '/health/ready'].map((path) => probe(ledger, path, stopping.signal));
  return {
    stop: async () => {
      stopping.abort();
      const [live, ready] = (await Promise.all(probes)) as [Health, Health];
      return { live, ready };
    },
  };
}

async function probe(ledger: Ledger, path: string, signal: AbortSignal): Promise<Health> {
  const caller = ledger.caller();
  const health: Health = { statuses: {}, slowestMs: 0 };
  while (!signal.aborted) {
    const begin = performance.now();
    const { status = 0 } = await caller.ask({ path });
    health.statuses[status] = (health.statuses[status] ?? 0) + 1;
    health.slowestMs = Math.max(health.slowestMs, Math.round(performance.now() - begin));
    await sleep(PROBE_EVERY_MS);
  }
  caller.close();
  return health;
}

import type { Installation } from './installation.js';
import { DatabaseUnavailable } from './platform/errors.js';
import type { Log } from './platform/log.js';

const FLUSH_MS = 3_000;
const SWEEP_MS = 60_000;

/** What goes on beside the requests. */
export interface Maintenance {
  /** Ends it, once what has gathered is written. */
  stop(): Promise<void>;
}

/**
 * Writes down who used what, replaces old signing keys, and forgets what has expired.
 * Every instance does all of it; what one has done the others find done.
 */
export function startMaintenance(installation: Installation, log: Log): Maintenance {
  const { use, status, proofs, secrets, sessions, audit, signingKeys, issuers, directory, config } = installation;
  const flush = repeat(FLUSH_MS, log, () => use.flush());
  const sweep = repeat(SWEEP_MS, log, async () => {
    const now = new Date();
    issuers.sweep();
    const rotated = await signingKeys.rotateWhenDue(config.signingKeyDays, (tenant) => directory.contextOf(tenant));
    for (const tenant of rotated) log.info({ tenant }, 'the signing key was replaced because of its age');
    for (const store of [signingKeys, status, proofs, secrets, use, sessions]) await store.sweep(now);
    await audit.sweep(now, config.auditRetentionDays);
  });
  return {
    stop: async () => {
      await sweep.stop();
      await flush.stop();
      await use.flush().catch((error) => log.warn({ err: error }, 'the last uses of secrets are lost'));
    },
  };
}

/** Runs work again and again, never twice at a time. A database that is away is no news: others tell. */
function repeat(everyMs: number, log: Log, work: () => Promise<unknown>): Maintenance {
  let running: Promise<unknown> | undefined;
  const run = () =>
    work()
      .catch((error) => log[error instanceof DatabaseUnavailable ? 'debug' : 'error']({ err: error }, 'maintenance failed'))
      .finally(() => {
        running = undefined;
      });
  const timer = setInterval(() => {
    running ??= run();
  }, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

import { forEach } from '../platform/each.js';
import { DatabaseUnavailable } from '../platform/errors.js';
import type { Log } from '../platform/log.js';
import { SteadyClock } from '../platform/steady-clock.js';
import type { Installation } from './installation.js';
import { sweepsOf } from './rooms.js';

const FLUSH_MS = 3_000;
/** How often the database is swept. */
export const SWEEP_MS = 60_000;
/** How long the clock has to go evenly before anything is replaced or forgotten because of its age: a wrong one is mostly set right by then. */
const EVEN_MS = 3_600_000;

/** What goes on beside the requests. */
export interface Maintenance {
  /** Replaces old signing keys, indexes new clients and forgets what has expired, in the database. */
  sweep(): Promise<void>;
  /** Ends it, once what has gathered is written. */
  stop(): Promise<void>;
}

/**
 * Writes down who used what, indexes new clients, replaces old signing keys, and forgets what has expired.
 * Every instance does all of it; what one has done the others find done.
 * @param how of several processes that share a port one sweeps for all, whenever it is told to
 */
export function startMaintenance(installation: Installation, log: Log, { sweepsByItself }: { sweepsByItself: boolean }): Maintenance {
  const { use, refusals, index, issuers } = installation;
  const stopping = new AbortController();
  const flush = createTask(log, () => forEach([use, refusals], (gathered) => gathered.flush()));
  const tidy = createTask(log, async () => issuers.sweep());
  const clock = new SteadyClock();
  const clear = createTask(log, async () => {
    await forEach([tidyDatabase, ...(clock.evenMs >= EVEN_MS ? [clearDatabase] : [])], (work) => work(installation, log));
  });
  // By itself, for it takes minutes where a million clients wait.
  const fill = createTask(log, () => index.fill(stopping.signal));
  const sweep = async () => {
    await Promise.all([clear.run(), fill.run()]);
  };
  const timers = [setInterval(flush.run, FLUSH_MS), setInterval(tidy.run, SWEEP_MS)];
  if (sweepsByItself) timers.push(setInterval(sweep, SWEEP_MS));
  return {
    sweep,
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      stopping.abort();
      await Promise.all([clear.stop(), fill.stop(), flush.stop()]);
      await use.flush().catch((error) => log.warn({ err: error }, 'the last uses of secrets are lost'));
      await refusals.flush().catch((error) => log.warn({ err: error }, 'the last refusals of clients are lost'));
    },
  };
}

/** What is done by any clock. */
async function tidyDatabase({ index, audit, signingKeys }: Installation): Promise<void> {
  await forEach([() => signingKeys.extend(new Date()), () => index.sweep(), () => audit.beginChains()], (work) => work());
}

/** What is replaced or forgotten because of its age. */
async function clearDatabase(installation: Installation, log: Log): Promise<void> {
  const { signingKeys, directory, config } = installation;
  const now = new Date();
  const rotate = () =>
    signingKeys.rotateWhenDue(config.signingKeyDays, (tenant) => directory.contextOf(tenant), {
      onRotated: (tenant) => log.info({ tenant }, 'the signing key was replaced because of its age'),
    });
  await forEach([rotate, ...sweepsOf(installation, now)], (work) => work());
}

/** Work that is done again and again. */
interface Task {
  /** Does it, unless it is being done. */
  run(): Promise<void>;
  /** Waits for what is being done, and does it no more. */
  stop(): Promise<void>;
}

/** A database that is away is no news: others tell. */
function createTask(log: Log, work: () => Promise<unknown>): Task {
  let running: Promise<void> | undefined;
  let isOver = false;
  const attempt = async () => {
    try {
      await work();
    } catch (error) {
      log[error instanceof DatabaseUnavailable ? 'debug' : 'error']({ err: error }, 'maintenance failed');
    }
    running = undefined;
  };
  return {
    run: async () => {
      if (!isOver) running ??= attempt();
      await running;
    },
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}

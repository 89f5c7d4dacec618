import cluster, { type Worker } from 'node:cluster';
import { Throttle } from '../../authentication/throttle.js';
import type { Config } from '../../platform/config.js';
import { aborted, abortOnSignals } from '../../platform/exit.js';
import { createLog } from '../../platform/log.js';
import { Metrics } from '../../platform/metrics.js';
import { type RunningServer, startServer } from '../server.js';
import type { Report, ToPrimary, ToWorker } from './messages.js';
import { CountsOfAll } from './shared-counts.js';

/** Shorter than the primary waits for the end. */
const DRAIN_MS = 9_000;
const ORPHAN_MS = 12_000;

/**
 * A process that serves beside others, from its first word with the primary to its end: when it is told to,
 * on SIGTERM or SIGINT, and when the primary is gone.
 * @throws {StartupError}
 */
export async function serveAsWorker(config: Config): Promise<void> {
  const self = cluster.worker as Worker;
  const log = createLog(config.logLevel, { worker: self.id, isOneOfMany: true });
  const metrics = new Metrics();
  if (config.metricsPort !== undefined) metrics.collectProcess();
  const primary = new Primary(self, metrics);
  try {
    const { listensLate } = await primary.begin();
    const throttle = new Throttle(config.failureLimit, primary.counts);
    const server = await startServer(config, { log, metrics, throttle, signal: primary.leaving, listensLate, isOneOfMany: true });
    primary.present(server);
    await aborted(primary.leaving);
    await server.stop({ withinMs: DRAIN_MS, isGentle: true, hurry: primary.stopping });
    await primary.report();
  } catch (error) {
    if (!primary.leaving.aborted) throw error;
  } finally {
    if (self.isConnected()) self.disconnect();
  }
}

/** The primary as a worker knows it. */
class Primary {
  readonly counts = new CountsOfAll((message) => this.#tell(message));
  readonly #begun = Promise.withResolvers<ToWorker & { kind: 'begin' }>();
  readonly #stopping = abortOnSignals();
  readonly #relieved = new AbortController();
  /** The worker is to end, gently or not. */
  readonly leaving = AbortSignal.any([this.#stopping.signal, this.#relieved.signal]);
  #server: RunningServer | undefined;

  constructor(
    self: Worker,
    private readonly metrics: Metrics,
  ) {
    // Reloading is for the primary, and a terminal tells all.
    process.on('SIGHUP', () => undefined);
    process.on('message', (message: ToWorker) => this.#hear(message));
    self.once('disconnect', () => this.#lose(self));
  }

  /** The worker is to end soon: nobody else goes on at the port. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Says the first word, and waits for the answer. */
  async begin(): Promise<ToWorker & { kind: 'begin' }> {
    this.#tell({ kind: 'hello' });
    const gone = aborted(this.leaving).then(() => {
      throw new Error('the worker is to end before it began', { cause: this.leaving.reason });
    });
    return Promise.race([this.#begun.promise, gone]);
  }

  /** Says that the server is ready. */
  present(server: RunningServer): void {
    this.#server = server;
    this.#tell({ kind: 'ready' });
  }

  /** Says what was counted. */
  async report(): Promise<void> {
    const report = (await this.metrics.registry.getMetricsAsJSON()) as Report;
    await new Promise<void>((resolve) => {
      if (!this.#tell({ kind: 'report', report }, resolve)) resolve();
    });
  }

  #hear(message: ToWorker): void {
    this.counts.hear(message);
    if (message.kind === 'begin') this.#begun.resolve(message);
    if (message.kind === 'stop') (message.isGentle ? this.#relieved : this.#stopping).abort();
    if (message.kind === 'sweep') void this.#server?.sweep();
    if (message.kind === 'report') void this.report();
  }

  /** Also when it was killed: what is in flight is answered and written down, as far as that is possible. */
  #lose(self: Worker): void {
    // Otherwise the cluster would end this process at once.
    self.exitedAfterDisconnect = true;
    this.counts.giveUp();
    this.#stopping.abort();
    setTimeout(() => process.exit(1), ORPHAN_MS).unref();
  }

  /** @returns whether there is somebody to hear it */
  #tell(message: ToPrimary, done: () => void = () => undefined): boolean {
    if (!process.connected) return false;
    process.send?.(message, undefined, undefined, done);
    return true;
  }
}

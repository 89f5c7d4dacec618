import { SWEEP_MS } from '../../installation/maintenance.js';
import type { Config } from '../../platform/config.js';
import { aborted, abortOnSignals, onReload } from '../../platform/exit.js';
import { drain } from '../../platform/http/listener.js';
import { serveMetrics } from '../../platform/http/metrics.js';
import { createLog, type Log } from '../../platform/log.js';
import { Metrics } from '../../platform/metrics.js';
import { VERSION } from '../../platform/version.js';
import type { Report } from './messages.js';
import { MetricsSum } from './metrics-sum.js';
import { SharedCounts } from './shared-counts.js';
import { WorkerPool } from './worker-pool.js';

/**
 * The primary of several processes from its settings to its end. It serves no request itself: it hands
 * connections to its workers, replaces those that end, and keeps what they share.
 * Ends with 1 when not even the first worker can start.
 * @throws {StartupError} when the port of the metrics cannot be had
 */
export async function serveByWorkers(config: Config): Promise<void> {
  const log = createLog(config.logLevel, { isOneOfMany: true });
  log.info({ version: VERSION, node: process.versions.node, pid: process.pid }, 'starting');
  const stopping = abortOnSignals();
  const sum = new MetricsSum();
  const pool = createPool(config, log, sum);
  const metricsServer = await serveMetrics(config, log, createReader(config, pool, sum));
  onReload(stopping, () => void pool.roll());
  const sweeps = setInterval(() => pool.anyone?.tell({ kind: 'sweep' }), SWEEP_MS);
  pool.start();
  const isAsked = await Promise.race([pool.failed.then(() => false), aborted(stopping.signal).then(() => true)]);
  if (isAsked) log.info('stopping');
  clearInterval(sweeps);
  await pool.stop();
  if (metricsServer) await drain(metricsServer, { withinMs: 0 });
  if (isAsked) log.info('stopped');
  else process.exitCode = 1;
}

function createPool(config: Config, log: Log, sum: MetricsSum): WorkerPool {
  // With a limit of 0 nobody asks.
  const counts = new SharedCounts(Math.max(config.failureLimit, 1), (message) => {
    for (const worker of pool.workers) worker.tell(message);
  });
  const pool: WorkerPool = new WorkerPool(config.workers, log, {
    greet: (listensLate) => ({ kind: 'begin', listensLate, hasFailing: counts.hasFailing() }),
    hear: (worker, message) => {
      if (message.kind === 'report') sum.note(worker.id, message.report);
      else void counts.serve(message, (answer) => worker.tell(answer));
    },
    miss: ({ id }) => sum.keep(id),
  });
  return pool;
}

/** Asks every worker what it has counted; of one that does not answer, what it said last counts. */
function createReader({ metricsPort }: Config, pool: WorkerPool, sum: MetricsSum): () => Promise<string> {
  const metrics = new Metrics();
  if (metricsPort !== undefined) metrics.collectProcess();
  return async () => {
    await Promise.all(pool.workers.map((worker) => worker.report()));
    return sum.text((await metrics.registry.getMetricsAsJSON()) as Report);
  };
}

import cluster from 'node:cluster';
import { readArguments } from '../platform/arguments.js';
import { type Config, readConfig } from '../platform/config.js';
import { aborted, abortOnSignals, onReload, runProgram } from '../platform/exit.js';
import { drain } from '../platform/http/listener.js';
import { serveMetrics } from '../platform/http/metrics.js';
import { createLog, type Log } from '../platform/log.js';
import { Metrics } from '../platform/metrics.js';
import { VERSION } from '../platform/version.js';
import type { RunningServer } from './server.js';

/** The process from its settings to its end: 0 after SIGTERM or SIGINT, 1 when it cannot start. */
export function run(): Promise<void> {
  return runProgram(serveUntilStopped);
}

/** What a process does not need it does not load: the one that watches over others serves nothing itself. */
async function serveUntilStopped(): Promise<void> {
  readArguments({ usage: 'Nothing is to be named: npm start. The environment has the settings.' });
  const config = readConfig();
  if (cluster.isWorker) return (await import('./workers/worker.js')).serveAsWorker(config);
  if (config.workers > 1) return (await import('./workers/primary.js')).serveByWorkers(config);
  return serveAlone(config);
}

async function serveAlone(config: Config): Promise<void> {
  const { startServer } = await import('./server.js');
  const log = createLog(config.logLevel);
  log.info({ version: VERSION, node: process.versions.node, pid: process.pid }, 'starting');
  const stopping = abortOnSignals();
  const { signal } = stopping;
  let server: RunningServer | undefined;
  onReload(stopping, () => reload(config, server, log));
  const metrics = new Metrics();
  if (config.metricsPort !== undefined) metrics.collectProcess();
  const metricsServer = await serveMetrics(config, log, () => metrics.registry.metrics());
  try {
    server = await startServer(config, { log, metrics, signal });
    await aborted(signal);
    log.info('stopping');
    await server.stop();
    log.info('stopped');
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    // The end of a server may have taken all the time that there is.
    if (metricsServer) await drain(metricsServer, { withinMs: 0 });
  }
}

/** What a process by itself can take up anew. One that starts has just read it. */
function reload({ tls }: Config, server: RunningServer | undefined, log: Log): void {
  if (tls) server?.reloadCertificate?.();
  else log.warn('SIGHUP replaces workers one by one, which takes WORKERS of 2 or more: nothing was done');
}

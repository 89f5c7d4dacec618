import 'reflect-metadata';
import { readConfig } from './platform/config.js';
import { runProgram } from './platform/exit.js';
import { createLog } from './platform/log.js';
import { startServer } from './server.js';

/** The process from its settings to its end: 0 after SIGTERM or SIGINT, 1 when it cannot start. */
export function run(): Promise<void> {
  return runProgram(serveUntilStopped);
}

async function serveUntilStopped(): Promise<void> {
  const config = readConfig();
  const log = createLog(config.logLevel);
  const stopping = new AbortController();
  // A signal may come twice: npm passes on what the terminal sends to everyone.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  const stopped = new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }));
  try {
    const server = await startServer(config, log, stopping.signal);
    await stopped;
    log.info('stopping');
    await server.stop();
    log.info('stopped');
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}

import type { Server } from 'node:http';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { createHttpServer, listen, setHandler } from './listener.js';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Serves metrics at `/metrics` on a port of their own, when there is one.
 * @param read the metrics in Prometheus' text
 * @throws {StartupError} when the port cannot be had
 */
export async function serveMetrics({ metricsPort, host }: Config, log: Log, read: () => Promise<string>): Promise<Server | undefined> {
  if (metricsPort === undefined) return undefined;
  const server = createHttpServer();
  setHandler(server, async (request, response) => {
    if (request.url !== '/metrics') return response.writeHead(404).end();
    try {
      response.setHeader('Content-Type', CONTENT_TYPE).end(await read());
    } catch (error) {
      log.error({ err: error }, 'metrics failed');
      response.writeHead(500).end();
    }
  });
  await listen(server, { port: metricsPort, host });
  return server;
}

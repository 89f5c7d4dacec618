import { createServer, type RequestListener, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createApp, createWaitingApp, type Surroundings } from './app.js';
import { type Installation, openInstallation } from './installation.js';
import { type Maintenance, startMaintenance } from './maintenance.js';
import type { Config } from './platform/config.js';
import { StartupError } from './platform/errors.js';
import type { Log } from './platform/log.js';
import { Metrics } from './platform/metrics.js';

const DRAIN_MS = 10_000;
const IDLE_CHECK_MS = 50;
const PING_MS = 2_000;

/** A server that runs. */
export interface RunningServer {
  /** Answers what is in flight, refuses what is new, and closes everything. */
  stop(): Promise<void>;
}

/**
 * Listens, then opens the database, then serves: until it can, it answers that it is not ready.
 * @param signal ends the wait for a database that is away
 * @throws {StartupError}
 */
export async function startServer(config: Config, log: Log, signal: AbortSignal): Promise<RunningServer> {
  let installation: Installation | undefined;
  const server = createHttpServer();
  const metrics = new Metrics();
  const surroundings: Surroundings = {
    log,
    metrics,
    health: { isReady: async () => server.listening && installation !== undefined && answersInTime(installation) },
    pagesFolder: fileURLToPath(new URL('../console/', import.meta.url)),
  };
  const setHandler = (handler: RequestListener) => server.removeAllListeners('request').on('request', handler);
  setHandler(createWaitingApp(surroundings).callback());
  await listen(server, config.port, config.host);
  const metricsServer = config.metricsPort === undefined ? undefined : await serveMetrics(metrics, config);
  let maintenance: Maintenance | undefined;
  const stop = async () => {
    await Promise.all([drain(server), metricsServer && drain(metricsServer)]);
    await maintenance?.stop();
    await installation?.database.close();
  };
  try {
    const opened = await openInstallation(config, log, { signal });
    setHandler((await createApp(opened, surroundings)).callback());
    installation = opened;
    maintenance = startMaintenance(opened, log);
  } catch (error) {
    await stop();
    throw error;
  }
  if (installation.generatedSecret) showSecret(config.adminClientId, installation.generatedSecret);
  log.info({ issuer: config.issuer, host: config.host, port: config.port }, 'ready');
  return { stop };
}

/** Limits on how long a client may take and how much it may send before anyone has looked at it. */
export function createHttpServer(): Server {
  const server = createServer({
    connectionsCheckingInterval: 5_000,
    headersTimeout: 10_000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
    requestTimeout: 30_000,
  });
  server.maxHeadersCount = 100;
  return server;
}

/** Shows a secret on the one occasion there is. It goes to the terminal and past the log. */
export function showSecret(clientId: string, secret: string): void {
  process.stdout.write(
    `\n  The administrator's client. Its secret is shown this once; "npm run admin:reset" makes a new one.\n\n` +
      `    Client Id   ${clientId}\n    Secret key  ${secret}\n\n`,
  );
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'another process uses it' : `the system says ${code}`;
    throw new StartupError(`Port ${port} on ${host} cannot be listened on: ${reason}. Choose another with PORT, METRICS_PORT or HOST.`, {
      cause,
    });
  }
}

async function serveMetrics(metrics: Metrics, { metricsPort, host }: Config): Promise<Server> {
  const { registry } = metrics;
  metrics.collectProcess();
  const server = createServer(async (request, response) => {
    if (request.url !== '/metrics') return response.writeHead(404).end();
    response.setHeader('Content-Type', registry.contentType).end(await registry.metrics());
  });
  await listen(server, metricsPort as number, host);
  return server;
}

/** Lets answers that are under way finish, for ten seconds at most. */
async function drain(server: Server): Promise<void> {
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(idle);
  clearTimeout(deadline);
}

async function answersInTime({ database }: Installation): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const deadline = setTimeout(() => resolve(false), PING_MS);
  void database.ping().then(resolve);
  const isAnswering = await promise;
  clearTimeout(deadline);
  return isAnswering;
}

import { fileURLToPath } from 'node:url';
import type { Throttle } from '../authentication/throttle.js';
import { type Installation, openInstallation } from '../installation/installation.js';
import { type Maintenance, startMaintenance } from '../installation/maintenance.js';
import { showSecret } from '../installation/show-secret.js';
import type { Config } from '../platform/config.js';
import { createHttpServer, type Drain, drain, listen, setHandler } from '../platform/http/listener.js';
import type { Log } from '../platform/log.js';
import type { Metrics } from '../platform/metrics.js';
import { say } from '../platform/terminal.js';
import { createApp, createWaitingApp, type Surroundings } from './app.js';
import { serveHttps } from './https.js';
import { holdWhileStarting } from './starting.js';

const PING_MS = 2_000;
/** Without a key that can be read nothing is signed: somebody has taken the tables away, or changed the encryption key without this server. */
const HOME = 'SELECT 1 FROM tenants t JOIN signing_keys k ON k.tenant_id = t.id WHERE t.is_home = 1 AND k.key_id IN ';

/** A server that runs. */
export interface RunningServer {
  /** Answers what is in flight, refuses what is new, and closes everything. */
  stop(how?: Drain): Promise<void>;
  /** Does once what is to be done in one process of several. */
  sweep(): Promise<void>;
  /** Reads the files of its certificate anew; absent when it has none. */
  reloadCertificate: (() => void) | undefined;
}

/** How a server stands to others. */
export interface ServerRole {
  log: Log;
  metrics: Metrics;
  /** Ends the wait for a database that is away. */
  signal: AbortSignal;
  /** Others answer at the same port meanwhile: it listens only once it can serve. */
  listensLate?: boolean;
  /** One of several processes; what one does for all it does when it is told to. */
  isOneOfMany?: boolean;
  /** Counts failures together with others. */
  throttle?: Throttle | undefined;
}

/**
 * Listens, then opens the database, then serves. Who asks before that waits for some seconds, and hears then that it is not ready.
 * @throws {StartupError}
 */
export async function startServer(config: Config, role: ServerRole): Promise<RunningServer> {
  const { log, metrics, listensLate = false, isOneOfMany = false } = role;
  let installation: Installation | undefined;
  let maintenance: Maintenance | undefined;
  let isClosing = () => false;
  const server = createHttpServer();
  const certificate = config.tls && serveHttps(server, config.tls, { mtlsHostPrefix: config.mtlsHostPrefix, log });
  const surroundings: Surroundings = {
    log,
    metrics,
    health: { isReady: async () => !isClosing() && installation !== undefined && answersInTime(installation) },
    pagesFolder: fileURLToPath(new URL('../../console/', import.meta.url)),
  };
  const starting = holdWhileStarting(createWaitingApp(surroundings, config).callback());
  const stop = async (how?: Drain) => {
    starting.end();
    certificate?.stop();
    // Where others go on, whoever asks over a connection that was kept open asks for all of them.
    isClosing = () => !how?.isGentle || how.hurry?.aborted === true;
    await drain(server, how);
    await maintenance?.stop();
    await installation?.database.close();
  };
  setHandler(server, starting.handler, config);
  try {
    if (!listensLate) await listen(server, config);
    const opened = await openInstallation(config, log, role);
    const app = (await createApp(opened, surroundings)).callback();
    setHandler(server, app, config);
    starting.end(app);
    if (listensLate) await listen(server, config);
    installation = opened;
  } catch (error) {
    await stop();
    throw error;
  }
  maintenance = startMaintenance(installation, log, { sweepsByItself: !isOneOfMany });
  announce(config, installation.generatedSecret, log);
  return { stop, sweep: maintenance.sweep, reloadCertificate: certificate && (() => certificate.reload()) };
}

function announce(config: Config, generatedSecret: Installation['generatedSecret'], log: Log): void {
  if (generatedSecret) showSecret(config, generatedSecret);
  log.info({ issuer: config.issuer, host: config.host, port: config.port }, 'ready');
  // For people: whoever reads the log by a program knows the address.
  if (generatedSecret || process.stdout.isTTY) say(`  Open ${config.issuer}\n\n`);
}

async function answersInTime({ database, cipher }: Installation): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const deadline = setTimeout(() => resolve(false), PING_MS);
  void database.ping(`${HOME}(${cipher.keyIds.map((id) => `'${id}'`).join(', ')}) LIMIT 1`).then(resolve);
  const isAnswering = await promise;
  clearTimeout(deadline);
  return isAnswering;
}

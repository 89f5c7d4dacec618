import { createServer, type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import { type Socket, Server as TcpServer } from 'node:net';
import { StartupError } from '../errors.js';
import { CompactRequest } from './body-pieces.js';
import { Forwarded, type ProxyTrust } from './forwarded.js';
import { MOST_HEADERS } from './header-limit.js';
import { Turns } from './in-turn.js';

/** Whoever stops a process waits ten seconds as a rule. */
const DRAIN_MS = 9_000;
const GRACE_MS = 5_000;
/** The next request of a client that has just been answered is under way, as a rule. */
const SHORT_GRACE_MS = 1_000;
const IDLE_CHECK_MS = 50;
/** Node ends all that have taken too long since it last looked at once: those of seconds would be thousands. */
const EXPIRY_CHECK_MS = 250;
/** For how long a connection may stand still with a request under way, or twice that after something was written: whoever takes nothing of the answer keeps it in memory. */
const STILL_MS = 60_000;
/** By then all processes that share a port have left it: until they have, a new connection would be taken for one of them, and lost. */
const LEFT_MS = 300;
/** How many connections may wait to be taken, where the system allows as many: whoever finds no room hears nothing, and tries again a second later. */
const MOST_WAITING = 4_096;

/** Those that close each connection after its next answer. */
const leaving = new WeakSet<Server>();
/** What is connected to each. */
const connections = new WeakMap<Server, Set<Socket>>();
const turns = new WeakMap<Server, Turns>();
const fronts = new WeakMap<Server, Front>();

/** What takes connections in the place of a server, and hands them to it when they are ready. */
export interface Front {
  /** Listens in its place. */
  listener: TcpServer;
  /** Closes those that were not handed on yet. */
  closeUnfinished(): void;
}

/** Limits on how long a client may take and how much it may send before anyone has looked at it. */
export function createHttpServer(): Server {
  let requests = 0;
  /** The number of the request that came last over a connection: the request itself would stay in memory with that. */
  const newest = new WeakMap<Socket, number>();
  const server: Server = createServer({
    IncomingMessage: CompactRequest as typeof IncomingMessage,
    // When the answer begins and not when the request came: one that took long is the last of its connection, too.
    ServerResponse: class extends ServerResponse {
      readonly #number = ++requests;

      constructor(...of: ConstructorParameters<typeof ServerResponse>) {
        super(...of);
        newest.set(this.req.socket, this.#number);
      }

      override writeHead(...head: unknown[]): this {
        // Requests that came after this one over the same connection are answered, too.
        const { socket } = this.req;
        if (leaving.has(server) && newest.get(socket) === this.#number && !turns.get(server)?.holdsMore(socket))
          this.shouldKeepAlive = false;
        return Reflect.apply(super.writeHead, this, head);
      }
    },
    connectionsCheckingInterval: EXPIRY_CHECK_MS,
    headersTimeout: 10_000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
    requestTimeout: 30_000,
  }) as Server;
  // More than the app allows, which counts them as they were sent. All that a large head may have would take half a megabyte.
  server.maxHeadersCount = 2 * MOST_HEADERS;
  server.timeout = STILL_MS;
  const open = new Set<Socket>();
  connections.set(server, open);
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  turns.set(server, new Turns(server));
  return server;
}

/** Lets another answer from the next request on. @param trust whom to believe about where a request comes from */
export function setHandler(server: Server, handler: RequestListener, trust: ProxyTrust = { trustProxy: 0 }): void {
  turns.get(server)?.setHandler(handler, new Forwarded(trust));
}

/** Lets something else take the connections of a server that does not listen yet. */
export function putBefore(server: Server, front: Front): void {
  fronts.set(server, front);
}

/** The turns in which a server's requests begin. */
export function turnsOf(server: Server): Turns {
  return turns.get(server) as Turns;
}

/** @throws {StartupError} when the port cannot be had */
export async function listen(server: Server, { port, host }: { port: number; host: string }): Promise<void> {
  const listener: TcpServer = fronts.get(server)?.listener ?? server;
  try {
    await new Promise<void>((resolve, reject) => listener.once('error', reject).listen({ port, host, backlog: MOST_WAITING }, resolve));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'another process uses it' : `the system says ${code}`;
    throw new StartupError(`Port ${port} on ${host} cannot be listened on: ${reason}. Choose another with PORT, METRICS_PORT or HOST.`, {
      cause,
    });
  }
}

/** How a server ends. */
export interface Drain {
  /** For how long answers that are under way may take. */
  withinMs?: number;
  /** Others go on at the same port: a connection is closed after its next answer, so that no request meets a closed one. */
  isGentle?: boolean;
  /** Ends the wait for next requests. */
  hurry?: AbortSignal | undefined;
}

/**
 * Takes no new connections, answers what comes over those that are there once more, and closes each after that: a request
 * that was sent is not broken. Who has not asked again within a while is idle, and closed.
 */
export async function drain(server: Server, { withinMs = DRAIN_MS, isGentle = false, hurry }: Drain = {}): Promise<void> {
  // The close of an HTTP server would close what is idle at once.
  const front = fronts.get(server);
  const closed = new Promise((resolve) => TcpServer.prototype.close.call(front?.listener ?? server, resolve));
  const sayGoodbye = () => leaving.add(server);
  const timers: NodeJS.Timeout[] = [setTimeout(() => closeAll(server), withinMs)];
  // Who is told that a connection ends opens another at once.
  if (hurry?.aborted) timers.push(setTimeout(sayGoodbye, LEFT_MS));
  else sayGoodbye();
  const closeIdleIn = (milliseconds: number) => {
    // What has arrived by now is read first.
    const closeIdle = () => setImmediate(() => closeIdleConnections(server));
    timers.push(setTimeout(() => timers.push(setInterval(closeIdle, IDLE_CHECK_MS)), milliseconds));
  };
  const hasTime = isGentle && !hurry?.aborted;
  closeIdleIn(Math.min(withinMs, hasTime ? GRACE_MS : SHORT_GRACE_MS));
  const closeSoon = () => closeIdleIn(SHORT_GRACE_MS);
  hurry?.addEventListener('abort', closeSoon, { once: true });
  await closed;
  hurry?.removeEventListener('abort', closeSoon);
  for (const timer of timers) clearInterval(timer);
}

function closeAll(server: Server): void {
  fronts.get(server)?.closeUnfinished();
  server.closeAllConnections();
}

/** Not Node's: for that a connection over which nothing has come yet has a request under way, and one that waits with the next has none. */
function closeIdleConnections(server: Server): void {
  fronts.get(server)?.closeUnfinished();
  for (const socket of connections.get(server) ?? []) if (turns.get(server)?.isIdle(socket)) socket.destroy();
}

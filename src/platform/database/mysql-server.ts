import { connect, type Socket } from 'node:net';
import { type Connection, type ConnectionOptions, createConnection, createPool, type Pool, type PoolConnection } from 'mysql2';
import { driverCode } from './faults.js';
import { breakOff, type MysqlConnection } from './mysql-connection.js';
import { prepareSession } from './mysql-session.js';
import { endSilence } from './mysql-silence.js';
import { type TlsOptions, toTlsOptions } from './tls.js';
import type { MysqlSettings, ServerPlace } from './url.js';

const CONNECT_MS = 2_000;
/** For how long a pool waits for a server that it leaves. */
const END_MS = 2_000;
/** Longer than all that is done before a connection is used. */
const OPENED_MS = 10_000;
/** After this time a server that had no TLS is asked again: it may have been somebody in between who took it away. */
const PLAIN_MS = 60_000;
/** Of a connection; all of a server together can have some 16,000 of them. */
const PREPARED_STATEMENTS = 100;
/** The server has no TLS. */
const NO_TLS = 'HANDSHAKE_NO_SSL_SUPPORT';
/** The server takes nothing else, as MySQL says it; MariaDB refuses the password. */
const TLS_ALONE = new Set(['ER_SECURE_TRANSPORT_REQUIRED', 'ER_ACCESS_DENIED_ERROR']);

type Taken = (error: Error | null, connection?: PoolConnection) => void;

/** What TypeORM takes for a pool of its driver's. */
export interface PreparedPool {
  getConnection(done: Taken): void;
  end(done: () => void): void;
  /** Breaks off whatever is open, for whoever cannot use it and would not end with it. */
  abandon(cause: Error): void;
}

/** A MySQL or MariaDB server. Every connection to it is made here, and is given out when its session is ours. */
export class MysqlServer {
  #tls: TlsOptions | undefined;
  #plainSince = 0;

  constructor(readonly settings: MysqlSettings) {
    this.#tls = toTlsOptions(settings.tls);
  }

  /** A connection of its own. @throws the driver's error, after this time at the latest */
  async connect(withinMs = CONNECT_MS): Promise<Connection> {
    this.#tryAgain();
    for (let refusal: unknown; ; ) {
      const tls = this.#tls;
      const connection = createConnection(this.#options(withinMs));
      try {
        await prepareSession(connection);
        return connection;
      } catch (cause) {
        breakOff(connection as unknown as MysqlConnection, cause as Error);
        if (!this.#adapt(cause, tls, refusal)) throw explain(refusal ?? cause);
        if (!tls) refusal = cause;
      }
    }
  }

  /** A pool of connections. */
  createPool(): PreparedPool {
    const opening = new Opening();
    const options = {
      ...this.#options(CONNECT_MS),
      stream: ({ config }: { config: object }) => opening.add(config, openSocket(this.settings.place)),
    };
    const pool = createPool({ ...options, connectionLimit: this.settings.poolSize });
    const prepared = new Set<PoolConnection>();
    const take = (done: Taken, refusal?: unknown) => {
      if (refusal === undefined && this.#tryAgain()) useTls(pool, this.#tls);
      const tls = this.#tls;
      pool.getConnection((error, connection) => {
        if (!error) return void giveOut(connection, prepared, done).finally(() => opening.end(connection.config));
        const again = this.#adapt(error, tls, refusal);
        useTls(pool, this.#tls);
        if (again) take(done, tls ? undefined : error);
        else done(explain(refusal ?? error));
      });
    };
    const abandon = (cause: Error) => {
      opening.abandon();
      for (const connection of prepared) breakOff(connection as unknown as MysqlConnection, cause);
    };
    const end = (done: () => void) => {
      opening.abandon();
      // The driver takes leave over each connection, after what it was asked before.
      const timer = setTimeout(() => abandon(new Error('The pool is closed.')), END_MS);
      pool.end(() => {
        clearTimeout(timer);
        done();
      });
    };
    return { getConnection: (done) => take(done), end, abandon };
  }

  /**
   * Whether it is to be tried again with or without TLS, as the server wants it, where that is left to the server.
   * @param refusal what it said without TLS, when it was with TLS that it was tried after that
   */
  #adapt(error: unknown, tried: TlsOptions | undefined, refusal: unknown): boolean {
    if (this.settings.tls.mode !== 'prefer') return false;
    const code = driverCode(error);
    const isWrong = tried ? code === NO_TLS : TLS_ALONE.has(code);
    if (isWrong) this.#tls = tried ? undefined : toTlsOptions(this.settings.tls);
    if (isWrong && tried) this.#plainSince = performance.now();
    return isWrong && refusal === undefined;
  }

  /** @returns whether TLS is tried again after it lacked for a while */
  #tryAgain(): boolean {
    if (this.settings.tls.mode !== 'prefer' || this.#tls || performance.now() - this.#plainSince < PLAIN_MS) return false;
    this.#tls = toTlsOptions(this.settings.tls);
    return true;
  }

  #options(connectTimeout: number): ConnectionOptions {
    const { place, user, password, database } = this.settings;
    return {
      ...place,
      ...{ stream: () => openSocket(place), user, password, database, connectTimeout, ...(this.#tls ? { ssl: this.#tls } : {}) },
      ...{ charset: 'utf8mb4', timezone: 'Z', supportBigNumbers: true, bigNumberStrings: true, maxPreparedStatements: PREPARED_STATEMENTS },
    };
  }
}

/** What was opened for a pool and is not used yet. The driver forgets a connection that is refused, and waits for the other side to end it. */
class Opening {
  readonly #sockets = new Map<object, Socket>();

  /** @param config which the driver has for this connection alone */
  add(config: object, socket: Socket): Socket {
    this.#sockets.set(config, socket);
    socket.once('close', () => this.end(config));
    setTimeout(() => this.#sockets.has(config) && socket.destroy(), OPENED_MS).unref();
    return socket;
  }

  end(config: object): void {
    this.#sockets.delete(config);
  }

  abandon(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}

/** Node looks for the name in a certificate in what the socket was opened to, which it does not note of an address: it would take `localhost`. */
function openSocket(place: ServerPlace): Socket {
  if ('socketPath' in place) return connect({ path: place.socketPath });
  const socket = connect({ ...place, noDelay: true, keepAlive: true });
  return Object.assign(socket, { _host: place.host });
}

async function giveOut(connection: PoolConnection, prepared: Set<PoolConnection>, done: Taken): Promise<void> {
  if (prepared.has(connection)) return done(null, connection);
  try {
    await prepareSession(connection);
    prepared.add(connection);
    const watched = connection as unknown as MysqlConnection;
    watched.stream.once('close', () => prepared.delete(connection));
    endSilence(watched);
  } catch (cause) {
    connection.destroy();
    breakOff(connection as unknown as MysqlConnection, cause as Error);
    return done(cause as Error);
  }
  done(null, connection);
}

/** mysql2 makes the next connections of a pool with what stands here. */
function useTls(pool: Pool, ssl: TlsOptions | undefined): void {
  const { config } = pool as unknown as { config: { connectionConfig: { ssl: unknown } } };
  config.connectionConfig.ssl = ssl ?? false;
}

/** mysql2 gives whatever ends a connection before TLS stands one code, which a server has that is being restarted as well. */
function explain(error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const isCut = code === 'HANDSHAKE_SSL_ERROR' && /socket disconnected|ECONNRESET|EPIPE/.test(message);
  return isCut ? Object.assign(error as Error, { code: 'ECONNRESET' }) : (error as Error);
}

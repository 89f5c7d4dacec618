import { constants } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from 'node:tls';
import type { KeyPair } from '../key-pair.js';
import type { Log } from '../log.js';
import { ClientHelloReader } from './client-hello.js';
import { addressOf } from './ip.js';
import { type Front, putBefore, turnsOf } from './listener.js';

const HANDSHAKE_MS = 10_000;

/** Who the client is is found out by whoever asks for it: a certificate that is asked for is taken as it comes, and none is needed. */
const RULES: TlsOptions = {
  minVersion: 'TLSv1.2',
  ALPNProtocols: ['http/1.1'],
  handshakeTimeout: HANDSHAKE_MS,
  rejectUnauthorized: false,
  // No authority is believed here, and those that Node brings need not be looked through for each certificate.
  ca: [],
  // Neither is a session taken up again, which brings no chain of certificates with it, nor another certificate shown within a connection.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
};

/** What a front has beside its certificate. */
export interface FrontParts {
  /** What names begin with at which clients are asked for a certificate; at all, and without a name, when it is absent. In lower case. */
  mtlsHostPrefix?: string | undefined;
  log: Log;
}

interface Handshake {
  socket: Socket;
  deadline: NodeJS.Timeout;
}

/**
 * TLS in front of an HTTP server: a connection over which hands were shaken is handed to that like any other. A signature of the server's
 * takes longer than most requests, so handshakes are begun at the pace of these.
 */
export class SecureFront implements Front {
  readonly listener: TcpServer;
  readonly #asking: TlsServer;
  /** Asks nobody for a certificate, so that no browser lets people choose one. */
  readonly #silent: TlsServer | undefined;
  /** By the addresses of the connection, which are all that it and what becomes of it have in common. */
  readonly #handshakes = new Map<string, Handshake>();

  constructor(
    private readonly server: Server,
    pair: KeyPair,
    private readonly parts: FrontParts,
  ) {
    this.#asking = this.#createTls(pair, { requestCert: true });
    this.#silent = parts.mtlsHostPrefix === undefined ? undefined : this.#createTls(pair, { requestCert: false });
    this.listener = createTcpServer({ noDelay: true }, (socket) => this.#await(socket));
    // From then on it looks after the times that its connections take.
    this.listener.on('listening', () => server.emit('listening'));
    putBefore(server, this);
  }

  /** Lets connections that begin from now on see another certificate. */
  renew(pair: KeyPair): void {
    for (const tls of [this.#asking, this.#silent]) tls?.setSecureContext({ ...RULES, ...contextOf(pair) });
  }

  closeUnfinished(): void {
    for (const { socket } of this.#handshakes.values()) socket.destroy();
  }

  #createTls(pair: KeyPair, asking: Pick<TlsOptions, 'requestCert'>): TlsServer {
    const tls = createTlsServer({ ...RULES, ...asking, ...contextOf(pair) });
    tls.on('secureConnection', (socket) => {
      this.#end(nameOf(socket));
      // As with a plain server, whoever has sent all may hear the answer; who breaks a handshake off hears nothing more.
      socket.allowHalfOpen = true;
      // What OpenSSL did not like of a chain would be taken for a fault of the connection, unless somebody reads it: Node forgets it then.
      if (asking.requestCert) socket.getPeerCertificate();
      this.server.emit('connection', socket);
    });
    tls.on('tlsClientError', ({ code }: NodeJS.ErrnoException) => this.parts.log.debug({ code }, 'a TLS handshake failed'));
    return tls;
  }

  /** Nothing is made for a connection before its first bytes are here, and the name with them that decides what is made. */
  #await(socket: Socket): void {
    const turns = turnsOf(this.server);
    turns.arrive();
    const name = nameOf(socket);
    let leave = () => {};
    socket.on('error', () => undefined);
    socket.once('close', () => {
      leave();
      if (this.#handshakes.get(name)?.socket === socket) this.#end(name);
    });
    this.#handshakes.set(name, { socket, deadline: setTimeout(() => socket.destroy(), HANDSHAKE_MS) });
    const begin = (tls: TlsServer) => {
      leave = turns.run(() => shakeHands(tls, socket), addressOf(socket.remoteAddress ?? '').network);
    };
    if (this.#silent) this.#readName(socket, begin, this.#silent);
    else socket.once('readable', () => begin(this.#asking));
  }

  /** Looks into what comes, and puts it back as soon as it is known by it who shakes hands. */
  #readName(socket: Socket, begin: (tls: TlsServer) => void, silent: TlsServer): void {
    const hello = new ClientHelloReader();
    const look = () => {
      const piece: Buffer | null = socket.read();
      if (!piece) return socket.destroy();
      const found = hello.add(piece);
      if (!found) return;
      socket.removeListener('readable', look);
      socket.unshift(hello.bytes);
      begin(this.#isAsked(found.serverName) ? this.#asking : silent);
    };
    socket.on('readable', look);
  }

  #isAsked(serverName = ''): boolean {
    return serverName.toLowerCase().startsWith(this.parts.mtlsHostPrefix as string);
  }

  #end(name: string): void {
    clearTimeout(this.#handshakes.get(name)?.deadline);
    this.#handshakes.delete(name);
  }
}

function shakeHands(tls: TlsServer, socket: Socket): void {
  if (socket.readableLength === 0) socket.destroy();
  else if (!socket.destroyed) tls.emit('connection', socket);
}

function contextOf({ certificate, key }: KeyPair): TlsOptions {
  return { cert: certificate, key };
}

function nameOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}

import { constants } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from 'node:tls';
import type { KeyPair } from '../key-pair.js';
import type { Log } from '../log.js';
import { addressOf } from './ip.js';
import { type Front, putBefore, turnsOf } from './listener.js';

const HANDSHAKE_MS = 10_000;

/** Who the client is is found out by whoever asks for it: a certificate is taken as it comes, and none is needed. */
const RULES: TlsOptions = {
  minVersion: 'TLSv1.2',
  ALPNProtocols: ['http/1.1'],
  handshakeTimeout: HANDSHAKE_MS,
  requestCert: true,
  rejectUnauthorized: false,
  // No authority is believed here, and those that Node brings need not be looked through for each certificate.
  ca: [],
  // Neither is a session taken up again, which brings no chain of certificates with it, nor another certificate shown within a connection.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
};

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
  readonly #tls: TlsServer;
  /** By the addresses of the connection, which are all that it and what becomes of it have in common. */
  readonly #handshakes = new Map<string, Handshake>();

  constructor(
    private readonly server: Server,
    pair: KeyPair,
    log: Log,
  ) {
    this.#tls = createTlsServer({ ...RULES, ...contextOf(pair) });
    this.#tls.on('secureConnection', (socket) => {
      this.#end(nameOf(socket));
      // As with a plain server, whoever has sent all may hear the answer; who breaks a handshake off hears nothing more.
      socket.allowHalfOpen = true;
      server.emit('connection', socket);
    });
    this.#tls.on('tlsClientError', ({ code }: NodeJS.ErrnoException) => log.debug({ code }, 'a TLS handshake failed'));
    this.listener = createTcpServer({ noDelay: true }, (socket) => this.#await(socket));
    // From then on it looks after the times that its connections take.
    this.listener.on('listening', () => server.emit('listening'));
    putBefore(server, this);
  }

  /** Lets connections that begin from now on see another certificate. */
  renew(pair: KeyPair): void {
    this.#tls.setSecureContext({ ...RULES, ...contextOf(pair) });
  }

  closeUnfinished(): void {
    for (const { socket } of this.#handshakes.values()) socket.destroy();
  }

  /** Nothing is made for a connection before its first bytes are here. */
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
    socket.once('readable', () => {
      leave = turns.run(() => this.#begin(socket), addressOf(socket.remoteAddress ?? '').network);
    });
  }

  #begin(socket: Socket): void {
    if (socket.readableLength === 0) socket.destroy();
    else if (!socket.destroyed) this.#tls.emit('connection', socket);
  }

  #end(name: string): void {
    clearTimeout(this.#handshakes.get(name)?.deadline);
    this.#handshakes.delete(name);
  }
}

function contextOf({ certificate, key }: KeyPair): TlsOptions {
  return { cert: certificate, key };
}

function nameOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}

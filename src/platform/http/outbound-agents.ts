import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent as HttpAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectOverTls } from 'node:tls';
import { nextSlice } from '../queues/slices.js';

/** The longest that a connection is there. */
export const TIMEOUT_MS = 5_000;
/** The most content of an answer. */
export const LARGEST_BYTES = 256 * 1024;
/** What comes over a connection beside the content: heads, those of answers that only inform, ends of chunks. */
const MOST_AROUND_BYTES = 32 * 1024;
/** What TLS says by itself. */
const MOST_OF_TLS_BYTES = 96 * 1024;
/** What a parser is given at a time: of chunks of one byte each some seven hundred, which take it a millisecond. */
const PIECE_BYTES = 4 * 1024;
const LOOK_MS = 20;

/** What an agent is told of a connection that it makes. */
type Wanted = TcpNetConnectOpts & ConnectionOptions;

/** Makes connections that are {@link bounded} and {@link Paced}. */
export class BoundedAgent extends HttpAgent {
  override createConnection(wanted: Wanted): Duplex {
    return new Paced(bounded(connect(wanted)));
  }
}

/**
 * TLS over a connection of its own, which counts what TLS keeps to itself as well, such as tickets without end. It begins when that is
 * there: as long as addresses are tried one after the other Node puts another handle into the same socket.
 */
export class BoundedTlsAgent extends TlsAgent {
  override createConnection(wanted: Wanted, done?: (error: Error | null, socket: Duplex) => void): undefined {
    const below = bounded(connect(wanted));
    const fail = (error: Error) => done?.(error, below);
    below.once('error', fail).once('connect', () => {
      const socket = connectOverTls({ ...wanted, socket: below });
      below.off('error', fail).once('error', (error) => socket.destroy(error));
      done?.(null, new Paced(socket));
    });
  }
}

/**
 * No parser bounds answers that only inform, and what stands behind the size of a chunk. Nobody ends a connection that is not there yet, and
 * each is for one request.
 */
function bounded(socket: Socket): Socket {
  const began = performance.now();
  const look = setInterval(() => {
    if (socket.bytesRead > LARGEST_BYTES + MOST_AROUND_BYTES + MOST_OF_TLS_BYTES) socket.destroy(new Error('the answer is too large'));
    if (performance.now() - began > TIMEOUT_MS) socket.destroy(new Error('the answer takes too long'));
  }, LOOK_MS);
  return socket.once('close', () => clearInterval(look));
}

/** Hands on what comes over a connection in small pieces, each in a turn of its own: a parser works through all that it is given, however little that says. */
export class Paced extends Duplex {
  /** How much of what was handed on was content. */
  content = 0;
  readonly #inContext = AsyncLocalStorage.snapshot();
  readonly #socket: Socket;
  #wanted = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    super();
    this.#socket = socket.on('error', (error) => this.destroy(error));
    this.#handOn().then(
      () => this.push(null),
      (error) => this.destroy(error),
    );
  }

  override _read(): void {
    this.#wanted.resolve();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, done);
  }

  /** It is for one request: who ends it has its answer. */
  override _final(done: () => void): void {
    this.destroy();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  async #handOn(): Promise<void> {
    let bytes = 0;
    for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
      for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
        await this.#inContext(nextSlice);
        const piece = chunk.subarray(start, start + PIECE_BYTES);
        bytes += piece.length;
        if (bytes - this.content > MOST_AROUND_BYTES) throw new Error('the answer is too large');
        this.#wanted = Promise.withResolvers<void>();
        if (!this.push(piece)) await this.#wanted.promise;
      }
    }
  }
}

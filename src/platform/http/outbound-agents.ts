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
/** What TLS says by itself: certificates, tickets, heads of records. */
const MOST_OF_TLS_BYTES = 32 * 1024;
/** What a parser is given at a time: of chunks of one byte each some seven hundred, which take it a millisecond. */
const PIECE_BYTES = 4 * 1024;

/** What an agent is told of a connection that it makes. */
type Wanted = TcpNetConnectOpts & ConnectionOptions;

/** What a connection is read from. */
const sources = new WeakMap<Duplex, Paced>();

/** Notes how much of what came over a connection of these agents was content. */
export function noteContent(connection: Duplex, bytes: number): void {
  const source = sources.get(connection);
  if (source) source.content = bytes;
}

/** Why a connection of these agents broke. TLS, and whoever speaks over it, may pass over that. */
export function faultOf(connection: Duplex): Error | null | undefined {
  return sources.get(connection)?.errored;
}

/** Makes connections that are {@link Paced}. */
export class BoundedAgent extends HttpAgent {
  override createConnection(wanted: Wanted): Duplex {
    const paced = new Paced(open(wanted), MOST_AROUND_BYTES);
    sources.set(paced, paced);
    return paced;
  }
}

/**
 * TLS over a connection that is {@link Paced}, so that what TLS keeps to itself is as well, such as tickets without end. It begins when that
 * is there: as long as addresses are tried one after the other Node puts another handle into the same socket.
 */
export class BoundedTlsAgent extends TlsAgent {
  override createConnection(wanted: Wanted, done?: (error: Error | null, socket: Duplex) => void): undefined {
    const below = open(wanted);
    const fail = (error: Error) => done?.(error, below);
    below.once('error', fail).once('connect', () => {
      below.off('error', fail);
      const paced = new Paced(below, MOST_AROUND_BYTES + MOST_OF_TLS_BYTES);
      const socket = connectOverTls({ ...wanted, socket: paced });
      paced.on('error', (error) => socket.destroy(error));
      sources.set(socket, paced);
      done?.(null, socket);
    });
  }
}

/** A connection that ends in time. Nobody else ends one that is not there yet. */
function open(wanted: Wanted): Socket {
  const connection = connect(wanted);
  const timer = setTimeout(() => connection.destroy(new Error('the answer takes too long')), TIMEOUT_MS);
  return connection.once('close', () => clearTimeout(timer));
}

/**
 * Hands on what comes over a connection in small pieces, each in a turn of its own: a parser works through all that it is given, however
 * little that says. What has come is handed on also when the connection broke since, and there is a bound to it. It is for one request.
 */
class Paced extends Duplex {
  /** How much of what was handed on was content. */
  content = 0;
  readonly #inContext = AsyncLocalStorage.snapshot();
  readonly #received: Buffer[] = [];
  #receivedBytes = 0;
  #end: { error?: Error } | undefined;
  /** Fulfilled when there is something to do. */
  #wake = Promise.withResolvers<void>();
  #isWanted = false;

  constructor(
    private readonly connection: Socket,
    private readonly mostAround: number,
  ) {
    super();
    connection
      .on('data', (chunk) => this.#receive(chunk))
      .once('end', () => this.#finish({}))
      .on('error', (error) => this.#finish({ error }))
      .once('close', () => this.#finish({}));
    void this.#handOn();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#wake.resolve();
  }

  /** What cannot be sent any more keeps nobody from what has come. */
  override _write(chunk: Buffer, encoding: BufferEncoding, done: () => void): void {
    if (this.connection.writable) this.connection.write(chunk, encoding, () => done());
    else done();
  }

  /** Who ends it has its answer. */
  override _final(done: () => void): void {
    this.destroy();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.connection.destroy();
    this.#wake.resolve();
    done(error);
  }

  #receive(chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > LARGEST_BYTES + this.mostAround) this.destroy(new Error('the answer is too large'));
    const last = this.#received.at(-1);
    // What waits is joined: a byte that comes by itself takes no turn of its own.
    const isLittle = last !== undefined && last.length + chunk.length <= PIECE_BYTES;
    const received = isLittle ? Buffer.concat([this.#received.pop() as Buffer, chunk]) : chunk;
    for (let start = 0; start < received.length; start += PIECE_BYTES) this.#received.push(received.subarray(start, start + PIECE_BYTES));
    this.#wake.resolve();
  }

  #finish(end: { error?: Error }): void {
    this.#end ??= end;
    this.#wake.resolve();
  }

  async #handOn(): Promise<void> {
    let bytes = 0;
    while (!this.destroyed) {
      if (this.#isWanted && this.#received.length > 0) {
        await this.#inContext(nextSlice);
        const piece = this.#received.shift() as Buffer;
        bytes += piece.length;
        if (bytes - this.content > this.mostAround) this.destroy(new Error('the answer is too large'));
        else this.#isWanted = this.push(piece);
      } else if (this.#end && this.#received.length === 0) {
        if (this.#end.error) this.destroy(this.#end.error);
        else this.push(null);
        return;
      } else {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers<void>();
      }
    }
  }
}

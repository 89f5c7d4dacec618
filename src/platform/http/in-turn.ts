import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { CompactRequest } from './body-pieces.js';
import { Pace } from './pace.js';

const END_OF_HEAD = '\r\n\r\n';
/** Of heads, and of content in chunks, each of which may have one byte. */
const MOST_UNKNOWN = 4 * 1024;

type Parse = (piece: Buffer) => void;

/** What is under way over a connection. */
class Line {
  #underWay = 0;
  /** The one that came last, until it has been answered: what comes may be its content. */
  #newest: CompactRequest | undefined;

  /** @param resting those for which what others have sent meanwhile is between two of their requests */
  constructor(
    private readonly socket: Socket,
    private readonly parse: Parse,
    private readonly resting: Set<Line>,
  ) {}

  add(request: CompactRequest): void {
    this.#underWay += 1;
    this.#newest = request;
  }

  end(request: CompactRequest): void {
    this.#underWay -= 1;
    if (this.#newest === request) this.#newest = undefined;
    if (this.socket.readableLength > 0) this.#goOn();
  }

  /** Has no more parsed of what came than one request. Node would make hundreds of what it reads at once, before anybody else is heard. */
  read(chunk: Buffer): void {
    // Node's own sign that it takes nothing for now: it asserts it.
    const { _paused: isFull } = this.socket as { _paused?: boolean };
    const end = this.resting.has(this) || isFull || this.#isBusy ? 0 : endOfPiece(chunk, this.#newest?.missing ?? 0);
    if (end > 0) this.parse(chunk.subarray(0, end));
    if (end === chunk.length || this.socket.destroyed) return;
    this.socket.pause();
    this.socket.unshift(chunk.subarray(end));
    if (end > 0 && !this.#isBusy) this.#goOn();
  }

  /** Whether there is one that has come as a whole. */
  get #isBusy(): boolean {
    return this.#underWay > (this.#newest?.complete === false ? 1 : 0);
  }

  #goOn(): void {
    this.resting.add(this);
    setImmediate(() => {
      this.resting.delete(this);
      this.socket.resume();
    });
  }
}

/** @param missing so much of it is content @returns of how much of it no more is made than one request */
function endOfPiece(chunk: Buffer, missing: number): number {
  const end = endOfHead(chunk, missing);
  // Whoever sends one at a time sends its content with it, as a rule.
  if (chunk.length - missing <= MOST_UNKNOWN && endOfHead(chunk, end) === Number.POSITIVE_INFINITY) return chunk.length;
  return missing || Math.min(end, MOST_UNKNOWN);
}

function endOfHead(chunk: Buffer, from: number): number {
  const start = chunk.indexOf(END_OF_HEAD, from);
  return start < 0 ? Number.POSITIVE_INFINITY : start + END_OF_HEAD.length;
}

/**
 * Answers the requests of a connection one after the other, however many have been sent in one piece, and begins those of all connections
 * at a pace. What a connection has sent besides stays as it came, and no more is read from it.
 */
export class Turns {
  readonly #lines = new WeakMap<Socket, Line>();
  readonly #resting = new Set<Line>();
  readonly #pace = new Pace();
  #handler: RequestListener = (_request, response) => response.writeHead(503).end();
  #networkOf: (request: IncomingMessage) => string = () => '';

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      const [parse] = socket.listeners('data') as [Parse];
      const line = new Line(socket, parse, this.#resting);
      this.#lines.set(socket, line);
      socket.removeListener('data', parse).on('data', (chunk: Buffer) => line.read(chunk));
    });
    server.on('request', (request, response) => this.#add(request, response, this.#handler));
    // Node would answer it at once.
    server.on('checkExpectation', (request, response) => this.#add(request, response, () => response.writeHead(417).end()));
  }

  /** Whether a connection is between two requests that have come: for Node it is idle. */
  get isBetween(): boolean {
    return this.#resting.size > 0;
  }

  /** Lets another answer from the next request on. @param networkOf tells from where a request comes */
  setHandler(handler: RequestListener, networkOf: (request: IncomingMessage) => string): void {
    this.#handler = handler;
    this.#networkOf = networkOf;
  }

  #add(request: IncomingMessage, response: ServerResponse, handler: RequestListener): void {
    const { socket } = request;
    const source = () => this.#networkOf(request);
    const ours = Object.assign(request as CompactRequest, { pace: this.#pace, source });
    const line = this.#lines.get(socket) as Line;
    line.add(ours);
    const begin = () => {
      if (!socket.destroyed) handler(request, response);
    };
    const leave = this.#pace.run(begin, { source });
    response.once('close', () => {
      // Nobody is there to be answered.
      leave();
      line.end(ours);
    });
  }
}

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { CompactRequest, StillToCome } from './body-pieces.js';
import { Forwarded } from './forwarded.js';
import { addressOf } from './ip.js';
import { Pace } from './pace.js';

const CARRIAGE_RETURN = 0x0d;
/** Other methods have no content, as a rule. */
const P_OF_POST = 0x50;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
/** Of a head. */
const MOST_OF_HEAD = 4 * 1024;
/** Of content that comes in the same piece: each byte of it may be a chunk. */
const MOST_WITH_HEAD = 512;
const NOTHING: StillToCome = { missing: 0 };
const NOWHERE = Number.POSITIVE_INFINITY;

/** What all connections share. */
interface Common {
  pace: Pace;
  /** Those whose turn it will be to have something parsed, without waiting for anything else. */
  waiting: Set<Line>;
}

/**
 * Stands between a connection and Node's parser. What waits here stays as it came, no more is read from the network meanwhile, and the
 * end is not seen before it.
 */
class Line {
  #underWay = 0;
  /** The one that came last, until it has come as a whole and was answered: what comes may be its content. */
  #newest: CompactRequest | undefined;
  #rest: Buffer | undefined;
  #isStopped = false;
  #isEnded = false;
  #leave: (() => void) | undefined;
  /** Whether the beginning of a request was parsed, or what nobody waits for any more. */
  #isBegun = false;
  /** Of a request that is under way it is known who has sent it to a proxy. */
  readonly #source = () => this.#newest?.source?.() ?? addressOf(this.socket.remoteAddress ?? '').network;

  constructor(
    private readonly socket: Socket,
    private readonly parse: (piece: Buffer) => void,
    private readonly common: Common,
  ) {}

  /** Whether something has come that was not parsed. */
  get holdsMore(): boolean {
    return this.#rest !== undefined;
  }

  get isIdle(): boolean {
    return this.#underWay === 0 && !this.#isBegun && !this.holdsMore;
  }

  add(request: CompactRequest): void {
    this.#isBegun = false;
    this.#underWay += 1;
    this.#newest = request;
  }

  end(request: CompactRequest): void {
    this.#underWay -= 1;
    request.isAnswered = true;
    this.#forget();
    this.goOn();
  }

  /** Takes what was read from the network. @returns whether more may be read */
  come(chunk: Buffer | null): boolean {
    this.#isEnded = chunk === null;
    if (chunk) this.#rest = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    else if (!this.holdsMore) return Socket.prototype.push.call(this.socket, null);
    this.goOn();
    this.#isStopped = this.holdsMore;
    return !this.holdsMore;
  }

  /** Nobody is there any more. */
  close(): void {
    this.#leave?.();
    this.common.waiting.delete(this);
    this.#rest = undefined;
  }

  /** Has something parsed in its turn, unless something else has to happen before. */
  goOn(): void {
    const { pace, waiting } = this.common;
    if (!this.holdsMore || this.#isBusy || this.socket.isPaused() || waiting.has(this)) return;
    waiting.add(this);
    const kind = this.#newest?.stillToCome.isRubbish ? 'rubbish' : 'light';
    this.#leave = pace.run(() => this.#take(), { source: this.#source, kind });
  }

  /** Whether there is one under way that has come as a whole. */
  get #isBusy(): boolean {
    const newest = this.#newest;
    return this.#underWay > (newest && !newest.complete && !newest.isAnswered ? 1 : 0);
  }

  #forget(): void {
    if (this.#newest?.complete && this.#newest.isAnswered) this.#newest = undefined;
  }

  /** Has no more parsed of what came than one request. Node would make hundreds of what it reads at once, before anybody else is heard. */
  #take(): void {
    const { socket, common } = this;
    common.waiting.delete(this);
    const chunk = this.#rest as Buffer;
    const end = endOfPiece(chunk, this.#newest?.stillToCome ?? NOTHING);
    const isAll = end === chunk.length;
    this.#rest = isAll ? undefined : chunk.subarray(end);
    // A line break before a request is none.
    if (this.#underWay === 0 && !this.#newest && chunk[0] !== CARRIAGE_RETURN) this.#isBegun = true;
    this.parse(isAll ? chunk : chunk.subarray(0, end));
    this.#forget();
    // Not at once, as a part of this turn.
    if (!isAll) process.nextTick(() => this.goOn());
    else if (this.#isEnded) {
      Socket.prototype.push.call(socket, null);
      socket.read(0);
    } else if (this.#isStopped && !socket.destroyed) Socket.prototype._read.call(socket, 0);
  }
}

/** @param content what is still to come of a request, as far as it was told @returns of how much no more is made than one request */
function endOfPiece(chunk: Buffer, content: StillToCome): number {
  if (content.missing > 0) return Math.min(content.missing, chunk.length);
  const most = content.mostInChunks ?? MOST_OF_HEAD;
  const near = chunk.length > most ? chunk.subarray(0, most) : chunk;
  const end = endOfHead(near, 0);
  // Whoever sends one at a time sends its content with it, as a rule.
  const isOne = near === chunk && (end >= chunk.length || (chunk[0] === P_OF_POST && chunk.length - end <= MOST_WITH_HEAD));
  return isOne && endOfHead(near, end) === NOWHERE ? chunk.length : Math.min(end, most);
}

function endOfHead(chunk: Buffer, from: number): number {
  const start = chunk.indexOf(END_OF_HEAD, from);
  return start < 0 ? NOWHERE : start + END_OF_HEAD.length;
}

/**
 * Answers the requests of a connection one after the other, however many have been sent in one piece, and begins those of all connections
 * at a pace. What a connection has sent besides stays as it came, and no more is read from it.
 */
export class Turns {
  readonly #lines = new WeakMap<Socket, Line>();
  readonly #common: Common = { pace: new Pace(), waiting: new Set() };
  #handler: RequestListener = (_request, response) => response.writeHead(503).end();
  #forwarded = new Forwarded({ trustProxy: 0 });

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      // Of one over TLS it was noted when it was taken.
      if (!(socket instanceof TLSSocket)) this.arrive();
      const [parse] = socket.listeners('data') as [(piece: Buffer) => void];
      const line = new Line(socket, parse, this.#common);
      this.#lines.set(socket, line);
      socket.push = (chunk) => line.come(chunk);
      socket.on('resume', () => line.goOn());
      socket.once('close', () => line.close());
      // Node's parser reads from the network by itself until somebody else listens.
      socket.on('data', () => undefined);
    });
    server.on('request', (request, response) => this.#add(request, response, this.#handler));
    // Node would answer it at once.
    server.on('checkExpectation', (request, response) => this.#add(request, response, () => response.writeHead(417).end()));
  }

  /** Notes that a connection was taken. */
  arrive(): void {
    this.#common.pace.arrive();
  }

  /** Begins something else in its turn. @param source from whom it comes @returns forgets it when it has not begun */
  run(work: () => void, source: string): () => void {
    return this.#common.pace.run(work, { source: () => source });
  }

  /** Whether nothing is under way over a connection, and nothing has come of what will be. */
  isIdle(socket: Socket): boolean {
    return this.#lines.get(socket)?.isIdle === true;
  }

  /** Whether more requests came over a connection than those that were begun. */
  holdsMore(socket: Socket): boolean {
    return this.#lines.get(socket)?.holdsMore === true;
  }

  /** Lets another answer from the next request on. @param forwarded tells from where a request comes */
  setHandler(handler: RequestListener, forwarded: Forwarded): void {
    this.#handler = handler;
    this.#forwarded = forwarded;
  }

  #add(request: IncomingMessage, response: ServerResponse, handler: RequestListener): void {
    const { socket } = request;
    const { pace } = this.#common;
    const forwarded = this.#forwarded;
    forwarded.normalise(request);
    const source = () => addressOf(forwarded.senderOf(request)).network;
    const ours = request as CompactRequest;
    ours.pace = pace;
    ours.source = source;
    const line = this.#lines.get(socket) as Line;
    line.add(ours);
    const begin = () => {
      if (!socket.destroyed) handler(request, response);
    };
    const leave = pace.run(begin, { source });
    response.once('close', () => {
      // Nobody is there to be answered.
      leave();
      line.end(ours);
    });
  }
}

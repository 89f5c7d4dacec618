import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { CompactRequest } from './body-pieces.js';
import { Pace } from './pace.js';

/** Browsers and libraries send one at a time. What is ready and not taken counts: each answer may be long. */
const MOST_IN_WORK = 4;
/** Over all connections. A piece that is read can have 2,500, each of which takes some 3 KB while it waits and 10 KB when it is in work. */
const MOST_UNDER_WAY = 10_000;

interface Line {
  inWork: number;
  waiting: (() => void)[];
  /** Of those that wait to be begun, at the pace of all. */
  places: Set<{ leave(): void }>;
  isClosed: boolean;
}

/**
 * Bounds how many requests of one connection are in work at once: without that, one that sends them without a pause, and takes no answer,
 * has thousands. Those that came already wait, and no more is read from the connection until they have begun. With too many over all
 * connections one is closed that has several, which nobody needs: the one that has had them for the longest time.
 * @param networkOf tells from where a request comes
 */
export function inTurn(handler: RequestListener, networkOf: (request: IncomingMessage) => string): RequestListener {
  const lines = new WeakMap<Socket, Line>();
  const pace = new Pace();
  const withSeveral = new Set<Socket>();
  let underWay = 0;

  function newLine(socket: Socket): Line {
    const line: Line = { inWork: 0, waiting: [], places: new Set(), isClosed: false };
    lines.set(socket, line);
    socket.once('close', () => close(socket, line));
    return line;
  }

  /** Nobody is there to be answered. */
  function close(socket: Socket, line: Line): void {
    underWay -= line.isClosed ? 0 : countOf(line);
    line.isClosed = true;
    line.waiting.length = 0;
    for (const place of line.places) place.leave();
    line.places.clear();
    withSeveral.delete(socket);
  }

  function end(socket: Socket, line: Line): void {
    if (line.isClosed) return;
    line.inWork -= 1;
    underWay -= 1;
    if (countOf(line) < 2) withSeveral.delete(socket);
    const begin = line.waiting.shift();
    if (!begin) return;
    line.inWork += 1;
    // Not at once: what others have sent meanwhile is between.
    setImmediate(() => {
      begin();
      // The content of the last one may still have to be read.
      if (line.waiting.length === 0) socket.resume();
    });
  }

  function closeOne(): void {
    for (const socket of withSeveral) {
      close(socket, lines.get(socket) as Line);
      socket.destroy();
      return;
    }
  }

  return (request, response) => {
    const { socket } = request;
    const source = () => networkOf(request);
    Object.assign(request as CompactRequest, { pace, source });
    const line = lines.get(socket) ?? newLine(socket);
    const begin = () => {
      response.once('close', () => end(socket, line));
      const place = { leave: (): void => undefined };
      line.places.add(place);
      place.leave = pace.run(
        () => {
          line.places.delete(place);
          if (!socket.destroyed) handler(request, response);
        },
        { source },
      );
    };
    if (countOf(line) > 0) withSeveral.add(socket);
    if (underWay >= MOST_UNDER_WAY) closeOne();
    if (line.isClosed) return;
    underWay += 1;
    if (line.inWork < MOST_IN_WORK) {
      line.inWork += 1;
      begin();
    } else {
      line.waiting.push(begin);
      // When the piece that came has been parsed: with the end of each request in it Node goes on reading.
      process.nextTick(() => line.waiting.length > 0 && socket.pause());
    }
  };
}

function countOf({ inWork, waiting }: Line): number {
  return inWork + waiting.length;
}

import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { CompactRequest } from './body-pieces.js';
import { HeavyBodies } from './heavy-bodies.js';
import { Pace } from './pace.js';

/** Browsers and libraries send one at a time. What is ready and not taken counts: each answer may be long. */
const MOST_IN_WORK = 4;
/** Over all connections. A piece that is read can have 2,500, and each of them takes some 3 KB. */
const MOST_WAITING = 10_000;

interface Line {
  inWork: number;
  waiting: (() => void)[];
}

/**
 * Bounds how many requests of one connection are in work at once: without that, one that sends them without a pause, and takes no answer,
 * has thousands. Those that came already wait, and no more is read from the connection until they have begun. With too many of those a
 * connection is closed.
 */
export function inTurn(handler: RequestListener): RequestListener {
  const lines = new WeakMap<Socket, Line>();
  const [pace, heavy] = [new Pace(), new HeavyBodies()];
  let waiting = 0;

  function newLine(socket: Socket): Line {
    const line: Line = { inWork: 0, waiting: [] };
    lines.set(socket, line);
    // Nobody is there to be answered.
    socket.once('close', () => {
      waiting -= line.waiting.splice(0).length;
      heavy.release(socket);
    });
    return line;
  }

  function end(socket: Socket, line: Line): void {
    line.inWork -= 1;
    const begin = line.waiting.shift();
    if (!begin) return;
    waiting -= 1;
    line.inWork += 1;
    // Not at once: what others have sent meanwhile is between.
    setImmediate(() => {
      begin();
      // The content of the last one may still have to be read.
      if (line.waiting.length === 0) socket.resume();
    });
  }

  return (request, response) => {
    const { socket } = request;
    const compact = request as CompactRequest;
    compact.shared = { pace, heavy };
    const line = lines.get(socket) ?? newLine(socket);
    const begin = () => {
      response.once('close', () => {
        compact.forget();
        end(socket, line);
      });
      pace.run(() => {
        compact.hasBegun = true;
        if (!socket.destroyed) handler(request, response);
      });
    };
    if (line.inWork < MOST_IN_WORK) {
      line.inWork += 1;
      begin();
    } else if (waiting < MOST_WAITING) {
      waiting += 1;
      line.waiting.push(begin);
      // When the piece that came has been parsed: with the end of each request in it Node goes on reading.
      process.nextTick(() => line.waiting.length > 0 && socket.pause());
    } else {
      socket.destroy();
    }
  };
}

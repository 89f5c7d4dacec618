import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** More than a pipeline of any client has; a browser sends one at a time. */
const MOST_IN_WORK = 16;

interface Line {
  inWork: number;
  waiting: (() => void)[];
}

/**
 * Bounds how many requests of one connection are in work at once: without that, one that sends them without a pause, and takes no answer,
 * has thousands. Those that came already wait, and no more is read from the connection until they have begun.
 */
export function inTurn(handler: RequestListener): RequestListener {
  const lines = new WeakMap<Socket, Line>();
  return (request, response) => {
    const { socket } = request;
    const line = lines.get(socket) ?? newLine(lines, socket);
    const begin = () => {
      response.once('close', () => end(socket, line));
      handler(request, response);
    };
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

function newLine(lines: WeakMap<Socket, Line>, socket: Socket): Line {
  const line = { inWork: 0, waiting: [] };
  lines.set(socket, line);
  return line;
}

function end(socket: Socket, line: Line): void {
  line.inWork -= 1;
  // Nobody is there to be answered.
  if (socket.destroyed) line.waiting.length = 0;
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

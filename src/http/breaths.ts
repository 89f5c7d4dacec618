import type { IncomingMessage, RequestListener } from 'node:http';
import { breathe } from '../platform/breath.js';

/**
 * Begins requests that take long one after the other: what many sent at the same moment would otherwise be worked on to its end before
 * anybody else is heard. Hosts take turns, so that one tenant's do not come before all of another's.
 */
export function withBreaths(handler: RequestListener, takesLong: (request: IncomingMessage) => boolean): RequestListener {
  const waiting = new Map<string, (() => void)[]>();
  let isBreathing = false;

  function next(): (() => void) | undefined {
    const [host, line] = waiting.entries().next().value ?? [];
    if (host === undefined || !line) return undefined;
    waiting.delete(host);
    const first = line.shift();
    if (line.length > 0) waiting.set(host, line);
    return first;
  }

  function start(begin: () => void): void {
    isBreathing = true;
    void breathe().then(() => {
      isBreathing = false;
      const following = next();
      if (following) start(following);
    });
    begin();
  }

  return (request, response) => {
    if (!takesLong(request)) return handler(request, response);
    const begin = () => {
      // Otherwise nobody is there to be answered.
      if (!request.socket.destroyed) handler(request, response);
    };
    if (!isBreathing) return start(begin);
    const host = request.headers.host ?? '';
    const line = waiting.get(host);
    if (line) line.push(begin);
    else waiting.set(host, [begin]);
  };
}

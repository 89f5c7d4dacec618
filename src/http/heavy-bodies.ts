import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Over all connections. What becomes of them takes several times as much. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Bounds what large bodies take together until they are answered: any number of connections may send one, and be slow with its end. */
export class HeavyBodies {
  /** Of each request, by its connection; first those that began first. */
  readonly #held = new Map<Socket, Map<IncomingMessage, number>>();
  #bytes = 0;

  /** Counts more of a body. With too many the connection is closed that has been sending one for the longest time. */
  hold(request: IncomingMessage, bytes: number): void {
    const { socket } = request;
    if (socket.destroyed) return;
    const ofSocket = this.#held.get(socket) ?? new Map<IncomingMessage, number>();
    this.#held.set(socket, ofSocket);
    ofSocket.set(request, (ofSocket.get(request) ?? 0) + bytes);
    this.#bytes += bytes;
    if (this.#bytes > MOST_BYTES) this.#longestSending()?.destroy();
  }

  /** Forgets a body that was answered, or all of a connection that was closed. */
  release(socket: Socket, request?: IncomingMessage): void {
    const ofSocket = this.#held.get(socket);
    if (!ofSocket) return;
    for (const [held, bytes] of ofSocket) {
      if (request !== undefined && held !== request) continue;
      ofSocket.delete(held);
      this.#bytes -= bytes;
    }
    if (ofSocket.size === 0) this.#held.delete(socket);
  }

  #longestSending(): Socket | undefined {
    for (const [socket, requests] of this.#held)
      for (const { complete } of requests.keys()) if (!complete && !socket.destroyed) return socket;
    return undefined;
  }
}

import type { Socket } from 'node:net';

/** Over all connections. What becomes of them takes several times as much. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Where all of these are being worked on, which nobody breaks off. */
const MOST_IN_WORK_BYTES = 2 * MOST_BYTES;

/** A request that has a large body. */
export interface Sender {
  readonly socket: Socket;
  /** Whether all of it has come and is worked on. */
  readonly isInWork: boolean;
}

/** Bounds what large bodies take together until they are answered: any number of connections may send one, and be slow with its end. */
export class HeavyBodies {
  /** Of each request, by its connection; first those that began first. */
  readonly #held = new Map<Socket, Map<Sender, number>>();
  #bytes = 0;

  /** Counts more of a body. With too many the connection is closed that has been sending one, or keeps one waiting, for the longest time. */
  hold(request: Sender, bytes: number): void {
    const { socket } = request;
    if (socket.destroyed) return;
    const ofSocket = this.#held.get(socket) ?? new Map<Sender, number>();
    this.#held.set(socket, ofSocket);
    ofSocket.set(request, (ofSocket.get(request) ?? 0) + bytes);
    this.#bytes += bytes;
    if (this.#bytes <= MOST_BYTES) return;
    const other = this.#longestIdle(socket);
    if (other) other.destroy();
    else if (this.#bytes > MOST_IN_WORK_BYTES) socket.destroy();
  }

  /** Forgets a body that was answered, or all of a connection that was closed. */
  release(socket: Socket, request?: Sender): void {
    const ofSocket = this.#held.get(socket);
    if (!ofSocket) return;
    for (const [held, bytes] of ofSocket) {
      if (request !== undefined && held !== request) continue;
      ofSocket.delete(held);
      this.#bytes -= bytes;
    }
    if (ofSocket.size === 0) this.#held.delete(socket);
  }

  #longestIdle(except: Socket): Socket | undefined {
    for (const [socket, requests] of this.#held) {
      if (socket === except || socket.destroyed) continue;
      for (const { isInWork } of requests.keys()) if (!isInWork) return socket;
    }
    return undefined;
  }
}

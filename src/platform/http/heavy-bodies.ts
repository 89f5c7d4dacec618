import type { Socket } from 'node:net';

/** Over all connections. What becomes of them takes several times as much. */
const MOST_BYTES = 32 * 1024 * 1024;
/** What comes in one piece comes although there is no room. */
const MOST_BYTES_AT_ALL = 2 * MOST_BYTES;
const PIECE_BYTES = 64 * 1024;
/** Whoever takes longer to send one, or lets it wait behind answers that they do not take, makes room for others. */
const IDLE_AFTER_MS = 2_000;
const LOOK_MS = 250;
/** Of those who wait so many go on at each look, room or not: some of what they have sent is kept already, and some have gone unseen. */
const LEAST_AT_A_LOOK = 64;

/** A request that has a large body. */
export interface Sender {
  readonly socket: Socket;
  /** Whether all of it has come. */
  readonly complete: boolean;
  /** Whether all of it has come and is worked on. */
  readonly isInWork: boolean;
  /** Takes more of it again. */
  goOn(): void;
}

interface Held {
  bytes: number;
  since: number;
}

/**
 * Bounds what large bodies take together until they are answered: any number of connections may send one, and be slow with its end. Where
 * there is no room whoever sends one waits, in the order in which they came.
 */
export class HeavyBodies {
  /** Of each request, by its connection; first those that began first. */
  readonly #held = new Map<Socket, Map<Sender, Held>>();
  readonly #waiting = new Set<Sender>();
  #bytes = 0;
  #look: NodeJS.Timeout | undefined;

  /** Counts more of a body. @returns whether there is room for more; otherwise it goes on later */
  hold(sender: Sender, bytes: number): boolean {
    const { socket } = sender;
    if (socket.destroyed) return true;
    const ofSocket = this.#held.get(socket) ?? new Map<Sender, Held>();
    this.#held.set(socket, ofSocket);
    const held = ofSocket.get(sender) ?? { bytes: 0, since: performance.now() };
    ofSocket.set(sender, held);
    held.bytes += bytes;
    this.#bytes += bytes;
    if (this.#bytes <= MOST_BYTES) return true;
    this.#waiting.add(sender);
    if (this.#bytes > MOST_BYTES_AT_ALL) this.#close(this.#firstIdle() ?? this.#firstLate() ?? socket);
    // What was closed may have made room.
    if (!this.#waiting.has(sender)) return true;
    this.#look ??= setInterval(() => this.#makeRoom(), LOOK_MS).unref();
    return false;
  }

  /** Forgets a body that was answered, or all of a connection that was closed. */
  release(socket: Socket, sender?: Sender): void {
    const ofSocket = this.#held.get(socket);
    if (!ofSocket) return;
    for (const [one, { bytes }] of ofSocket) {
      if (sender !== undefined && one !== sender) continue;
      ofSocket.delete(one);
      this.#waiting.delete(one);
      this.#bytes -= bytes;
    }
    if (ofSocket.size === 0) this.#held.delete(socket);
    this.#letOn();
  }

  #letOn(least = 0): void {
    let room = Math.max(MOST_BYTES - this.#bytes, least);
    for (const sender of this.#waiting) {
      if (room <= 0) return;
      room -= PIECE_BYTES;
      this.#waiting.delete(sender);
      const held = this.#held.get(sender.socket)?.get(sender);
      if (held) held.since = performance.now();
      sender.goOn();
    }
    if (this.#bytes > MOST_BYTES) return;
    clearInterval(this.#look);
    this.#look = undefined;
  }

  /** Connections go that have been idle for the longest time; those who wait here are not. */
  #makeRoom(): void {
    const before = performance.now() - IDLE_AFTER_MS;
    let idle = this.#firstIdle(before);
    while (idle && this.#bytes > MOST_BYTES) {
      this.#close(idle);
      idle = this.#firstIdle(before);
    }
    this.#letOn(LEAST_AT_A_LOOK * PIECE_BYTES);
  }

  #close(socket: Socket): void {
    this.release(socket);
    socket.destroy();
  }

  /** Who has waited for long. */
  #firstLate(): Socket | undefined {
    const [sender] = this.#waiting;
    const since = sender && this.#held.get(sender.socket)?.get(sender)?.since;
    return since !== undefined && since < performance.now() - IDLE_AFTER_MS ? sender?.socket : undefined;
  }

  #firstIdle(before = Number.POSITIVE_INFINITY): Socket | undefined {
    for (const [socket, senders] of this.#held) {
      for (const [sender, { since }] of senders) {
        const isKept = sender.isInWork || (!sender.complete && this.#waiting.has(sender));
        if (since < before && !isKept && !socket.destroyed) return socket;
      }
    }
    return undefined;
  }
}

import { IncomingMessage } from 'node:http';
import type { Pace } from './pace.js';

/** Whoever sends no rubbish sends a body in a few pieces: those are handed on as they come. */
const AS_THEY_COME = 16;
const PIECE_BYTES = 4 * 1024;
/** Nobody but whoever sends rubbish sends so much, as a rule; reading it may take milliseconds. */
const HEAVY_BYTES = 8 * 1024;

/**
 * A request whose body is kept in few pieces, however many chunks it is sent in: a chunk of one byte that is kept by itself takes some hundred.
 * Nobody here reads a body before it has come as a whole, so nobody waits for what is put together. That it has come they hear at the
 * pace at which requests begin: the last bytes of hundreds may come at the same moment.
 */
export class CompactRequest extends IncomingMessage {
  /** At which what comes after the body begins; at once when there is none. */
  pace: Pace | undefined;
  /** Tells from whom it comes. */
  source: (() => string) | undefined;
  #count = 0;
  #bytes = 0;
  #leave: (() => void) | undefined;
  #piece: Buffer | undefined;
  #filled = 0;

  /** So many bytes of the content are still to come, as far as it was told; 0 where chunks tell it. */
  get missing(): number {
    return this.complete ? 0 : Math.max(Number(this.headers['content-length'] ?? 0) - this.#bytes, 0);
  }

  /** Nobody waits with what has come over a connection that has closed. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#leave?.();
    super._destroy(error, callback);
  }

  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (chunk === null) {
      this.#handOn();
      if (this.#count === 0 || !this.pace) return super.push(null);
      this.#leave = this.pace.run(() => super.push(null), {
        isHeavy: this.#bytes > HEAVY_BYTES,
        ...(this.source && { source: this.source }),
      });
      return false;
    }
    this.#count += 1;
    this.#bytes += chunk.length;
    if (this.#count <= AS_THEY_COME) return super.push(chunk, encoding);
    let hasRoom = true;
    if (this.#filled + chunk.length > PIECE_BYTES) hasRoom = this.#handOn();
    if (chunk.length >= PIECE_BYTES) return super.push(chunk, encoding);
    this.#piece ??= Buffer.allocUnsafeSlow(PIECE_BYTES);
    this.#filled += chunk.copy(this.#piece, this.#filled);
    return hasRoom;
  }

  /** @returns whether more is wanted */
  #handOn(): boolean {
    const piece = this.#piece?.subarray(0, this.#filled);
    this.#piece = undefined;
    this.#filled = 0;
    return piece === undefined || super.push(piece);
  }
}

import { IncomingMessage } from 'node:http';
import type { Kind, Pace } from './pace.js';

/** Whoever sends no rubbish sends a body in a few pieces: those are handed on as they come. */
const AS_THEY_COME = 16;
const PIECE_BYTES = 4 * 1024;
/** Nobody but whoever sends rubbish sends so much, as a rule; reading it may take milliseconds. */
const HEAVY_BYTES = 8 * 1024;

/** What no caller's chunks are smaller than on an average, as a rule. */
const SMALL_CHUNK = 64;
/** Of chunks of one byte each takes some microseconds. */
const FEW_BYTES = 512;

/** What has not come of the content of a request. */
export interface StillToCome {
  /** So many bytes, as far as it was told. */
  missing: number;
  /** Where it comes in chunks, or nobody knows: so many bytes of it are parsed in one go. */
  mostInChunks?: number;
  /** Whether it does not look like what a caller sends. */
  isRubbish?: boolean;
}

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
  isAnswered = false;
  #count = 0;
  #bytes = 0;
  #leave: (() => void) | undefined;
  #piece: Buffer | undefined;
  #filled = 0;

  get stillToCome(): StillToCome {
    if (this.complete) return { missing: 0 };
    // Node hands on no more of it, and nobody counts it.
    if (this.isAnswered) return { missing: 0, mostInChunks: FEW_BYTES, isRubbish: true };
    const missing = Number(this.headers['content-length'] ?? 0) - this.#bytes;
    if (missing > 0) return { missing };
    const isRubbish = this.#count > AS_THEY_COME && this.#bytes < this.#count * SMALL_CHUNK;
    return { missing: 0, mostInChunks: isRubbish || this.#count === 0 ? FEW_BYTES : PIECE_BYTES, isRubbish };
  }

  /**
   * Nobody waits with what has come over a connection that has closed. Whoever reads it hears of that at the pace of all else: thousands
   * may break off at the same moment, and each is noted.
   */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#leave?.();
    const end = () => super._destroy(error, callback);
    if (this.complete) end();
    else this.#inTurn(end, 'rubbish');
  }

  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (chunk === null) {
      this.#handOn();
      if (this.#count === 0 || !this.pace) return super.push(null);
      this.#leave = this.#inTurn(() => super.push(null), this.#bytes > HEAVY_BYTES ? 'heavy' : 'light');
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

  #inTurn(work: () => void, kind: Kind): (() => void) | undefined {
    if (this.pace) return this.pace.run(work, { kind, ...(this.source && { source: this.source }) });
    work();
    return undefined;
  }

  /** @returns whether more is wanted */
  #handOn(): boolean {
    const piece = this.#piece?.subarray(0, this.#filled);
    this.#piece = undefined;
    this.#filled = 0;
    return piece === undefined || super.push(piece);
  }
}

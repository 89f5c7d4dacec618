import { write, writeSync } from 'node:fs';

/** How much waits for a disk that is full or a reader that stands still; what comes after that is lost. */
const MOST_WAITING_BYTES = 1_048_576;
/** So much is waited for, and so long: a write for each line would take as much time as making the line. */
const ENOUGH_BYTES = 3072;
const LONGEST_WAIT_MS = 100;
const AGAIN_MS = 1_000;
const PAUSE_MS = 10;
const MOST_PAUSES = 100;

/** How lines are written, and who is told when they cannot be. */
export interface WriterOptions {
  /** The most that is written in one piece, in bytes; a longer line is one. */
  pieceBytes: number;
  /** Called once when nothing can be written any more. */
  onBroken(error: NodeJS.ErrnoException): void;
  /** Called when it can be again. @param lost how many lines could not wait */
  onMended(lost: number): void;
}

/**
 * Writes lines to a file descriptor, within a tenth of a second and whole. A disk that is full, or a reader that has gone, ends nothing and
 * holds up nobody: it is tried again, and what is too much to wait is left out.
 */
export class LineWriter {
  readonly #waiting: { text: string; bytes: number }[] = [];
  /** What is left of the piece that is written now. */
  #current: Buffer | undefined;
  #bytes = 0;
  #lost = 0;
  #isWriting = false;
  #isBroken = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly fd: number,
    private readonly options: WriterOptions,
  ) {
    process.once('exit', () => this.#finish());
  }

  /** @param line with its end */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > MOST_WAITING_BYTES) {
      this.#lost += 1;
      return;
    }
    this.#bytes += bytes;
    const last = this.#waiting.at(-1);
    if (last && last.bytes + bytes <= this.options.pieceBytes) {
      last.text += line;
      last.bytes += bytes;
    } else this.#waiting.push({ text: line, bytes });
    if (this.#bytes >= ENOUGH_BYTES && !this.#isBroken) this.#begin();
    else this.#beginIn(LONGEST_WAIT_MS);
  }

  #beginIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#begin();
    }, ms).unref();
  }

  #begin(): void {
    if (this.#isWriting || !this.#take()) return;
    this.#isWriting = true;
    write(this.fd, this.#current as Buffer, (error, written) => {
      this.#isWriting = false;
      if (error) this.#fail(error);
      else {
        this.#wrote(written);
        this.#begin();
      }
    });
  }

  /** @returns whether there is anything to write */
  #take(): boolean {
    this.#current ??= this.#waiting.length > 0 ? Buffer.from(this.#waiting.shift()?.text as string) : undefined;
    return this.#current !== undefined;
  }

  #wrote(written: number): void {
    this.#bytes -= written;
    const rest = this.#current?.subarray(written);
    this.#current = rest?.length ? rest : undefined;
    if (!this.#isBroken) return;
    this.#isBroken = false;
    const lost = this.#lost;
    this.#lost = 0;
    this.options.onMended(lost);
  }

  #fail(error: NodeJS.ErrnoException): void {
    const isPassing = error.code === 'EAGAIN';
    this.#beginIn(isPassing ? PAUSE_MS : AGAIN_MS);
    if (isPassing || this.#isBroken) return;
    this.#isBroken = true;
    this.options.onBroken(error);
  }

  /** Writes what is left before the process ends, unless that takes over a second or cannot be. What is being written is on its way. */
  #finish(): void {
    if (this.#isWriting) this.#current = undefined;
    for (let pauses = 0; pauses < MOST_PAUSES && this.#take(); ) {
      try {
        this.#wrote(writeSync(this.fd, this.#current as Buffer));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        pauses += 1;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      }
    }
  }
}

/** What TLS calls things. @see https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2 */
const HANDSHAKE_RECORD = 22;
const MAJOR_VERSION = 3;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;

const RECORD_HEAD_BYTES = 5;
const MESSAGE_HEAD_BYTES = 4;
const LARGEST_RECORD = 16 * 1024;
/** Of all that has come. Hellos have two kilobytes, or four with more than one key that no quantum computer finds. */
const MOST_BYTES = 32 * 1024;

/** What a client asks for before hands are shaken. */
export interface ClientHello {
  /** As the client wrote it; undefined where it names none, or what came is no hello that can be read. */
  serverName: string | undefined;
}

/**
 * Reads which host the client of a TLS connection wants, from the first bytes of that, in however many pieces and records they come. What
 * cannot be read names no host: whoever shakes hands refuses it. What is encrypted of a hello stays so, and the name beside it counts.
 * @see https://www.rfc-editor.org/rfc/rfc6066#section-3
 */
export class ClientHelloReader {
  readonly #pieces: Buffer[] = [];
  #length = 0;
  /** What has come of the record that is not whole yet. */
  #rest: Buffer[] = [];
  #restLength = 0;
  /** From how many bytes on that is looked at again. */
  #needed = RECORD_HEAD_BYTES;
  #message = Buffer.alloc(0);

  /** All that has come. */
  get bytes(): Buffer {
    return Buffer.concat(this.#pieces, this.#length);
  }

  /** @returns undefined while more has to come */
  add(piece: Buffer): ClientHello | undefined {
    this.#pieces.push(piece);
    this.#length += piece.length;
    this.#rest.push(piece);
    this.#restLength += piece.length;
    const isBroken = this.#restLength >= this.#needed && !this.#readRecords();
    // Something else may follow a hello that is whole: data that a client sends before it is answered.
    return this.#readMessage() ?? (isBroken || this.#length > MOST_BYTES ? { serverName: undefined } : undefined);
  }

  /** @returns whether they are what a hello can be in */
  #readRecords(): boolean {
    let rest = Buffer.concat(this.#rest, this.#restLength);
    this.#needed = RECORD_HEAD_BYTES;
    while (rest.length >= RECORD_HEAD_BYTES) {
      const length = rest.readUInt16BE(3);
      if (rest[0] !== HANDSHAKE_RECORD || rest[1] !== MAJOR_VERSION || length === 0 || length > LARGEST_RECORD) return false;
      const end = RECORD_HEAD_BYTES + length;
      if (rest.length < end) {
        this.#needed = end;
        break;
      }
      this.#message = Buffer.concat([this.#message, rest.subarray(RECORD_HEAD_BYTES, end)]);
      rest = rest.subarray(end);
    }
    this.#rest = [rest];
    this.#restLength = rest.length;
    return true;
  }

  #readMessage(): ClientHello | undefined {
    const message = this.#message;
    if (message.length === 0) return undefined;
    if (message[0] !== CLIENT_HELLO) return { serverName: undefined };
    if (message.length < MESSAGE_HEAD_BYTES) return undefined;
    const end = MESSAGE_HEAD_BYTES + message.readUIntBE(1, 3);
    if (end > MOST_BYTES) return { serverName: undefined };
    return message.length < end ? undefined : { serverName: serverNameIn(message.subarray(MESSAGE_HEAD_BYTES, end)) };
  }
}

/** @returns undefined where there is none, or one past the end of what holds it */
function serverNameIn(hello: Buffer): string | undefined {
  try {
    const fields = new Fields(hello);
    fields.take(2 + 32);
    for (const size of [1, 2, 1]) fields.vector(size);
    const extensions = new Fields(fields.vector(2));
    while (!extensions.isEmpty) {
      const type = extensions.number(2);
      const content = extensions.vector(2);
      if (type === SERVER_NAME) return hostNameIn(new Fields(content).vector(2));
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** There is one of each kind at most, and no kind but one. */
function hostNameIn(list: Buffer): string | undefined {
  const names = new Fields(list);
  return names.number(1) === HOST_NAME ? names.vector(2).toString('latin1') : undefined;
}

/** Fields of a message, one after the other. */
class Fields {
  constructor(private rest: Buffer) {}

  get isEmpty(): boolean {
    return this.rest.length === 0;
  }

  /** @throws {RangeError} where there is less */
  take(length: number): Buffer {
    if (length > this.rest.length) throw new RangeError('a field ends past the message');
    const taken = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return taken;
  }

  number(size: number): number {
    return this.take(size).readUIntBE(0, size);
  }

  /** What has its length before it. */
  vector(size: number): Buffer {
    return this.take(this.number(size));
  }
}

/** What is no DER, or not the structure that it should be. The message says what, and repeats nothing of what was read. */
export class MalformedDer extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedDer';
  }
}

/** One value with what says its type and length. */
export interface Element {
  tag: number;
  /** All of it. */
  bytes: Buffer;
  /** Without tag and length. */
  content: Buffer;
}

/** The universal tags that a certificate has. @see https://www.itu.int/rec/T-REC-X.680 */
export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13,
  TELETEX_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  UNIVERSAL_STRING: 0x1c,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

const HIGH_TAG = 0x1f;
/** A length of more octets would be of more than any certificate has. */
const MOST_LENGTH_OCTETS = 3;

/** A tag of a structure's own. @param isConstructed whether it holds elements, and not a plain value */
export function contextTag(number: number, isConstructed = false): number {
  return 0x80 | number | (isConstructed ? 0x20 : 0);
}

/**
 * Reads elements one after the other, each in the only form that DER allows: of a definite length, written as briefly as can be. Nothing is
 * opened that nobody asks for, so that depth costs nothing and the work is linear in the length. BER would let two readers see two certificates.
 * @see https://www.itu.int/rec/T-REC-X.690
 */
export class DerReader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  /** @throws {MalformedDer} where there is none, or one of another tag */
  next(tag?: number): Element {
    const found = this.bytes[this.#at];
    if (found === undefined) throw new MalformedDer('something is missing');
    if ((found & HIGH_TAG) === HIGH_TAG) throw new MalformedDer('a tag is of a kind that no certificate has');
    if (tag !== undefined && found !== tag) throw new MalformedDer('something is of another type than it should be');
    const { start, length } = this.#length(this.#at + 1);
    const end = start + length;
    if (end > this.bytes.length) throw new MalformedDer('a value is cut off');
    const element = { tag: found, bytes: this.bytes.subarray(this.#at, end), content: this.bytes.subarray(start, end) };
    this.#at = end;
    return element;
  }

  /** The next element where it has such a tag. */
  optional(tag: number): Element | undefined {
    return this.bytes[this.#at] === tag ? this.next(tag) : undefined;
  }

  /** @throws {MalformedDer} where something is left */
  end(): void {
    if (!this.isAtEnd) throw new MalformedDer('there is more than there should be');
  }

  #length(at: number): { start: number; length: number } {
    const first = this.bytes[at];
    if (first === undefined) throw new MalformedDer('a value is cut off');
    if (first < 0x80) return { start: at + 1, length: first };
    const octets = first & 0x7f;
    if (octets === 0 || octets > MOST_LENGTH_OCTETS || at + octets >= this.bytes.length)
      throw new MalformedDer('a length is none that DER has');
    const length = this.bytes.readUIntBE(at + 1, octets);
    if (length < (octets === 1 ? 0x80 : 2 ** (8 * (octets - 1)))) throw new MalformedDer('a length is longer than it has to be');
    return { start: at + 1 + octets, length };
  }
}

/** The one element that some bytes are. @throws {MalformedDer} */
export function readElement(bytes: Buffer, tag?: number): Element {
  const reader = new DerReader(bytes);
  const element = reader.next(tag);
  reader.end();
  return element;
}

/** The elements that some bytes are, one after the other. @throws {MalformedDer} */
export function readElements(bytes: Buffer, tag?: number): Element[] {
  const reader = new DerReader(bytes);
  const elements: Element[] = [];
  while (!reader.isAtEnd) elements.push(reader.next(tag));
  return elements;
}

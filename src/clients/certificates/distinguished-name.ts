import { DerReader, type Element, MalformedDer, readElements, Tag } from './der.js';
import { oidOf, readSequence } from './der-values.js';

/** One thing that a name says, such as that the country is DE. */
export interface Attribute {
  /** An OID in dots. */
  type: string;
  /** Undefined where the value is no text, or in an encoding that readers understand differently. */
  text: string | undefined;
  /** The value with its tag and length. */
  bytes: Buffer;
}

/** One step of a name. */
export interface RelativeName {
  /** What stands on it: a set, mostly of one. */
  attributes: readonly Attribute[];
  /** A text that is the same for the same set. */
  key: string;
}

/** A name from its root, as a certificate has it. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.4 */
export type DistinguishedName = readonly RelativeName[];

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NON_ASCII = /[^\0-\x7F]/;
const ASCII_STRINGS: readonly number[] = [Tag.PRINTABLE_STRING, Tag.IA5_STRING];

/** @throws {MalformedDer} */
export function readName({ tag, content }: Element): DistinguishedName {
  if (tag !== Tag.SEQUENCE) throw new MalformedDer('a name is none');
  return readElements(content, Tag.SET).map(({ content: set }) => {
    const reader = new DerReader(set);
    const attributes = [readAttribute(reader.next(Tag.SEQUENCE))];
    while (!reader.isAtEnd) attributes.push(readAttribute(reader.next(Tag.SEQUENCE)));
    return stepOf(attributes);
  });
}

function readAttribute(element: Element): Attribute {
  return readSequence(element, (reader) => {
    const type = oidOf(reader.next(Tag.OID));
    const value = reader.next();
    return { type, text: textOf(value), bytes: value.bytes };
  });
}

/**
 * The text that a value is, whichever of the usual encodings it has.
 * @returns undefined for what is no text, and for T.61, which everybody reads in another way
 * @throws {MalformedDer} where the bytes are not in the encoding that their tag says
 */
export function textOf({ tag, content }: Element): string | undefined {
  if (tag === Tag.UTF8_STRING) return utf8Of(content);
  if (ASCII_STRINGS.includes(tag)) return asciiOf(content);
  if (tag === Tag.BMP_STRING) return wideOf(content, 2);
  if (tag === Tag.UNIVERSAL_STRING) return wideOf(content, 4);
  return undefined;
}

function utf8Of(content: Buffer): string {
  try {
    return UTF8.decode(content);
  } catch {
    throw new MalformedDer('a text is not in UTF-8');
  }
}

/** @throws {MalformedDer} */
export function asciiOf(content: Buffer): string {
  const text = content.toString('latin1');
  if (NON_ASCII.test(text)) throw new MalformedDer('a text is not in ASCII');
  return text;
}

/** @param width of a character, in bytes */
function wideOf(content: Buffer, width: 2 | 4): string {
  if (content.length % width !== 0) throw new MalformedDer('a text ends within a character');
  const points = Array.from({ length: content.length / width }, (_none, index) => content.readUIntBE(index * width, width));
  if (points.some((point) => point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)))
    throw new MalformedDer('a text has something in it that is no character');
  return points.map((point) => String.fromCodePoint(point)).join('');
}

/**
 * A step of a name. Types are compared by their OIDs, and values as the characters that they are, so that PrintableString and UTF8String are
 * alike. Case and blanks count: what LDAP would hold equal may be two to the authority, and whoever registers a name can copy it.
 */
export function stepOf(attributes: readonly Attribute[]): RelativeName {
  const keys = attributes.map(({ type, text, bytes }) =>
    JSON.stringify(text === undefined ? [type, bytes.toString('hex'), 'DER'] : [type, text]),
  );
  return { attributes, key: keys.sort().join(' ') };
}

/** Whether two names are the same: step by step, on each step the same set. */
export function isSameName(name: DistinguishedName, other: DistinguishedName): boolean {
  return name.length === other.length && isBelow(name, other);
}

/** Whether a name begins with another, from the root. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10 */
export function isBelow(name: DistinguishedName, base: DistinguishedName): boolean {
  return base.length <= name.length && base.every((step, index) => step.key === name[index]?.key);
}

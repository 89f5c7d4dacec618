import { DerReader, type Element, MalformedDer, Tag } from './der.js';

/** Longer than any that is registered. */
const LONGEST_OID = 64;
const MOST_ARC_OCTETS = 7;
const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** An object identifier in dots. @throws {MalformedDer} @see https://www.itu.int/rec/T-REC-X.690 */
export function oidOf({ tag, content }: Element): string {
  const last = content.at(-1);
  if (tag !== Tag.OID || last === undefined || last & 0x80 || content.length > LONGEST_OID) throw new MalformedDer('an OID is none');
  const arcs: number[] = [];
  let octets: number[] = [];
  for (const octet of content) {
    if (octets.length === 0 && octet === 0x80) throw new MalformedDer('an OID is longer than it has to be');
    octets.push(octet & 0x7f);
    if (octets.length > MOST_ARC_OCTETS) throw new MalformedDer('an OID has too large a number');
    if (octet & 0x80) continue;
    arcs.push(octets.reduce((sum, bits) => sum * 128 + bits, 0));
    octets = [];
  }
  const [first = 0, ...others] = arcs;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...others].join('.');
}

/** @throws {MalformedDer} */
export function booleanOf({ tag, content }: Element): boolean {
  if (tag !== Tag.BOOLEAN || content.length !== 1 || ![0, 0xff].includes(content[0] as number))
    throw new MalformedDer('a truth value is none');
  return content[0] === 0xff;
}

/** A whole number that is not negative and fits into 48 bits. @throws {MalformedDer} */
export function smallNumberOf(element: Element): number {
  const bytes = unsignedOf(element);
  if (bytes.length > 6) throw new MalformedDer('a number is too large');
  return bytes.length === 0 ? 0 : bytes.readUIntBE(0, bytes.length);
}

/** A whole number that is not negative, without zeros before it: none of zero. @throws {MalformedDer} */
export function unsignedOf({ tag, content }: Element): Buffer {
  const [first, second = 0x80] = content;
  if (tag !== Tag.INTEGER || first === undefined || first & 0x80) throw new MalformedDer('a number is none, or negative');
  if (first === 0 && content.length > 1 && !(second & 0x80)) throw new MalformedDer('a number is longer than it has to be');
  return first === 0 ? content.subarray(1) : content;
}

/** The bytes of a bit string that has whole ones. @throws {MalformedDer} */
export function wholeBytesOf({ tag, content }: Element): Buffer {
  if (tag !== Tag.BIT_STRING || content[0] !== 0) throw new MalformedDer('a bit string has no whole bytes');
  return content.subarray(1);
}

/** The numbers of the bits that are set, the first of which is 0. @throws {MalformedDer} */
export function setBitsOf({ tag, content }: Element): Set<number> {
  const [unused = 8, ...bytes] = content;
  const isEmpty = bytes.length === 0;
  const rest = (bytes.at(-1) ?? 0) & ((1 << unused) - 1);
  if (tag !== Tag.BIT_STRING || unused > (isEmpty ? 0 : 7) || rest !== 0) throw new MalformedDer('a bit string is none');
  return new Set(bytes.flatMap((byte, index) => [...Array(8).keys()].filter((bit) => byte & (0x80 >> bit)).map((bit) => index * 8 + bit)));
}

/** A moment in milliseconds: to the second and in UTC, which is all that a certificate may say. @throws {MalformedDer} @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5 */
export function momentOf({ tag, content }: Element): number {
  const form = tag === Tag.UTC_TIME ? UTC_TIME : tag === Tag.GENERALIZED_TIME ? GENERALIZED_TIME : undefined;
  const [, year = '', ...rest] = form?.exec(content.toString('latin1')) ?? [];
  const century = tag === Tag.UTC_TIME ? (Number(year) >= 50 ? '19' : '20') : '';
  const [month, day, hour, minute, second] = rest;
  const text = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const moment = Date.parse(text);
  // The 30th of February is read as a day in March.
  if (Number.isNaN(moment) || new Date(moment).toISOString() !== text) throw new MalformedDer('a moment is none');
  return moment;
}

/** What is read of a sequence, and nothing beside it. @throws {MalformedDer} */
export function readSequence<T>({ tag, content }: Element, read: (reader: DerReader) => T): T {
  if (tag !== Tag.SEQUENCE) throw new MalformedDer('something is of another type than it should be');
  const reader = new DerReader(content);
  const value = read(reader);
  reader.end();
  return value;
}

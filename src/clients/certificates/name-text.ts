import { MalformedDer, readElement } from './der.js';
import { type Attribute, type DistinguishedName, stepOf, textOf } from './distinguished-name.js';

/** What is no name in writing. The message says what to change. */
export class MalformedName extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedName';
  }
}

/** The names of RFC 4514, and those that OpenSSL and others write. @see https://www.rfc-editor.org/rfc/rfc4514#section-3 */
const TYPES = new Map([
  ['CN', '2.5.4.3'],
  ['L', '2.5.4.7'],
  ['ST', '2.5.4.8'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
  ['C', '2.5.4.6'],
  ['STREET', '2.5.4.9'],
  ['DC', '0.9.2342.19200300.100.1.25'],
  ['UID', '0.9.2342.19200300.100.1.1'],
  ['serialNumber', '2.5.4.5'],
  ['SN', '2.5.4.4'],
  ['title', '2.5.4.12'],
  ['GN', '2.5.4.42'],
  ['givenName', '2.5.4.42'],
  ['initials', '2.5.4.43'],
  ['generationQualifier', '2.5.4.44'],
  ['dnQualifier', '2.5.4.46'],
  ['pseudonym', '2.5.4.65'],
  ['postalCode', '2.5.4.17'],
  ['businessCategory', '2.5.4.15'],
  ['organizationIdentifier', '2.5.4.97'],
  ['emailAddress', '1.2.840.113549.1.9.1'],
]);
const OIDS = new Map([...TYPES].map(([name, oid]) => [name.toUpperCase(), oid]));
const NAMES = new Map([...TYPES].reverse().map(([name, oid]) => [oid, name]));
const DOTTED = /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+$/;
const HEX_VALUE = /^#(?:[\dA-F]{2})+$/i;
const HEX_PAIR = /^[\dA-F]{2}$/i;
/** What may stand behind a backslash as it is. */
const ESCAPED = ' "#+,;<=>\\';
const UNESCAPED = '"+,;<>\0';
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Written in hexadecimal, so that a name is one line and shows all that is in it. */
const UNPRINTABLE = /(?! )[\p{C}\p{Z}]/gu;

/**
 * Reads a name as RFC 4514 writes it: the last step first. Blanks around it, its commas and plus signs belong to nobody.
 * @returns from its root, as a certificate has it
 * @throws {MalformedName}
 * @see https://www.rfc-editor.org/rfc/rfc4514#section-3
 */
export function parseName(text: string): DistinguishedName {
  const steps = splitAt(text, ',').map((step) => stepOf(splitAt(step, '+').map(parseAttribute)));
  return steps.reverse();
}

/** Divides a text where a sign stands that no backslash takes away. */
function splitAt(text: string, sign: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === sign) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function parseAttribute(text: string): Attribute {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0)).replaceAll(' ', '');
  const type = DOTTED.test(name) ? name : OIDS.get(name.toUpperCase());
  if (type === undefined) throw new MalformedName('each part is to have a type that is known, or an OID in dots, and a value: CN=example.');
  const value = trimmed(text.slice(equals + 1));
  if (value === '') throw new MalformedName('each type is to have a value.');
  if (value.startsWith('#')) return { type, ...parseHex(value) };
  return { type, text: unescaped(value), bytes: Buffer.alloc(0) };
}

/** A blank behind a backslash belongs to the value. */
function trimmed(text: string): string {
  const start = text.replace(/^ +/, '');
  const end = start.replace(/ +$/, '');
  const backslashes = end.length - end.replace(/(?<!\\)\\+$/, '').length;
  return backslashes % 2 === 1 && start.length > end.length ? `${end} ` : end;
}

function unescaped(value: string): string {
  const bytes: Buffer[] = [];
  let at = 0;
  while (at < value.length) {
    const { read, length } = value[at] === '\\' ? readEscape(value.slice(at + 1, at + 3)) : readPlain(value, at);
    bytes.push(read);
    at += length;
  }
  try {
    return UTF8.decode(Buffer.concat(bytes));
  } catch {
    throw new MalformedName('what is written in hexadecimal is to be UTF-8.');
  }
}

function readEscape(next: string): { read: Buffer; length: number } {
  if (HEX_PAIR.test(next)) return { read: Buffer.from(next, 'hex'), length: 3 };
  const sign = next.charAt(0);
  if (sign !== '' && ESCAPED.includes(sign)) return { read: Buffer.from(sign), length: 2 };
  throw new MalformedName('a backslash is to stand before a special character, or two hexadecimal digits.');
}

function readPlain(value: string, at: number): { read: Buffer; length: number } {
  const sign = String.fromCodePoint(value.codePointAt(at) as number);
  if (UNESCAPED.includes(sign)) throw new MalformedName('write a backslash before each of " + , ; < and > in a value.');
  return { read: Buffer.from(sign), length: sign.length };
}

/** The value as a certificate has it. */
function parseHex(value: string): { text: string | undefined; bytes: Buffer } {
  if (!HEX_VALUE.test(value)) throw new MalformedName('behind # are to be pairs of hexadecimal digits.');
  try {
    const element = readElement(Buffer.from(value.slice(1), 'hex'));
    return { text: textOf(element), bytes: element.bytes };
  } catch (error) {
    if (error instanceof MalformedDer) throw new MalformedName('behind # is to be a value in DER.');
    throw error;
  }
}

/** A name as RFC 4514 writes it, all on one line of signs that can be seen; of the one name of nobody, an empty text. */
export function writeName(name: DistinguishedName): string {
  return [...name]
    .reverse()
    .map(({ attributes }) => attributes.map(writeAttribute).join('+'))
    .join(',');
}

function writeAttribute({ type, text, bytes }: Attribute): string {
  const name = NAMES.get(type);
  if (text === undefined || text === '') return `${name ?? type}=#${bytes.toString('hex')}`;
  const value = text
    .replaceAll(/^[ #]|["+,;<>\\]| $/g, (sign) => `\\${sign}`)
    .replaceAll(UNPRINTABLE, (sign) => Buffer.from(sign).toString('hex').replaceAll(/../g, '\\$&'));
  return `${name ?? type}=${value}`;
}

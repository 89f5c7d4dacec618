import { type Certificate, tryCertificate } from './certificate.js';

/** One piece of a text between its lines. @see https://www.rfc-editor.org/rfc/rfc7468#section-2 */
export interface PemBlock {
  label: string;
  /** Undefined where it is not in base64. */
  content: Buffer | undefined;
}

const BEGIN = '-----BEGIN ';
const DASHES = '-----';
const LONGEST_LABEL = 40;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const BLANKS = /[ \t\r\n]+/g;

/** Bytes in base64 as RFC 4648 has it: padded, and in the one way in which they can be written; undefined for anything else. */
export function fromBase64(text: string): Buffer | undefined {
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/**
 * The pieces of a text. What stands around them is kept as `outside`. Goes through the text once.
 * @returns undefined where a piece has no end, or an end of another name
 */
export function readPem(text: string): { blocks: PemBlock[]; outside: string } | undefined {
  const blocks: PemBlock[] = [];
  const outside: string[] = [];
  let at = 0;
  for (let begin = text.indexOf(BEGIN); begin >= 0; begin = text.indexOf(BEGIN, at)) {
    outside.push(text.slice(at, begin));
    const labelAt = begin + BEGIN.length;
    const labelEnd = text.slice(labelAt, labelAt + LONGEST_LABEL + DASHES.length).indexOf(DASHES);
    if (labelEnd < 0) return undefined;
    const label = text.slice(labelAt, labelAt + labelEnd);
    const start = labelAt + labelEnd + DASHES.length;
    const end = text.indexOf(DASHES, start);
    const closing = `${DASHES}END ${label}${DASHES}`;
    if (end < 0 || !text.startsWith(closing, end)) return undefined;
    blocks.push({ label, content: fromBase64(text.slice(start, end).replaceAll(BLANKS, '')) });
    at = end + closing.length;
  }
  return { blocks, outside: [...outside, text.slice(at)].join('') };
}

/** The certificate of a text that has one and nothing else in pieces; undefined for any other. */
export function certificateOfPem(text: string): Certificate | undefined {
  const { blocks: [block, ...more] = [] } = readPem(text) ?? {};
  return block?.label === 'CERTIFICATE' && block.content && more.length === 0 ? tryCertificate(block.content) : undefined;
}

/** A certificate in PEM, in lines of 64 characters. */
export function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** A public key as a JWKS has it. @see https://www.rfc-editor.org/rfc/rfc7517#section-4 */
export type PublicJwk = Readonly<Record<string, string>>;

/** What was read of a text: the key in it, or why there is none. */
export type PemReading = { jwk: PublicJwk; fault?: undefined } | { fault: string };

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;
const BEGIN = '-----BEGIN ';
const SEVERAL =
  'Paste one certificate or public key alone, without those that signed it. Several keys make a JWKS, each with a kid of its own.';
const NONE = 'Paste a whole certificate or public key, from its line BEGIN to its line END.';
const BROKEN = 'This certificate or public key is damaged: paste it anew, as it is in its file.';
const OTHER_KIND = 'Its key is of another kind than those that are taken: RSA, P-256, P-384 and Ed25519.';

/** Of the key types and curves that are taken their object identifiers, in hexadecimal digits. @see https://www.rfc-editor.org/rfc/rfc5480 */
const RSA = ['2a864886f70d010101', '2a864886f70d01010a'];
const EC = '2a8648ce3d0201';
const ED25519 = '2b6570';
const CURVES: Readonly<Record<string, { crv: string; bytes: number }>> = {
  '2a8648ce3d030107': { crv: 'P-256', bytes: 32 },
  '2b81040022': { crv: 'P-384', bytes: 48 },
};
const UNCOMPRESSED = 0x04;
/** Where a certificate says of which version it is; those of the first one say nothing. */
const VERSION = 0xa0;
/** After serial number, algorithm, issuer, period and subject. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
const PLACE_OF_KEY = 5;

/** Whether a text is PEM, or begins to be. @see https://www.rfc-editor.org/rfc/rfc7468 */
export function isPem(text: string): boolean {
  return text.includes(BEGIN);
}

/**
 * Reads the public key of a certificate, or one that stands alone, without asking anybody. A certificate counts by its key: one that is
 * renewed with the same key goes on. What the key is worth is the server's to say.
 */
export function readPem(text: string): PemReading {
  const [first, second] = text.matchAll(BLOCK);
  if (second) return { fault: SEVERAL };
  const [, label = '', base64 = ''] = first ?? [];
  const read = READERS[label];
  if (!read) return { fault: NONE };
  try {
    const jwk = read(bytesOf(base64));
    return jwk ? { jwk } : { fault: OTHER_KIND };
  } catch {
    return { fault: BROKEN };
  }
}

type Reader = (der: Uint8Array) => PublicJwk | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  CERTIFICATE: (der) => {
    const [body] = inner(only(der));
    const fields = inner(body).filter(({ tag }) => tag !== VERSION);
    return jwkOf(fields[PLACE_OF_KEY]);
  },
  'PUBLIC KEY': (der) => jwkOf(only(der)),
  'RSA PUBLIC KEY': rsaKey,
};

/** @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.7 */
function jwkOf(keyInfo: Element | undefined): PublicJwk | undefined {
  const [algorithm, bits] = inner(keyInfo);
  const [kind, curve] = inner(algorithm).map(({ content }) => hexOf(content));
  const key = (bits as Element).content.subarray(1);
  if (RSA.includes(String(kind))) return rsaKey(key);
  if (kind === EC) return ecKey(String(curve), key);
  return kind === ED25519 ? { kty: 'OKP', crv: 'Ed25519', x: base64UrlOf(key) } : undefined;
}

/** @see https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.1 */
function rsaKey(der: Uint8Array): PublicJwk {
  const [n, e] = inner(only(der)).map(({ content }) => base64UrlOf(withoutSign(content)));
  return { kty: 'RSA', n: String(n), e: String(e) };
}

function ecKey(curve: string, point: Uint8Array): PublicJwk | undefined {
  const known = CURVES[curve];
  if (!known || point[0] !== UNCOMPRESSED) return undefined;
  const [x, y] = [point.subarray(1, 1 + known.bytes), point.subarray(1 + known.bytes)];
  return { kty: 'EC', crv: known.crv, x: base64UrlOf(x), y: base64UrlOf(y) };
}

/** Of DER: what kind of value it is, and the value. */
interface Element {
  tag: number;
  content: Uint8Array;
}

/** The elements within another one. @throws when there is none, or it is not DER */
function inner(element: Element | undefined): Element[] {
  return elementsOf((element as Element).content);
}

function only(der: Uint8Array): Element {
  const [element, ...others] = elementsOf(der);
  if (!element || others.length > 0) throw new Error('There is something else behind it.');
  return element;
}

function elementsOf(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { start, length } = extentOf(bytes, at + 1);
    // Also where the length is none.
    if (!(start + length <= bytes.length)) throw new Error('It ends too early.');
    elements.push({ tag: bytes[at] as number, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/** How long a value is, and where it begins. */
function extentOf(bytes: Uint8Array, at: number): { start: number; length: number } {
  const first = bytes[at] ?? Number.NaN;
  if (first < 0x80) return { start: at + 1, length: first };
  const start = at + 1 + (first & 0x7f);
  return { start, length: Number.parseInt(hexOf(bytes.subarray(at + 1, start)), 16) };
}

/** A number without the zero that keeps it from being a negative one. */
function withoutSign(number: Uint8Array): Uint8Array {
  return number[0] === 0 ? number.subarray(1) : number;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64.replace(/\s/g, '')), (letter) => letter.charCodeAt(0));
}

function base64UrlOf(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

import { MalformedDer, readElements, Tag } from './der.js';
import { UnreadableCertificate } from './errors.js';
import { fromBase64, readPem } from './pem.js';

/** What stands in the headers. */
export interface Forwarded {
  certificate: Buffer;
  /** The certificate itself may be among them. */
  beside: readonly Buffer[];
}

/** Bytes between colons. @throws {UnreadableCertificate} @see https://www.rfc-editor.org/rfc/rfc9651#section-3.3.5 */
export function byteSequence(value: string): Buffer {
  if (value.length < 2 || !value.startsWith(':') || !value.endsWith(':'))
    throw new UnreadableCertificate('it is to be base64 between colons');
  return base64(value.slice(1, -1));
}

/** Bytes in base64. @throws {UnreadableCertificate} */
export function base64(text: string): Buffer {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new UnreadableCertificate('it is not in base64');
  return bytes;
}

/** A text without its percent-encoding. @throws {UnreadableCertificate} */
export function unescapedText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UnreadableCertificate('it is not percent-encoded as it should be');
  }
}

/** Certificates in PEM, with nothing but blanks around them, in DER. @throws {UnreadableCertificate} */
export function certificatesIn(text: string): Buffer[] {
  const pem = readPem(text);
  if (pem === undefined || pem.outside.trim() !== '') throw notPem();
  return pem.blocks.map(({ label, content }) => {
    if (label !== 'CERTIFICATE' || content === undefined) throw notPem();
    return content;
  });
}

function notPem(): UnreadableCertificate {
  return new UnreadableCertificate('it is not in PEM');
}

/** Certificates in DER, one behind the other. @throws {UnreadableCertificate} */
export function concatenated(bytes: Buffer): Buffer[] {
  try {
    return readElements(bytes, Tag.SEQUENCE).map((element) => element.bytes);
  } catch (error) {
    if (error instanceof MalformedDer) throw new UnreadableCertificate('the certificates beside it are not in DER');
    throw error;
  }
}

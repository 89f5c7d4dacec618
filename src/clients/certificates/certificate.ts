import { X509Certificate } from 'node:crypto';
import { readSubjectKey, type SubjectKey } from './certificate-key.js';
import { contextTag, type DerReader, type Element, MalformedDer, readElement, Tag } from './der.js';
import { momentOf, readSequence, smallNumberOf, wholeBytesOf } from './der-values.js';
import { type DistinguishedName, readName } from './distinguished-name.js';
import { type Extensions, readExtensions } from './extensions.js';
import { isSoundAlgorithm } from './signature-algorithm.js';

/** A certificate, as far as anything is asked of it. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
export interface Certificate {
  der: Buffer;
  /** OpenSSL's reading, which checks signatures. */
  x509: X509Certificate;
  /** Who signed it, in bytes: two spellings are two names here, as authorities copy them. */
  issuer: Buffer;
  subject: DistinguishedName;
  subjectBytes: Buffer;
  /** In milliseconds. Both belong to it. */
  notBefore: number;
  notAfter: number;
  key: SubjectKey;
  extensions: Extensions;
  hasSoundSignature: boolean;
}

/** Longer than any that a header has room for. */
const LONGEST = 16 * 1024;
const VERSION_3 = 2;

/**
 * Reads a certificate and all that is asked of it later, in the one encoding that DER allows.
 * @throws {MalformedDer}
 */
export function readCertificate(der: Buffer): Certificate {
  if (der.length > LONGEST) throw new MalformedDer('it is too long');
  return readSequence(readElement(der, Tag.SEQUENCE), (reader) => {
    const signed = reader.next(Tag.SEQUENCE);
    const algorithm = reader.next(Tag.SEQUENCE);
    wholeBytesOf(reader.next(Tag.BIT_STRING));
    const content = readSequence(signed, (inner) => readSigned(inner, algorithm));
    return { der, x509: byOpenssl(der), ...content, hasSoundSignature: isSoundAlgorithm(algorithm) };
  });
}

/** The same, or undefined for what is none. */
export function tryCertificate(der: Buffer): Certificate | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    if (error instanceof MalformedDer) return undefined;
    throw error;
  }
}

function readSigned(reader: DerReader, algorithm: Element): Omit<Certificate, 'der' | 'x509' | 'hasSoundSignature'> {
  const version = reader.optional(contextTag(0, true));
  reader.next(Tag.INTEGER);
  if (!reader.next(Tag.SEQUENCE).bytes.equals(algorithm.bytes)) throw new MalformedDer('it names two algorithms');
  const issuer = reader.next(Tag.SEQUENCE).bytes;
  const [notBefore, notAfter] = readSequence(
    reader.next(Tag.SEQUENCE),
    (inner) => [momentOf(inner.next()), momentOf(inner.next())] as const,
  );
  const subject = reader.next(Tag.SEQUENCE);
  const key = readSubjectKey(reader.next(Tag.SEQUENCE));
  for (const id of [contextTag(1), contextTag(2)]) reader.optional(id);
  const extensions = reader.optional(contextTag(3, true));
  if (extensions && !(version && smallNumberOf(readElement(version.content)) === VERSION_3))
    throw new MalformedDer('it has extensions, but is of a version without');
  return {
    issuer,
    subject: readName(subject),
    subjectBytes: subject.bytes,
    notBefore,
    notAfter,
    key,
    extensions: readExtensions(extensions && readElement(extensions.content, Tag.SEQUENCE)),
  };
}

function byOpenssl(der: Buffer): X509Certificate {
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(der);
  } catch {
    throw new MalformedDer('OpenSSL cannot read it');
  }
  // As OpenSSL would write what it has read: where that is something else, two readers may have seen two things.
  if (!x509.raw.equals(der)) throw new MalformedDer('OpenSSL reads something else');
  return x509;
}

/** Whether it holds at a moment, with the seconds that it names. @param at in milliseconds */
function isCurrent({ notBefore, notAfter }: Certificate, at: number): boolean {
  const second = Math.floor(at / 1000) * 1000;
  return notBefore <= second && second <= notAfter;
}

/** Why it does not hold at a moment. @param at in milliseconds @returns words that go on from "it" */
export function findPeriodFault(certificate: Certificate, at: number): string | undefined {
  if (isCurrent(certificate, at)) return undefined;
  return certificate.notAfter < at ? 'has expired' : 'is not valid yet';
}

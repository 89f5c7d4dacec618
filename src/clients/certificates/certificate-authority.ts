import { type Certificate, findPeriodFault, readCertificate } from './certificate.js';
import { checkKey } from './certificate-key.js';
import { MalformedDer } from './der.js';
import { KeyUsage } from './extensions.js';
import { writeName } from './name-text.js';
import { certificateOfPem, readPem, toPem } from './pem.js';

/** What there is to be told of an authority. */
export interface AuthorityDescription {
  /** As RFC 4514 writes it. */
  subject: string;
  /** SHA-256 of its DER, in pairs of hexadecimal digits between colons, as OpenSSL writes it. */
  fingerprint: string;
  notBefore: Date;
  notAfter: Date;
  /** The certificate alone, in lines of 64 characters: what is to be kept. */
  pem: string;
}

const LARGEST_BYTES = 16 * 1024;
const LEAKED = 'A private key stands in it: give the certificate alone, and make a new authority, for the key of this one has been sent.';
const ONE_CERTIFICATE = 'Give one certificate in PEM: its lines from BEGIN CERTIFICATE to END CERTIFICATE.';
/** Of any label, an end without its beginning included. @see https://www.rfc-editor.org/rfc/rfc7468#section-10 */
const PRIVATE_KEY = /PRIVATE KEY-----/i;

/**
 * Says what is wrong with a certificate that an administrator wants to trust as an authority.
 * @param at in milliseconds
 * @returns a sentence that says what to change, undefined when all is well
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9
 */
export function findAuthorityFault(pem: string, at: number): string | undefined {
  if (Buffer.byteLength(pem) > LARGEST_BYTES) return `Give a certificate of at most ${LARGEST_BYTES} bytes.`;
  if (PRIVATE_KEY.test(pem)) return LEAKED;
  const { blocks } = readPem(pem) ?? { blocks: [] };
  const [block, ...more] = blocks;
  if (block === undefined) return ONE_CERTIFICATE;
  if (more.length > 0) return 'Give one certificate at a time: there are several in it.';
  if (block.label !== 'CERTIFICATE') return `${ONE_CERTIFICATE} This is something else.`;
  if (block.content === undefined) return 'Give the certificate in base64: what stands between its lines is not.';
  return findFaultOf(block.content, at);
}

function findFaultOf(der: Buffer, at: number): string | undefined {
  try {
    const certificate = readCertificate(der);
    return findRoleFault(certificate) ?? findTrustFault(certificate, at);
  } catch (error) {
    if (error instanceof MalformedDer) return `The certificate cannot be read: ${error.message}.`;
    throw error;
  }
}

function findRoleFault({ subject, extensions: { isAuthority, usages } }: Certificate): string | undefined {
  if (!isAuthority)
    return "This is no authority's certificate: basicConstraints has to say CA:TRUE. Give that of whoever issues your clients'.";
  if (usages && !usages.has(KeyUsage.KEY_CERT_SIGN)) return 'This authority may not sign certificates: keyUsage has to have keyCertSign.';
  return subject.length === 0 ? 'This authority has no name, so that no certificate can say that it is by it.' : undefined;
}

function findTrustFault(certificate: Certificate, at: number): string | undefined {
  const { extensions } = certificate;
  if (extensions.hasUnknownCritical)
    return 'The certificate has a critical extension that is not known here, so that nothing it signs would be taken.';
  if (extensions.constraints?.areUnderstood === false)
    return 'The certificate has name constraints of a kind that is not known here, so that nothing it signs would be taken.';
  const fault = findPeriodFault(certificate, at);
  if (fault === 'has expired') return 'The certificate has expired: give one that is valid.';
  const { fault: keyFault } = checkKey(certificate);
  return keyFault === undefined ? undefined : `The key of the certificate ${keyFault}.`;
}

/** What is told of an authority that was found sound. @throws {MalformedDer} for what is none */
export function describeAuthority(pem: string): AuthorityDescription {
  const certificate = certificateOfPem(pem);
  if (!certificate) throw new MalformedDer('the authority cannot be read');
  const { subject, x509, notBefore, notAfter, der } = certificate;
  return {
    subject: writeName(subject),
    fingerprint: x509.fingerprint256,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    pem: toPem(der),
  };
}

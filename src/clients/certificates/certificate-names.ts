import ipaddr from 'ipaddr.js';
import { readCertificate } from './certificate.js';
import { MalformedDer } from './der.js';
import { type DistinguishedName, isSameName } from './distinguished-name.js';
import type { AlternativeNames } from './general-names.js';
import { parseName, writeName } from './name-text.js';
import type { RegisteredName } from './registered-name.js';

/** What a certificate calls its owner. */
export interface CertificateNames {
  /** As RFC 4514 writes it; empty where it has none. */
  subject: string;
  alternatives: AlternativeNames;
}

const SPIFFE = 'spiffe://';

/**
 * The names of a certificate.
 * @throws {MalformedDer} where it cannot be read, or a name in it could be read differently by others
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6
 */
export function namesOf(der: Buffer): CertificateNames {
  const { subject, extensions } = readCertificate(der);
  return { subject: writeName(subject), alternatives: extensions.names };
}

/**
 * Says why a certificate does not have the name that a client is registered by. Nothing is guessed: a wildcard stands for nothing but itself, and a
 * subject's common name is no host. A domain may be in capitals or not, an address is compared as a number; all else is compared as it is.
 * @param registered was found sound before
 * @returns words for the log alone, undefined when it has it
 * @see https://www.rfc-editor.org/rfc/rfc8705#section-2.1
 */
export function findNameMismatch(der: Buffer, registered: RegisteredName): string | undefined {
  try {
    const { subject, extensions } = readCertificate(der);
    return findMismatch(subject, extensions.names, registered);
  } catch (error) {
    if (error instanceof MalformedDer) return `the certificate cannot be read: ${error.message}`;
    throw error;
  }
}

function findMismatch(
  subject: DistinguishedName,
  { dns, uris, ips, emails }: AlternativeNames,
  { subjectDn, sanDns, sanUri, sanIp, sanEmail }: RegisteredName,
): string | undefined {
  if (subjectDn != null) return isSameName(subject, parseName(subjectDn)) ? undefined : 'the certificate has another subject';
  if (sanDns != null)
    return hasSame(dns, sanDns, (name) => name.toLowerCase()) ? undefined : 'the certificate is not for the name of the host';
  if (sanUri != null) return findUriMismatch(uris, sanUri);
  if (sanIp != null) return hasSame(ips, sanIp, (ip) => ipaddr.parse(ip).toString()) ? undefined : 'the certificate is not for the address';
  if (sanEmail != null) return hasSame(emails, sanEmail, comparableMail) ? undefined : 'the certificate is not for the address of mail';
  return 'no name is registered';
}

/** An X.509-SVID has one URI: of several it would be anybody's guess whom it names. @see https://spiffe.io/docs/latest/spiffe-specs/x509-svid/#2-spiffe-id */
function findUriMismatch(uris: readonly string[], registered: string): string | undefined {
  if (!uris.includes(registered)) return 'the certificate is not for the URI';
  return registered.startsWith(SPIFFE) && uris.length > 1 ? 'the certificate has a SPIFFE ID and other URIs' : undefined;
}

function hasSame(names: readonly string[], registered: string, comparable: (name: string) => string): boolean {
  return names.some((name) => comparable(name) === comparable(registered));
}

function comparableMail(mail: string): string {
  const at = mail.lastIndexOf('@');
  return mail.slice(0, at) + mail.slice(at).toLowerCase();
}

import { type Certificate, findPeriodFault } from './certificate.js';
import { ANY_PURPOSE, CLIENT_AUTH, KeyUsage } from './extensions.js';

/**
 * Says why a certificate is none of a client's own.
 * @param at in milliseconds
 * @returns words that go on from "the certificate"
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12
 */
export function findLeafFault(certificate: Certificate, at: number): string | undefined {
  const { isAuthority, usages, extendedUsages } = certificate.extensions;
  if (isAuthority) return "is an authority's and no client's";
  if (usages && !usages.has(KeyUsage.DIGITAL_SIGNATURE)) return 'is not for signatures';
  // RFC 5280 takes one that says nothing for one that may do everything; a server's would then be a client's.
  if (!extendedUsages?.includes(CLIENT_AUTH)) return 'is not for clients: clientAuth is not among its purposes (extendedKeyUsage)';
  return findCommonFault(certificate, at);
}

/**
 * Says why a certificate is none of an authority that signs clients' certificates. One that says nothing of its key's uses has them all.
 * @param at in milliseconds
 * @returns words that go on from "the authority"
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-6.1.4
 */
export function findIssuerFault(certificate: Certificate, at: number): string | undefined {
  const { isAuthority, usages, extendedUsages } = certificate.extensions;
  if (!isAuthority) return 'is no authority';
  if (usages && !usages.has(KeyUsage.KEY_CERT_SIGN)) return 'may not sign certificates';
  if (extendedUsages && !extendedUsages.some((purpose) => [CLIENT_AUTH, ANY_PURPOSE].includes(purpose))) return 'is not for clients';
  return findCommonFault(certificate, at);
}

function findCommonFault(certificate: Certificate, at: number): string | undefined {
  if (certificate.extensions.hasUnknownCritical) return 'has a critical extension that is not known here';
  return findPeriodFault(certificate, at);
}

import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** A certificate, with those that lead from it to an authority behind it, and its private key, as PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** Whether a text is certificates in PEM. */
export function isCertificate(pem: string): boolean {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    return certificates.length > 0 && certificates.every((certificate) => new X509Certificate(certificate));
  } catch {
    return false;
  }
}

/** Whether a private key is that of a certificate, and can be used without a passphrase. */
export function isPair({ certificate, key }: KeyPair): boolean {
  try {
    // Without the authorities that Node would bring.
    createSecureContext({ cert: certificate, key, ca: [] });
    return true;
  } catch {
    return false;
  }
}

/** Until when the first of certificates in PEM holds, as ISO 8601. */
export function endOf(pem: string): string {
  return new Date(new X509Certificate(pem).validTo).toISOString();
}

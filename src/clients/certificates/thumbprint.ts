import { createHash } from 'node:crypto';
import type { PublicJwks } from '../keys/public-jwks.js';
import { isForEncryption, type Jwk, PIN, withoutEmpty } from '../keys/public-key.js';
import { type Certificate, findPeriodFault, readCertificate } from './certificate.js';
import { checkKey } from './certificate-key.js';
import { MalformedDer } from './der.js';
import { CLIENT_AUTH } from './extensions.js';

/** A number is written in one way in both: the key of a client was held to that. */
const KEY_MEMBERS = ['kty', 'crv', 'n', 'e', 'x', 'y'];

/** What a token says of the certificate that it is bound to. @param der as it was presented @see https://www.rfc-editor.org/rfc/rfc8705#section-3.1 */
export function thumbprintOf(der: Buffer): string {
  return createHash('sha256').update(der).digest('base64url');
}

/** The key of a certificate; undefined where it is of a kind that is not taken. @throws {MalformedDer} @see https://www.rfc-editor.org/rfc/rfc7517 */
export function publicJwkOf(der: Buffer): Jwk | undefined {
  return readCertificate(der).key.jwk;
}

/**
 * Says why a certificate is not one that a client is known by without an authority. The key counts, and who signed the certificate does not:
 * that the client has the key, TLS has shown. A key in the set that names a certificate by `x5t#S256` stands for that one alone.
 * @param at in milliseconds
 * @returns words for the log alone, undefined when it is
 * @see https://www.rfc-editor.org/rfc/rfc8705#section-2.2
 */
export function findSelfSignedFault(der: Buffer, jwks: PublicJwks, at: number): string | undefined {
  try {
    const certificate = readCertificate(der);
    const fault = findPeriodFault(certificate, at) ?? findPurposeFault(certificate);
    if (fault !== undefined) return `the certificate ${fault}`;
    const { fault: keyFault } = checkKey(certificate);
    if (keyFault !== undefined) return `the key of the certificate ${keyFault}`;
    return isIn(jwks, certificate) ? undefined : 'the certificate has a key that is none of the client';
  } catch (error) {
    if (error instanceof MalformedDer) return `the certificate cannot be read: ${error.message}`;
    throw error;
  }
}

/** One that says nothing of its purpose may be for all: nobody but the client has made it. */
function findPurposeFault({ extensions: { extendedUsages } }: Certificate): string | undefined {
  return extendedUsages && !extendedUsages.includes(CLIENT_AUTH)
    ? 'is not for clients: clientAuth is not among its purposes (extendedKeyUsage)'
    : undefined;
}

function isIn({ keys }: PublicJwks, { der, key: { jwk } }: Certificate): boolean {
  const thumbprint = thumbprintOf(der);
  return keys
    .map(withoutEmpty)
    .filter((one) => !isForEncryption(one) && [undefined, thumbprint].includes(one[PIN] as string | undefined))
    .some((one) => KEY_MEMBERS.every((member) => one[member] === jwk?.[member]));
}

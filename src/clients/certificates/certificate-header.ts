import { tryCertificate } from './certificate.js';
import { UnreadableCertificate } from './errors.js';
import type { Forwarded } from './header-encodings.js';
import { HEADER_FORMATS, type HeaderFormat } from './header-formats.js';

/** A client's certificate, as a proxy hands it on. */
export interface PresentedCertificate {
  /** In DER. */
  certificate: Buffer;
  /** What the client sent beside it, in DER and in any order. */
  intermediates: Buffer[];
}

/** The values of a header: of one that came several times, each by itself, or as Node joins them. */
export type HeaderValue = string | readonly string[] | undefined;

const LONGEST_HEADER = 16 * 1024;
const MOST_INTERMEDIATES = 10;

/**
 * Reads a certificate from the headers of a proxy. Whether the proxy is one to be believed is asked before.
 * @param chain of the header with the certificates beside it, where a format has one
 * @returns undefined where there is none
 * @throws {UnreadableCertificate} where there are several, or it cannot be read
 * @see https://www.rfc-editor.org/rfc/rfc9440
 */
export function readCertificateHeader(
  format: HeaderFormat,
  { certificate, chain }: { certificate: HeaderValue; chain?: HeaderValue },
): PresentedCertificate | undefined {
  const { isList, isChainList, absent, read } = HEADER_FORMATS[format];
  const said = textOf(certificate, isList);
  const beside = textOf(chain, isChainList);
  const forwarded = said === '' || said === absent ? undefined : read(said, beside === absent ? '' : beside);
  if (forwarded) return presented(forwarded);
  if (beside !== '' && beside !== absent) throw new UnreadableCertificate('certificates came beside none');
  return undefined;
}

function textOf(header: HeaderValue, isList: boolean): string {
  const values = typeof header === 'string' ? [header] : (header ?? []);
  if (values.length > 1 && !isList) throw new UnreadableCertificate('the header came twice');
  const value = values.join(',').trim();
  if (value.length > LONGEST_HEADER) throw new UnreadableCertificate(`the header has more than ${LONGEST_HEADER} bytes`);
  return value;
}

/** Some proxies name the certificate itself among those beside it, and some clients send one twice. */
function presented({ certificate, beside }: Forwarded): PresentedCertificate {
  if (beside.length > MOST_INTERMEDIATES + 1) throw tooMany();
  const intermediates = beside.filter((der, place) => !der.equals(certificate) && beside.findIndex((other) => other.equals(der)) === place);
  if (intermediates.length > MOST_INTERMEDIATES) throw tooMany();
  if (!tryCertificate(certificate)) throw new UnreadableCertificate('it is no certificate in DER');
  return { certificate, intermediates };
}

function tooMany(): UnreadableCertificate {
  return new UnreadableCertificate(`more than ${MOST_INTERMEDIATES} certificates came beside it`);
}

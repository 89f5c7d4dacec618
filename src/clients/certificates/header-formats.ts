import type { CertHeaderFormat } from '../../platform/setting-values.js';
import { UnreadableCertificate } from './errors.js';
import { base64, byteSequence, certificatesIn, concatenated, type Forwarded, unescapedText } from './header-encodings.js';
import { forwardedByEnvoy } from './xfcc.js';

/** How a proxy writes certificates. */
interface FormatRules {
  /** Whether several headers of the name are one list. */
  isList: boolean;
  isChainList: boolean;
  /** What a proxy writes where there is none. */
  absent?: string;
  /** @param chain empty where there is none @returns undefined where there is no certificate @throws {UnreadableCertificate} */
  read(value: string, chain: string): Forwarded | undefined;
}

/** The formats by the names that an operator chooses them by. */
export type HeaderFormat = CertHeaderFormat;

const COMMA = /[ \t]*,[ \t]*/;

/** Proxies, and how each of them hands a certificate on. */
export const HEADER_FORMATS: Readonly<Record<HeaderFormat, FormatRules>> = {
  /** @see https://www.rfc-editor.org/rfc/rfc9440#section-2 */
  rfc9440: {
    isList: false,
    isChainList: true,
    // HAProxy, from a template with nothing to fill in.
    absent: '::',
    read: (value, chain) => ({
      certificate: byteSequence(single(value)),
      beside: chain === '' ? [] : chain.split(COMMA).map(byteSequence),
    }),
  },
  /** nginx, `$ssl_client_escaped_cert`; Apache, `%{SSL_CLIENT_CERT}s`, whose lines end in blanks. */
  'escaped-pem': {
    isList: false,
    isChainList: false,
    absent: '(null)',
    read: (value, chain) => {
      const [certificate, ...more] = certificatesIn(unescapedText(single(value)));
      if (certificate === undefined || more.length > 0) throw new UnreadableCertificate('there is to be one certificate in it');
      return { certificate, beside: chain === '' ? [] : certificatesIn(unescapedText(single(chain))) };
    },
  },
  /** HAProxy, `%[ssl_c_der,base64]` and `%[ssl_c_chain_der,base64]`. */
  der: {
    isList: false,
    isChainList: false,
    read: (value, chain) => ({ certificate: base64(single(value)), beside: chain === '' ? [] : concatenated(base64(single(chain))) }),
  },
  /** Envoy, `x-forwarded-client-cert`. */
  xfcc: { isList: true, isChainList: false, read: (value) => forwardedByEnvoy(value) },
  /** Traefik, `X-Forwarded-Tls-Client-Cert`: the client's first, the others behind commas. */
  traefik: {
    isList: false,
    isChainList: false,
    read: (value) => {
      // Two headers are joined with a blank behind the comma.
      if (/[ \t]/.test(value)) throw new UnreadableCertificate('the header came twice');
      const [certificate = Buffer.alloc(0), ...beside] = value.split(',').map((part) => base64(unescapedText(part)));
      return { certificate, beside };
    },
  },
};

/** A comma is in no certificate: whoever joins two headers puts it there. */
function single(value: string): string {
  if (value.includes(',')) throw new UnreadableCertificate('the header came twice');
  return value;
}

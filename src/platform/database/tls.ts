import { getCACertificates } from 'node:tls';
import type { KeyPair } from '../key-pair.js';

/** How much of TLS a connection to the database takes, as MySQL's own clients have it. */
export const TLS_MODES = ['off', 'prefer', 'require', 'verify'] as const;

/** TLS to the database, its certificates as PEM. */
export interface TlsSettings {
  /** `prefer` takes it where the server has it; `require` demands it; `verify` demands a certificate of the server's name as well. */
  mode: (typeof TLS_MODES)[number];
  /** Whose certificates are believed; the machine's own authorities when absent. */
  ca?: string | undefined;
  /** With which the server is told who connects. */
  client?: KeyPair | undefined;
}

/** What Node is told of TLS. */
export interface TlsOptions {
  rejectUnauthorized: boolean;
  verifyIdentity: boolean;
  ca?: string;
  cert?: string;
  key?: string;
}

/** The authorities that are believed, when any are asked at all. */
export function authoritiesOf({ mode, ca }: TlsSettings): string | undefined {
  return ca ?? (mode === 'verify' ? [...getCACertificates('default'), ...getCACertificates('system')].join('\n') : undefined);
}

/** What Node is told, or nothing when there is to be no TLS. With an authority at hand, `require` demands its signature too. */
export function toTlsOptions(tls: TlsSettings): TlsOptions | undefined {
  if (tls.mode === 'off') return undefined;
  const ca = authoritiesOf(tls);
  return {
    rejectUnauthorized: ca !== undefined,
    verifyIdentity: tls.mode === 'verify',
    ...(ca === undefined ? {} : { ca }),
    ...(tls.client ? { cert: tls.client.certificate, key: tls.client.key } : {}),
  };
}

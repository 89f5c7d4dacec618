import type { IncomingMessage } from 'node:http';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { Context, Middleware } from 'koa';
import { type PresentedCertificate, readCertificateHeader } from '../clients/certificates/certificate-header.js';
import type { HeaderFormat } from '../clients/certificates/header-formats.js';
import { thumbprintOf } from '../clients/certificates/thumbprint.js';
import { RequestNotes } from '../platform/http/request-notes.js';

/** The header in which a proxy hands certificates on, by the names that Node has for it. */
export interface CertificateHeader {
  format: HeaderFormat;
  name: string;
  chainName?: string | undefined;
}

/** More than any way to an authority has. */
const MOST_INTERMEDIATES = 10;

const presented = new RequestNotes<{ read: () => PresentedCertificate | undefined }>();

/**
 * Lets requests tell of the certificate of whoever sent them. Where a proxy hands it on, that of the connection is the proxy's own, and counts for
 * nothing; the header of anybody else was taken away before.
 */
export function clientCertificates(header?: CertificateHeader): Middleware {
  return (ctx, next) => {
    let found: { certificate: PresentedCertificate | undefined } | undefined;
    const read = () => {
      found ??= { certificate: header ? inHeader(ctx.req, header) : ofConnection(ctx.req) };
      return found.certificate;
    };
    presented.add(ctx, { read });
    return next();
  };
}

/**
 * The certificate of whoever sent a request; undefined where there is none, or nobody tells of any.
 * @throws {UnreadableCertificate} where a proxy's header cannot be read
 */
export function certificateOf(ctx: Pick<Context, 'req'>): PresentedCertificate | undefined {
  return presented.of(ctx).read?.();
}

/** What a token that is bound to it says of it. @throws {UnreadableCertificate} @see https://www.rfc-editor.org/rfc/rfc8705#section-3.1 */
export function certificateThumbprintOf(ctx: Pick<Context, 'req'>): string | undefined {
  const found = certificateOf(ctx);
  return found && thumbprintOf(found.certificate);
}

function inHeader({ headers }: IncomingMessage, { format, name, chainName }: CertificateHeader): PresentedCertificate | undefined {
  const chain = chainName === undefined ? undefined : headers[chainName];
  return readCertificateHeader(format, { certificate: headers[name], chain });
}

function ofConnection({ socket }: IncomingMessage): PresentedCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // Empty where the client has sent none.
  const first = socket.getPeerCertificate(true) as PeerCertificate & {
    issuerCertificate?: PeerCertificate & { issuerCertificate?: unknown };
  };
  if (!first?.raw) return undefined;
  const intermediates: Buffer[] = [];
  let last = first;
  while (last.issuerCertificate?.raw && last.issuerCertificate !== last && intermediates.length < MOST_INTERMEDIATES) {
    last = last.issuerCertificate as typeof first;
    intermediates.push(last.raw);
  }
  return { certificate: first.raw, intermediates };
}

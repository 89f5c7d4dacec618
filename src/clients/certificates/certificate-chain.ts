import { LRUCache } from 'lru-cache';
import { type Certificate, readCertificate, tryCertificate } from './certificate.js';
import { findPathFault } from './certificate-path.js';
import { findIssuerFault, findLeafFault } from './certificate-roles.js';
import { MalformedDer } from './der.js';
import { certificateOfPem } from './pem.js';
import { SignatureChecks } from './signature-checks.js';

/** What a client showed, and whom its tenant trusts. */
export interface PresentedChain {
  /** The client's certificate, in DER. */
  leaf: Buffer;
  /** What may lead from it to an authority, in any order, in DER. */
  intermediates: readonly Buffer[];
  /** Of the tenant: each in PEM or DER. */
  authorities: readonly (string | Buffer)[];
}

interface Search {
  intermediates: readonly Certificate[];
  authorities: readonly Certificate[];
  at: number;
  signatures: SignatureChecks;
  /** How many ways are still looked at. */
  steps: number;
  /** Why the first way that was found is none. */
  fault: string | undefined;
}

const MOST_INTERMEDIATES = 10;
const MOST_AUTHORITIES = 10;
/** Each asks no more than whether names fit. */
const MOST_STEPS = 300;
const UNTRUSTED = 'no authority of the tenant issued the certificate';
const TOO_MUCH_WORK = 'the way to an authority takes too much work to find';

/** Cache: an authority by its PEM, which is the same in every request of its tenant. */
const known = new LRUCache<string, { certificate: Certificate | undefined }>({ max: 200 });

/**
 * Says why a certificate is not that of a client of one of a tenant's authorities. What a proxy found counts for nothing: the way to the authority
 * is built and checked here. Anybody can send any certificates, so that the work is bounded: of all possible ways the steps and the signatures
 * that are looked at are counted, signatures from the authority on, which nobody can make who is not of it.
 * @param at in milliseconds
 * @returns words for the log alone, undefined when all is well
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-6
 */
export function findChainFault({ leaf, intermediates, authorities }: PresentedChain, at: number): string | undefined {
  if (intermediates.length > MOST_INTERMEDIATES) return 'there are too many certificates beside it';
  try {
    const certificate = readCertificate(leaf);
    const trusted = authorities.slice(0, MOST_AUTHORITIES).flatMap((authority) => authorityOf(authority) ?? []);
    const fault = findLeafFault(certificate, at);
    return fault === undefined ? findWayFault(certificate, { intermediates, trusted, at }) : `the certificate ${fault}`;
  } catch (error) {
    if (error instanceof MalformedDer) return `the certificate cannot be read: ${error.message}`;
    throw error;
  }
}

function authorityOf(authority: string | Buffer): Certificate | undefined {
  if (typeof authority !== 'string') return tryCertificate(authority);
  let found = known.get(authority);
  if (!found) {
    found = { certificate: certificateOfPem(authority) };
    known.set(authority, found);
  }
  return found.certificate;
}

function findWayFault(
  leaf: Certificate,
  { intermediates, trusted, at }: { intermediates: readonly Buffer[]; trusted: readonly Certificate[]; at: number },
): string | undefined {
  const search: Search = {
    intermediates: intermediates.flatMap((der) => tryCertificate(der) ?? []),
    authorities: trusted,
    at,
    signatures: new SignatureChecks(),
    steps: MOST_STEPS,
    fault: undefined,
  };
  if (hasWay([leaf], search)) return undefined;
  return search.steps <= 0 || search.signatures.areUsedUp ? TOO_MUCH_WORK : (search.fault ?? UNTRUSTED);
}

/** Whether a way leads from a client's certificate to an authority. @param path as far as it was found, the client's first */
function hasWay(path: readonly Certificate[], search: Search): boolean {
  const last = path.at(-1) as Certificate;
  for (const authority of search.authorities) {
    search.steps -= 1;
    if (search.steps <= 0 || search.signatures.areUsedUp) return false;
    if (!mayHaveIssued(authority, last)) continue;
    const fault = findPathFault([...path, authority], search);
    if (fault === undefined) return true;
    search.fault ??= fault;
  }
  for (const issuer of search.intermediates) {
    search.steps -= 1;
    if (search.steps <= 0) return false;
    // A loop leads nowhere. The same key under the same name is the same authority, whatever certificate says so.
    if (!mayHaveIssued(issuer, last) || path.some((one) => isSameEntity(one, issuer))) continue;
    const fault = findIssuerFault(issuer, search.at);
    if (fault !== undefined) search.fault ??= `an intermediate ${fault}`;
    else if (hasWay([...path, issuer], search)) return true;
  }
  return false;
}

/** By names and by the identifiers of keys, where both have one. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.1 */
function mayHaveIssued({ subjectBytes, subject, extensions: { subjectKeyId } }: Certificate, issued: Certificate): boolean {
  const { authorityKeyId } = issued.extensions;
  if (subject.length === 0 || !subjectBytes.equals(issued.issuer)) return false;
  return subjectKeyId === undefined || authorityKeyId === undefined || subjectKeyId === authorityKeyId;
}

function isSameEntity(one: Certificate, other: Certificate): boolean {
  return one.subjectBytes.equals(other.subjectBytes) && one.key.bytes.equals(other.key.bytes);
}

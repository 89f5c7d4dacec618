import type { Certificate } from './certificate.js';
import { findIssuerFault } from './certificate-roles.js';
import { areWithin } from './name-constraints.js';
import type { SignatureChecks } from './signature-checks.js';

/**
 * Says why a way from a client's certificate to an authority is none, though each is named by the one before.
 * @param path the client's first; what stands between is an authority's
 * @param at in milliseconds
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-6.1
 */
export function findPathFault(
  path: readonly Certificate[],
  { at, signatures }: { at: number; signatures: SignatureChecks },
): string | undefined {
  const authority = path.at(-1) as Certificate;
  const fault = findIssuerFault(authority, at);
  if (fault !== undefined) return `the authority ${fault}`;
  if (path.some((one, place) => isTooFarUp(one, path.slice(1, Math.max(place, 1))))) return 'an authority may not have others below it';
  // From the authority on: whoever is not of it comes no further than the first.
  for (let place = path.length - 1; place > 0; place -= 1) {
    const [issuer, issued] = [path[place], path[place - 1]] as [Certificate, Certificate];
    const wrong = findSigningFault(issuer, issued, signatures);
    if (wrong !== undefined) return wrong;
  }
  const { fault: keyFault } = signatures.keyOf(path[0] as Certificate);
  if (keyFault !== undefined) return `the key of the certificate ${keyFault}`;
  return path.every((issuer, place) => hasOnlyItsNames(issuer, path.slice(0, place)))
    ? undefined
    : 'a name is not one that its authority may give';
}

/** @param below the authorities between it and the client; those that name themselves do not count */
function isTooFarUp({ extensions: { pathLength } }: Certificate, below: readonly Certificate[]): boolean {
  return pathLength !== undefined && below.filter((one) => !isSelfIssued(one)).length > pathLength;
}

function isSelfIssued({ issuer, subjectBytes }: Certificate): boolean {
  return issuer.equals(subjectBytes);
}

function findSigningFault(issuer: Certificate, issued: Certificate, signatures: SignatureChecks): string | undefined {
  if (!issued.hasSoundSignature) return 'a signature is in an algorithm that proves nothing';
  const { fault } = signatures.keyOf(issuer);
  if (fault !== undefined) return `the key of an authority ${fault}`;
  return signatures.isBy(issuer, issued) ? undefined : 'a signature is not by the authority that it names';
}

/** An authority that names itself, as it does for a new key, keeps its name. */
function hasOnlyItsNames({ extensions: { constraints } }: Certificate, below: readonly Certificate[]): boolean {
  if (!constraints) return true;
  const held = below.filter((one, place) => place === 0 || !isSelfIssued(one));
  return held.every(({ subject, extensions: { names } }) => areWithin(constraints, { subject, names }));
}

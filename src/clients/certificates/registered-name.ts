import ipaddr from 'ipaddr.js';
import { holdsSecret, SECRET_FAULT } from '../../platform/graphql/input-rules.js';
import { hasHidden } from '../../platform/hidden-characters.js';
import { isAddress } from '../../platform/http/networks.js';
import { MalformedName, parseName } from './name-text.js';

/** The name that a client's certificates have: exactly one of them. @see https://www.rfc-editor.org/rfc/rfc8705#section-2.1.2 */
export interface RegisteredName {
  /** As RFC 4514 writes it. */
  subjectDn?: string | null;
  sanDns?: string | null;
  sanUri?: string | null;
  sanIp?: string | null;
  sanEmail?: string | null;
}

const LONGEST = 500;
const LONGEST_DNS = 253;
const LONGEST_LOCAL_PART = 64;
const DNS_NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const LAST_LABEL_IS_NUMBER = /(?:^|\.)\d+$/;
const ASCII = /^[\x21-\x7E]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:./;
const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)*$/;

const RULES: readonly (readonly [keyof RegisteredName, (value: string) => string | undefined])[] = [
  ['subjectDn', findDnFault],
  ['sanDns', findDnsFault],
  ['sanUri', findUriFault],
  ['sanIp', findIpFault],
  ['sanEmail', findEmailFault],
];

/**
 * Says what is wrong with the name that a client's certificates shall have.
 * @returns a sentence that says what to change, undefined when all is well
 */
export function findRegisteredNameFault(name: RegisteredName): string | undefined {
  const given = RULES.flatMap(([field, rule]) => (name[field] == null ? [] : [{ field, rule, value: name[field] }]));
  const [one] = given;
  if (one === undefined || given.length > 1) return 'Give exactly one of subjectDn, sanDns, sanUri, sanIp and sanEmail.';
  const { field, rule, value } = one;
  if (typeof value !== 'string' || value === '' || value.length > LONGEST) return `Give ${field} 1 to ${LONGEST} characters.`;
  if (!value.isWellFormed() || hasHidden(value) || value.trim() !== value)
    return `Give ${field} without hidden characters, and without blanks around it.`;
  return holdsSecret(value) ? SECRET_FAULT : rule(value);
}

function findDnFault(value: string): string | undefined {
  try {
    parseName(value);
    return undefined;
  } catch (error) {
    if (error instanceof MalformedName) return `Give subjectDn as RFC 4514 writes it, such as CN=billing,O=Example,C=DE: ${error.message}`;
    throw error;
  }
}

function findDnsFault(value: string): string | undefined {
  if (isAddress(value) || LAST_LABEL_IS_NUMBER.test(value)) return 'Give sanDns as a name: what reads as an address is given as sanIp.';
  if (value.includes('*')) return 'Give sanDns without a wildcard: it is compared as it is.';
  if (value.length > LONGEST_DNS || !DNS_NAME.test(value))
    return `Give sanDns as a host name of at most ${LONGEST_DNS} characters, such as client.example.com; letters beyond ASCII as xn--.`;
  return undefined;
}

function findUriFault(value: string): string | undefined {
  if (!ASCII.test(value) || !SCHEME.test(value)) return 'Give sanUri as an absolute URI in ASCII, such as spiffe://example.org/billing.';
  if (/^spiffe:/i.test(value) && !SPIFFE_ID.test(value))
    return 'Give a SPIFFE ID as spiffe://trust-domain/path, without query, port or empty segments.';
  return undefined;
}

function findIpFault(value: string): string | undefined {
  if (!isAddress(value) || value.includes('%')) return 'Give sanIp as one address, such as 192.0.2.1 or 2001:db8::1.';
  const address = ipaddr.parse(value);
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) return 'Give an address of IPv4 as sanIp without ::ffff: before it.';
  return undefined;
}

function findEmailFault(value: string): string | undefined {
  const at = value.lastIndexOf('@');
  const isSound = at > 0 && at <= LONGEST_LOCAL_PART && ASCII.test(value) && DNS_NAME.test(value.slice(at + 1));
  return isSound && !value.slice(0, at).includes('@')
    ? undefined
    : 'Give sanEmail as an address of mail in ASCII, such as client@example.com.';
}

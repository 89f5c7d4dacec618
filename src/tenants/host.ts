import { isIPv4 } from 'node:net';
import { domainToUnicode } from 'node:url';
import { LOOPBACK_NAMES } from '../platform/http/networks.js';

/** A host and a port as a URL may have them, before anything was put in order. */
const FORM = /^(?<name>\[[0-9A-Fa-f:.]+\]|[^\s:/?#@[\]\\%*]+)(?<port>:\d{1,5})?$/u;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LONGEST_NAME = 253;
/** As long as it can be stored. */
const LONGEST_HOST = 255;

/** What a URL begins with: `http:` or `https:`. */
export type Scheme = 'http:' | 'https:';

/**
 * A host in the one form in which it is stored and looked up: lower case, ASCII (an IDN as its
 * A-labels), without the scheme's own port.
 * @returns undefined when it is none: with a path, a user, a wildcard, a port out of range
 * @see https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2
 */
export function normalizeHost(text: string, scheme: Scheme): string | undefined {
  // To find the ASCII of an IDN takes the square of its length.
  if (text.length > LONGEST_HOST) return undefined;
  const { name = '', port } = FORM.exec(text)?.groups ?? {};
  const url = URL.parse(`${scheme}//${name}${port ?? ''}`);
  if (name === '' || !url || Number(port?.slice(1) ?? 1) === 0) return undefined;
  return url.host.length <= LONGEST_HOST && isName(url.hostname, name.toLowerCase()) ? url.host : undefined;
}

/** @param given what the URL parser was given; it takes `1.2` and `0x7f.1` for addresses, which nobody means */
function isName(hostname: string, given: string): boolean {
  if (hostname.startsWith('[')) return true;
  if (/^[\d.]+$/.test(hostname)) return isIPv4(hostname) && hostname === given;
  return hostname.length <= LONGEST_NAME && hostname.split('.').every((label) => LABEL.test(label) && !isEmptyALabel(label));
}

/** Whether a label says that it stands for letters of any script, and stands for none: some parsers take it, and others fail. */
function isEmptyALabel(label: string): boolean {
  return label.startsWith('xn--') && ['', label].includes(domainToUnicode(label));
}

/**
 * Whether a host is whole. A name of one label is what somebody has cut short, for the host of a tenant never changes, unless
 * that of the home tenant is one (of an intranet).
 * @param host as {@link normalizeHost} gives it
 */
export function isWhole(host: string, homeHost: string): boolean {
  const { hostname } = new URL(`http://${host}`);
  if (/[.[]/.test(hostname) || LOOPBACK_NAMES.includes(hostname)) return true;
  const { hostname: home } = new URL(`http://${homeHost}`);
  return !/[.[]/.test(home) && !LOOPBACK_NAMES.includes(home);
}

/** All hosts that mean the same as one: on the loopback its names are as good as one another. */
export function aliasesOf(host: string): string[] {
  const { hostname, port } = new URL(`http://${host}`);
  const suffix = port === '' ? '' : `:${port}`;
  return LOOPBACK_NAMES.includes(hostname) ? LOOPBACK_NAMES.map((name) => name + suffix) : [host];
}

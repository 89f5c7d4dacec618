import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** A network of addresses. */
export interface Network {
  /** Its first. */
  address: IpAddress;
  /** How many bits are the same in all. */
  bits: number;
}

/** The loopback's names in a URL, each as good as the others. */
export const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** What is assigned to be reached from everywhere. @see https://www.iana.org/assignments/ipv6-address-space */
const GLOBAL_IPV6: Network = { address: ipaddr.parse('2000::'), bits: 3 };

/** Reads a network such as `10.20.0.0/16`, or one address; undefined when it is none, or has bits outside of itself. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', bits, ...more] = text.split('/');
  if (!isAddress(address) || more.length > 0 || !/^\d{1,3}$/.test(bits ?? '0')) return undefined;
  const parsed = ipaddr.parse(address);
  const length = bits === undefined ? lengthOf(parsed) : Number(bits);
  if (length > lengthOf(parsed) || networkAddress(parsed, length) !== parsed.toString()) return undefined;
  return { address: parsed, bits: length };
}

/**
 * Whether an address can be reached from everywhere: neither on this machine nor near it, nor in a range that is private, shared, translated into
 * another, or kept for documents. What a tenant names is asked there alone.
 * @param listed what the operator allows beside that; an address of this machine only where it is listed by itself
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isReachable(text: string, listed: readonly Network[]): boolean {
  if (!isAddress(text)) return false;
  const address = ipaddr.process(inHextets(text));
  if (isOwn(address)) return listed.some((network) => isWhole(network) && contains(network, address));
  return isGlobal(address) || listed.some((network) => contains(network, address));
}

/** Whether an address is in one of some networks. One of IPv4 that is dressed as IPv6 counts without its dress. */
export function isWithin(text: string, networks: readonly Network[]): boolean {
  if (!isAddress(text)) return false;
  const address = ipaddr.process(text);
  return networks.some((network) => contains(network, address));
}

/** Whether an address is one of this machine's loopback. */
export function isLoopback(text: string): boolean {
  return isAddress(text) && ipaddr.process(text).range() === 'loopback';
}

/** Whether a URL is plain http on this machine's loopback, by a name that everybody knows. */
export function isLoopbackHttp(url: string): boolean {
  const { protocol, hostname = '' } = URL.parse(url) ?? {};
  return protocol === 'http:' && LOOPBACK_NAMES.includes(hostname);
}

/** Whether a text is an address in the form that everybody reads alike: `017.1` and other numbers are not. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && ipaddr.IPv6.isValid(text));
}

/** As a URL has it: the parser of addresses takes `::192.0.2.1`, which nobody routes, for one of IPv4 that is dressed as IPv6. */
function inHextets(text: string): string {
  return text.includes(':') ? (URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) ?? text) : text;
}

function isGlobal(address: IpAddress): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || contains(GLOBAL_IPV6, address));
}

/**
 * Asked each time: addresses come and go, the loopback's among them. All of its range is this machine, and so is what names no machine at all;
 * where the system does not tell which addresses are its own, any may be.
 */
function isOwn(address: IpAddress): boolean {
  if (address.range() === 'loopback' || address.range() === 'unspecified') return true;
  try {
    const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
    return own.some((one) => ipaddr.process(one.address).toString() === address.toString());
  } catch {
    return true;
  }
}

function contains(network: Network, address: IpAddress): boolean {
  return network.address.kind() === address.kind() && networkAddress(address, network.bits) === network.address.toString();
}

function isWhole({ address, bits }: Network): boolean {
  return bits === lengthOf(address);
}

/** In bits. */
function lengthOf(address: IpAddress): number {
  return address.kind() === 'ipv4' ? 32 : 128;
}

/** The first address of the network that an address is in. */
function networkAddress(address: IpAddress, bits: number): string {
  const bytes = address.toByteArray().map((byte, index) => byte & (0xff00 >> Math.min(Math.max(bits - index * 8, 0), 8)));
  return ipaddr.fromByteArray(bytes).toString();
}

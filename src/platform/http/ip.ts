import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { isAddress } from './networks.js';

/** An address from which a request comes. */
export interface Address {
  /** In its usual form, of at most 39 characters; an IPv4 address that is dressed as IPv6 without its dress. */
  plain: string;
  /** Who stands behind it: with IPv6 its network of 64 bits, for whoever has one address there has all. */
  source: string;
  /** What may all be one's: of IPv6 the network of 48 bits, of IPv4 that of 24. */
  network: string;
}

/** An address of 45 characters, its brackets, zone and port. */
const LONGEST = 100;
const HEXTETS_OF_A_NETWORK = 4;
const HEXTETS_OF_6TO4 = 3;
const BYTES_OF_IPV4 = 4;
/** Of an address of IPv4 in bytes, of a network of IPv6 in hextets. */
const PARTS_OF_A_NETWORK = 3;
const known = new LRUCache<string, Address>({ max: 1000 });

/** What is said of something that is no address, as RFC 7239 says it: all of it is one source. */
const UNKNOWN: Address = { plain: 'unknown', source: 'unknown', network: 'unknown' };
/** As proxies write an address: some of them with its port, or with the zone that it is of. */
const FORMS = [/^([\d.]+):\d{1,5}$/, /^\[([\da-f:.]+)(?:%[\w.-]+)?\](?::\d{1,5})?$/i, /^([\da-f:.]+)(?:%[\w.-]+)?$/i];

/** The address from which a request comes, as the last of so many proxies were told; that of the connection when none has said it. */
export function senderOf({ headers, socket }: IncomingMessage, proxies: number): string {
  const [said = ''] =
    proxies > 0
      ? String(headers['x-forwarded-for'] ?? '')
          .split(',')
          .slice(-proxies)
      : [];
  return said.trim() || (socket.remoteAddress ?? '');
}

/** Reads an address, with or without a port; what is none is `unknown`. */
export function addressOf(ip: string): Address {
  const text = ip.slice(0, LONGEST);
  let address = known.get(text);
  if (!address) {
    address = parse(text);
    known.set(text, address);
  }
  return address;
}

function parse(text: string): Address {
  const [ip] = FORMS.flatMap((form) => form.exec(text)?.[1] ?? []);
  if (ip === undefined || !isAddress(ip)) return UNKNOWN;
  const address = ipaddr.process(ip);
  const plain = address.toString();
  const source = address instanceof ipaddr.IPv6 ? sourceOf(address) : plain;
  return { plain, source, network: source.split(/[.:]/).slice(0, PARTS_OF_A_NETWORK).join('.') };
}

function sourceOf(address: ipaddr.IPv6): string {
  // NAT64: whoever is behind it stands in the last 32 bits, and all of IPv4 in one network.
  if (address.range() === 'rfc6052') return ipaddr.fromByteArray(address.toByteArray().slice(-BYTES_OF_IPV4)).toString();
  // 6to4: one address of IPv4 has a network of 48 bits.
  if (address.range() === '6to4') return address.parts.slice(0, HEXTETS_OF_6TO4).join(':');
  return address.parts.slice(0, HEXTETS_OF_A_NETWORK).join(':');
}

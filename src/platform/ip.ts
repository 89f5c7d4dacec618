import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';

/** An address from which a request comes. */
export interface Address {
  /** In its usual form, of at most 45 characters; an IPv4 address that is dressed as IPv6 without its dress. */
  plain: string;
  /** Who stands behind it: with IPv6 its network of 64 bits, for whoever has one address there has all. */
  source: string;
}

const LONGEST = 45;
const HEXTETS_OF_A_NETWORK = 4;
const known = new LRUCache<string, Address>({ max: 1000 });

/** Reads an address; what is none stays as it is, cut to 45 characters. */
export function addressOf(ip: string): Address {
  let address = known.get(ip);
  if (!address) {
    address = parse(ip);
    known.set(ip, address);
  }
  return address;
}

function parse(ip: string): Address {
  if (!ipaddr.isValid(ip)) return { plain: ip.slice(0, LONGEST), source: ip.slice(0, LONGEST) };
  const address = ipaddr.process(ip);
  const plain = address.toString().slice(0, LONGEST);
  return { plain, source: address instanceof ipaddr.IPv6 ? address.parts.slice(0, HEXTETS_OF_A_NETWORK).join(':') : plain };
}

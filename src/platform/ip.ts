import ipaddr from 'ipaddr.js';

const LONGEST = 45;
const HEXTETS_OF_A_NETWORK = 4;

/** An address in its usual form; an IPv4 address that is dressed as IPv6 without its dress. What is none stays as it is, cut to 45 characters. */
export function plainIp(ip: string): string {
  return (ipaddr.isValid(ip) ? ipaddr.process(ip).toString() : ip).slice(0, LONGEST);
}

/** Who stands behind an address: with IPv6 its network of 64 bits, for whoever has one address there has all. */
export function sourceOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip.slice(0, LONGEST);
  const address = ipaddr.process(ip);
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, HEXTETS_OF_A_NETWORK).join(':') : address.toString();
}

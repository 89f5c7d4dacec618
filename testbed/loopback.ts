import dns from 'node:dns';

const lookup = dns.lookup;

/** Lets `fetch` find hosts below `localhost` on this machine, as browsers and curl do; not every system's resolver does. */
dns.lookup = ((host: string, ...rest: unknown[]) =>
  (lookup as (...all: unknown[]) => void)(host.endsWith('.localhost') ? '127.0.0.1' : host, ...rest)) as typeof dns.lookup;

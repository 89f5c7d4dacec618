import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';

const TIMEOUT_MS = 5_000;
const LARGEST_BYTES = 256 * 1024;
const NEAR = new Set<string>(['loopback', 'linkLocal', 'unspecified', 'broadcast', 'multicast']);
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** A request that the server sends itself. */
interface Outgoing {
  method?: string;
  headers?: Record<string, string> | Headers;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** A URL that did not answer, or not in the bounds that are set. */
export class Unreachable extends Error {
  constructor(options?: ErrorOptions) {
    super('it cannot be reached, redirects, or answers too slowly or too much', options);
    this.name = 'Unreachable';
  }
}

/** Whether the server asks a URL at all. @param allowsLoopback whether TLS may be missing on the loopback */
export function isFetchable(url: string, allowsLoopback: boolean): boolean {
  const { protocol, hostname } = URL.parse(url) ?? {};
  return protocol === 'https:' || (protocol === 'http:' && allowsLoopback && LOOPBACK.includes(hostname as string));
}

/**
 * A fetch for URLs that somebody else chose: TLS only, which keeps it from talking to whatever has no
 * certificate for the name that was given; nothing on this machine unless that is allowed; no redirects; five seconds and 256 KiB at most.
 * What it returns throws {@link Unreachable}.
 */
export function createGuardedFetch(allowsLoopback: boolean): (url: string, request: Outgoing) => Promise<Response> {
  return async (url, { signal, ...request }) => {
    if (!isFetchable(url, allowsLoopback)) throw new Unreachable();
    if (!allowsLoopback) await requireElsewhere(new URL(url).hostname);
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    const limits = { redirect: 'error', signal: signal ? AbortSignal.any([signal, deadline]) : deadline } as const;
    try {
      const response = await fetch(url, { ...(request as RequestInit), ...limits });
      const { status, statusText, headers } = response;
      return new Response(await readBounded(response), { status, statusText, headers });
    } catch (cause) {
      throw new Unreachable({ cause });
    }
  };
}

/** This machine and its nearest neighbours have services that trust whoever can reach them. @throws {Unreachable} */
async function requireElsewhere(hostname: string): Promise<void> {
  const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  const isElsewhere = found.every(({ address }) => !NEAR.has(ipaddr.process(address).range()));
  if (found.length === 0 || !isElsewhere) throw new Unreachable();
}

async function readBounded({ body }: Response): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!body) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LARGEST_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

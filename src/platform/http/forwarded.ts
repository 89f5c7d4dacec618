import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { LONGEST_PARSED } from './header-limit.js';
import { addressOf, senderOf } from './ip.js';
import { isWithin, type Network } from './networks.js';
import type { Reach } from './settings.js';

/** What only a proxy says, beside all that begins as {@link FORWARDED} does and the header with a certificate. */
const OF_PROXIES = ['forwarded', 'x-request-id'];
const FORWARDED = 'x-forwarded-';
/** Of these each proxy adds an entry of its own, or leaves what the one before it wrote. */
const LISTS = ['x-forwarded-host', 'x-forwarded-proto'];

/** Whom to believe about where a request comes from. */
export type ProxyTrust = Pick<Reach, 'trustProxy'> & Partial<Pick<Reach, 'trustedProxies' | 'clientCertHeader'>>;

/** Tells proxies from everybody else, once for each request and before anything looks at its headers. */
export class Forwarded {
  readonly #proxies: number;
  readonly #networks: readonly Network[] | undefined;
  readonly #ofProxies: ReadonlySet<string>;
  /** Of connections, for of one that breaks off the system tells no address. */
  readonly #isProxy = new WeakMap<Socket, boolean>();

  constructor({ trustProxy, trustedProxies, clientCertHeader: header }: ProxyTrust) {
    this.#proxies = trustProxy;
    this.#networks = trustedProxies;
    this.#ofProxies = new Set([...OF_PROXIES, ...(header ? [header.name] : []), ...(header?.chainName ? [header.chainName] : [])]);
  }

  /**
   * Where proxies are known by their addresses, takes off what only they say from whoever is none, as if it had not been sent. Of what one
   * of them says, what the outermost wrote is left, so that it counts as that of a single proxy.
   */
  normalise(request: IncomingMessage): void {
    if (!this.#networks) return;
    if (this.#isFromProxy(request.socket)) keepOutermost(request, this.#networks);
    else this.#takeOff(request);
  }

  /** The address from which a request comes that was normalised. */
  senderOf(request: IncomingMessage): string {
    return senderOf(request, this.#proxies);
  }

  #isFromProxy(socket: Socket): boolean {
    let known = this.#isProxy.get(socket);
    if (known === undefined) {
      known = isWithin(addressOf(socket.remoteAddress ?? '').plain, this.#networks ?? []);
      this.#isProxy.set(socket, known);
    }
    return known;
  }

  #takeOff(request: IncomingMessage): void {
    const { headers } = request;
    const found: string[] = [];
    for (const name in headers) if (name.startsWith(FORWARDED) || this.#ofProxies.has(name)) found.push(name);
    if (found.length === 0) return;
    // Node makes it of what was sent, and of as many as were.
    const { headersDistinct } = request;
    for (const name of found) {
      delete headers[name];
      delete headersDistinct[name];
    }
    const isLeft = (_: string, index: number, all: readonly string[]) =>
      !found.includes((all[index - (index % 2)] as string).toLowerCase());
    request.rawHeaders = request.rawHeaders.filter(isLeft);
  }
}

/** X-Forwarded-For is read from the right, past the proxies themselves; when all are, the first of them has sent the request. */
function keepOutermost({ headers }: IncomingMessage, networks: readonly Network[]): void {
  const said = headers['x-forwarded-for'] === undefined ? '' : String(headers['x-forwarded-for']);
  // It is refused, and not gone through before.
  if (said.length > LONGEST_PARSED) return;
  const { sender, proxies } = outermost(said, networks);
  if (said !== '') headers['x-forwarded-for'] = sender;
  for (const name of LISTS) {
    const list = headers[name];
    if (list !== undefined) headers[name] = String(list).split(',').slice(-proxies)[0]?.trim() ?? '';
  }
}

/** The last entry that is no proxy's, and how many proxies the request came through; without a copy of what stands before it. */
function outermost(list: string, networks: readonly Network[]): { sender: string; proxies: number } {
  let sender = '';
  let proxies = 0;
  for (let end = list.length; end >= 0; ) {
    const comma = end === 0 ? -1 : list.lastIndexOf(',', end - 1);
    const entry = list.slice(comma + 1, end).trim();
    end = comma;
    if (entry === '') continue;
    sender = entry;
    proxies += 1;
    if (!isWithin(addressOf(entry).plain, networks)) break;
  }
  return { sender, proxies: Math.max(proxies, 1) };
}

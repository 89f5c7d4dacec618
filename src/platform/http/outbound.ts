import type { LookupAddress } from 'node:dns';
import { type IncomingMessage, request as requestPlainly } from 'node:http';
import { request as requestOverTls } from 'node:https';
import type { LookupFunction } from 'node:net';
import { BadUserInput } from '../errors.js';
import { nextSlice } from '../queues/slices.js';
import { countValues, hasLongText } from './json-values.js';
import { findAddresses } from './name-lookup.js';
import { isLoopback, isLoopbackHttp, isReachable, type Network } from './networks.js';
import { BoundedAgent, BoundedTlsAgent, faultOf, LARGEST_BYTES, noteContent, TIMEOUT_MS } from './outbound-agents.js';

/** Of JSON, which is copied by whoever asks: a provider that describes itself has some hundred. */
const MOST_VALUES = 5_000;
/** Of JSON: an ID token is one text, and is parsed as well. */
const LONGEST_TEXT = 48 * 1024;
const HANDED_ON = ['content-type', 'cache-control'] as const;
const LONGEST_HEADER = 1_000;
/** Statuses whose answer has no body, and that `Response` refuses one for. @see https://fetch.spec.whatwg.org/#null-body-status */
const WITHOUT_BODY = [204, 205, 304];

/** A request that the server sends itself. */
interface Outgoing {
  method?: string;
  headers?: Record<string, string> | Headers;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** All addresses of a name. */
export type LookUp = (hostname: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

/** Where the server may send requests. */
export interface OutboundRules {
  /** Whether TLS may be missing, and this machine be asked: on the loopback alone. */
  allowsLoopback: boolean;
  /** What the operator allows beside addresses that can be reached from everywhere. */
  networks: readonly Network[];
  lookUp?: LookUp;
}

/** A URL that did not answer, or not in the bounds that are set. */
export class Unreachable extends Error {
  constructor(options?: ErrorOptions) {
    super('it cannot be reached, redirects, or answers too slowly or too much', options);
    this.name = 'Unreachable';
  }
}

const lookUpAll: LookUp = (hostname, done) => {
  findAddresses(hostname).then(
    (addresses) => done(null, addresses),
    (error) => done(error, []),
  );
};

/**
 * Requests to URLs that somebody else chose. TLS only, which keeps the server from talking to whatever has no certificate for the name that was
 * given; to addresses that can be reached from everywhere, unless the operator allows more; no redirects; five seconds, 256 KiB and 5,000
 * values at most.
 */
export class Outbound {
  readonly #agents: { http: BoundedAgent; https: BoundedTlsAgent };

  constructor(private readonly rules: OutboundRules) {
    // DNS rebinding: the connection's own look-up is what is checked, so that no second one can say something else.
    const guarded = (allows: (address: string) => boolean) => ({ keepAlive: false, lookup: createLookup(allows, rules.lookUp) });
    this.#agents = {
      // Whatever the name stands for: without TLS nothing leaves this machine.
      http: new BoundedAgent(guarded((address) => isLoopback(address))),
      // TLS session cache: a ticket that one server gave would be sent to another of the same name.
      https: new BoundedTlsAgent({ ...guarded((address) => isAllowed(address, rules)), maxCachedSessions: 0 }),
    };
  }

  /** Whether a URL is asked at all, as far as it can be told from itself. */
  permits(url: string): boolean {
    const { protocol, hostname = '', username, password } = URL.parse(url) ?? {};
    if (username || password) return false;
    if (isLoopbackHttp(url)) return this.rules.allowsLoopback;
    return protocol === 'https:' && (!isLiteral(hostname) || isAllowed(addressIn(hostname), this.rules));
  }

  /** Requires that a URL is one that is asked at all. @param path of the input that it was given in @throws {BadUserInput} */
  requirePermitted(url: string, path: string): void {
    if (!this.permits(url)) throw new BadUserInput([{ path, message: NOT_PERMITTED }]);
  }

  /** As the platform's `fetch`, within these bounds. @throws {Unreachable} */
  readonly fetch = async (url: string, { signal, ...outgoing }: Outgoing): Promise<Response> => {
    if (!this.permits(url)) throw new Unreachable();
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    const ends = signal ? AbortSignal.any([signal, deadline]) : deadline;
    try {
      return await this.#send(new Request(url, outgoing as RequestInit), ends);
    } catch (cause) {
      throw new Unreachable({ cause });
    }
  };

  async #send(outgoing: Request, signal: AbortSignal): Promise<Response> {
    const { url, method } = outgoing;
    const isPlain = url.startsWith('http:');
    const body = Buffer.from(await outgoing.arrayBuffer());
    const length = method === 'GET' ? {} : { 'content-length': String(body.length) };
    const headers = { ...Object.fromEntries(outgoing.headers), ...length };
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      const agent = isPlain ? this.#agents.http : this.#agents.https;
      const sent = (isPlain ? requestPlainly : requestOverTls)(url, { method, headers, agent, signal }, resolve);
      // Nobody asked for another protocol: Node tells of nothing else then.
      sent.on('upgrade', (_answer, socket) => {
        socket.destroy();
        reject(new Error('it changes the protocol'));
      });
      sent.on('error', reject).end(body);
    });
    return toResponse(incoming);
  }
}

const NOT_PERMITTED =
  'Give an https URL outside of this machine and of private networks: nothing else is asked. The setting TRUSTED_ISSUER_NETWORKS lists networks that may be asked all the same.';

/** A name is looked up once, by the connection, and every address that it has must be allowed. */
function createLookup(allows: (address: string) => boolean, lookUp = lookUpAll): LookupFunction {
  return (hostname, { all }, done) =>
    lookUp(hostname, (error, addresses) => {
      const fault = error ?? findFault(addresses, allows);
      const [first] = addresses ?? [];
      if (fault || !first) done(fault ?? null, []);
      else if (all) done(null, addresses);
      else done(null, first.address, first.family);
    });
}

/** What is thrown where an answer is waited for would be nobody's to catch. */
function findFault(addresses: readonly LookupAddress[], allows: (address: string) => boolean): Error | undefined {
  try {
    if (addresses.length > 0 && addresses.every(({ address }) => allows(address))) return undefined;
    return new Error('an address of this name is not one that may be asked');
  } catch (error) {
    return error as Error;
  }
}

function isAllowed(address: string, { allowsLoopback, networks }: OutboundRules): boolean {
  return (allowsLoopback && isLoopback(address)) || isReachable(address, networks);
}

/** A connection to an address looks nothing up: it is checked by itself. */
function isLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
}

function addressIn(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

async function toResponse(incoming: IncomingMessage): Promise<Response> {
  const { statusCode: status = 500, statusMessage: statusText = '' } = incoming;
  if (status >= 300 && status < 400) {
    incoming.destroy();
    throw new Error('it redirects');
  }
  const body = await readBounded(incoming);
  // What is done with it takes some ten milliseconds, of this thread, and whoever is asked may be somebody's own.
  await nextSlice();
  if (countValues(body) > MOST_VALUES) throw new Error('the answer has too many values');
  if (hasLongText(body, LONGEST_TEXT)) throw new Error('the answer has a text that is too long');
  // An answer that says nothing of its length ends with its connection, also where we end that.
  const { 'content-length': length, 'transfer-encoding': coding = '' } = incoming.headers;
  const saysItsEnd = length !== undefined || coding.toLowerCase().endsWith('chunked') || WITHOUT_BODY.includes(status);
  const fault = faultOf(incoming.socket);
  if (!saysItsEnd && fault) throw fault;
  // No others are needed, and what reads them may take long for what was made for that.
  const headers = HANDED_ON.flatMap((name) => {
    const value = incoming.headers[name]?.slice(0, LONGEST_HEADER);
    return value === undefined ? [] : ([[name, value]] as [string, string][]);
  });
  return new Response(WITHOUT_BODY.includes(status) ? null : body, { status, statusText, headers });
}

/** Copied together: a piece that is kept by itself takes more memory than it has bytes, and there may be as many as bytes. */
async function readBounded(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const body = Buffer.alloc(LARGEST_BYTES);
  let size = 0;
  for await (const chunk of incoming) {
    if (size + chunk.length > LARGEST_BYTES) throw new Error('the answer is too large');
    size += chunk.copy(body, size);
    noteContent(incoming.socket, size);
  }
  return new Uint8Array(body.subarray(0, size));
}

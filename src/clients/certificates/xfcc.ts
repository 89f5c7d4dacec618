import { tryCertificate } from './certificate.js';
import { UnreadableCertificate } from './errors.js';
import { certificatesIn, type Forwarded, unescapedText } from './header-encodings.js';

/** What one proxy says of a client: each key that is read here once. */
interface ForwardedElement {
  Cert?: string;
  Chain?: string;
}

const READ = ['Cert', 'Chain'] as const;

interface Pair {
  key: string;
  value: string;
  /** Where the sign stands that ends it, which is none at the end of the text. */
  end: number;
}

/**
 * The certificate of Envoy's header. Of all proxies that a request came through the last one counts: what stands before it, anybody may have
 * written.
 * @returns undefined where the last one names none
 * @throws {UnreadableCertificate}
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert
 */
export function forwardedByEnvoy(value: string): Forwarded | undefined {
  const elements = readForwardedElements(value);
  if (elements.slice(0, -1).some(mayHaveWrittenMore))
    throw new UnreadableCertificate('a name in a certificate may stand for an element of it');
  return forwardedBy(elements.at(-1) ?? {});
}

function forwardedBy({ Cert: certificate, Chain: chain }: ForwardedElement): Forwarded | undefined {
  const beside = chain === undefined ? [] : certificatesIn(unescapedText(chain));
  if (certificate === undefined) return beside[0] && { certificate: beside[0], beside };
  const [first, ...more] = certificatesIn(unescapedText(certificate));
  if (first === undefined || more.length > 0) throw new UnreadableCertificate('there is to be one certificate in it');
  if (beside[0] !== undefined && !beside[0].equals(first)) throw new UnreadableCertificate('it names two certificates');
  return { certificate: first, beside };
}

/** Injection: Envoy writes the names of a certificate behind it as they are, so that one with a comma in it can go on with an element of its own. */
function mayHaveWrittenMore(element: ForwardedElement): boolean {
  const forwarded = forwardedBy(element);
  if (forwarded === undefined) return false;
  const { dns, uris } = tryCertificate(forwarded.certificate)?.extensions.names ?? {};
  return dns === undefined || uris === undefined || [...dns, ...uris].some((name) => /[,;"]/.test(name));
}

/**
 * Reads the elements of Envoy's header, from the first on: who writes a quote without its end into an element of theirs would
 * otherwise make the last one a part of it. Goes through the text once.
 */
function readForwardedElements(text: string): ForwardedElement[] {
  const elements: ForwardedElement[] = [];
  let element: ForwardedElement = {};
  for (let at = 0; at <= text.length; ) {
    const { key, value, end } = readPair(text, at);
    const name = READ.find((known) => known === key);
    if (name !== undefined && element[name] !== undefined) throw new UnreadableCertificate('an element of it says something twice');
    if (name !== undefined) element[name] = value;
    if (text[end] !== ';') {
      elements.push(element);
      element = {};
    }
    at = end + 1;
  }
  return elements;
}

function readPair(text: string, at: number): Pair {
  const equals = endOf(text, at, /[,;="]/g);
  const key = text.slice(at, equals).trim();
  if (text[equals] !== '=' || key === '') throw malformed();
  return { key, ...(text[equals + 1] === '"' ? readQuoted(text, equals + 2) : readBare(text, equals + 1)) };
}

/** Envoy writes no quotes around URIs, whatever is in them. */
function readBare(text: string, at: number): Omit<Pair, 'key'> {
  const end = endOf(text, at, /[,;"]/g);
  if (text[end] === '"') throw malformed();
  return { value: text.slice(at, end), end };
}

function readQuoted(text: string, at: number): Omit<Pair, 'key'> {
  const signs = /["\\]/g;
  let quote = endOf(text, at, signs);
  while (text[quote] === '\\') quote = endOf(text, quote + 2, signs);
  const end = endOf(text, quote + 1, /[^ \t]/g);
  if (text[quote] !== '"' || (end < text.length && !',;'.includes(text[end] as string))) throw malformed();
  return { value: text.slice(at, quote).replaceAll(/\\(.)/gs, '$1'), end };
}

/** Where the next of some signs stands; the length where there is none. */
function endOf(text: string, at: number, signs: RegExp): number {
  signs.lastIndex = at;
  return signs.exec(text)?.index ?? text.length;
}

function malformed(): UnreadableCertificate {
  return new UnreadableCertificate('its elements are not written as Envoy writes them');
}

import ipaddr from 'ipaddr.js';
import { contextTag, DerReader, type Element, MalformedDer, readElement, readElements, Tag } from './der.js';
import { readSequence } from './der-values.js';
import { asciiOf, type DistinguishedName, isBelow, readName } from './distinguished-name.js';
import { type AlternativeNames, NameTag } from './general-names.js';

/** What an authority may sign. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10 */
export interface NameConstraints {
  permitted: readonly Subtree[];
  excluded: readonly Subtree[];
  /** Whether there are some of a form, or with bounds, that are not understood here: nothing satisfies those. */
  areUnderstood: boolean;
}

/** The names of one form that lie below one. */
interface Subtree {
  tag: number;
  base: string | Buffer | DistinguishedName;
}

/** The names that are held to constraints. */
export interface ConstrainedNames {
  subject: DistinguishedName;
  names: AlternativeNames;
}

/** Each is held to each name of a certificate. */
const MOST_SUBTREES = 200;
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';
const UNDERSTOOD: readonly number[] = Object.values(NameTag);
/** The part of a URI in which its host stands; an address in brackets is none. @see https://www.rfc-editor.org/rfc/rfc3986#section-3.2 */
const URI_HOST = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([A-Za-z0-9._~-]+)(?::\d*)?(?:[/?#]|$)/;
const IPV4 = /^\d+(?:\.\d+){3}$/;

/** @throws {MalformedDer} */
export function readNameConstraints(element: Element): NameConstraints {
  return readSequence(element, (reader) => {
    const [permitted, excluded] = [0, 1].map((number) => reader.optional(contextTag(number, true)));
    if (!permitted && !excluded) throw new MalformedDer('constraints of names are empty');
    const [within, without] = [permitted, excluded].map((list) => (list ? readElements(list.content, Tag.SEQUENCE).map(readSubtree) : []));
    const all = [...(within ?? []), ...(without ?? [])];
    if (all.length > MOST_SUBTREES) throw new MalformedDer('there are too many constraints of names');
    const isKnown = (subtree: Subtree | undefined): subtree is Subtree => subtree !== undefined;
    return {
      permitted: (within ?? []).filter(isKnown),
      excluded: (without ?? []).filter(isKnown),
      areUnderstood: all.every(isKnown),
    };
  });
}

function readSubtree({ content }: Element): Subtree | undefined {
  const reader = new DerReader(content);
  const base = reader.next();
  // A least and a greatest distance, which no profile allows.
  if (!reader.isAtEnd || !UNDERSTOOD.includes(base.tag)) return undefined;
  return { tag: base.tag, base: readBase(base) };
}

function readBase({ tag, content }: Element): Subtree['base'] {
  if (tag === NameTag.DIRECTORY) return readName(readElement(content));
  if (tag === NameTag.EMAIL) return withLowerHost(asciiOf(content));
  if (tag !== NameTag.IP) return asciiOf(content).toLowerCase();
  if (content.length !== 8 && content.length !== 32) throw new MalformedDer('a network has another length than networks have');
  return content;
}

/** Whether all names of a certificate lie where an authority may sign. */
export function areWithin(constraints: NameConstraints, held: ConstrainedNames): boolean {
  return constraints.areUnderstood && UNDERSTOOD.every((tag) => namesOf(held, tag).every((name) => isWithin(constraints, tag, name)));
}

function isWithin({ permitted, excluded }: NameConstraints, tag: number, name: string | DistinguishedName): boolean {
  const ofForm = (list: readonly Subtree[]) => list.filter((subtree) => subtree.tag === tag);
  const allowed = ofForm(permitted);
  const forbidden = ofForm(excluded);
  if (allowed.length + forbidden.length > 0 && tag === NameTag.URI && hostOf(name as string) === undefined) return false;
  return (
    !forbidden.some(({ base }) => lies(name, base, tag)) && (allowed.length === 0 || allowed.some(({ base }) => lies(name, base, tag)))
  );
}

/** The subject is a name of a directory, and an address in it one of mail. */
function namesOf({ subject, names }: ConstrainedNames, tag: number): readonly (string | DistinguishedName)[] {
  if (tag === NameTag.DNS) return names.dns;
  if (tag === NameTag.URI) return names.uris;
  if (tag === NameTag.IP) return names.ips;
  if (tag === NameTag.DIRECTORY) return [...(subject.length > 0 ? [subject] : []), ...names.directories];
  const inSubject = subject.flatMap(({ attributes }) => attributes).filter(({ type }) => type === EMAIL_ADDRESS);
  return [...names.emails, ...inSubject.map(({ text }) => text ?? '')];
}

function lies(name: string | DistinguishedName, base: Subtree['base'], tag: number): boolean {
  if (typeof name !== 'string') return isBelow(name, base as DistinguishedName);
  if (tag === NameTag.IP) return isInNetwork(name, base as Buffer);
  const lower = name.toLowerCase();
  if (tag === NameTag.DNS) return isInDomain(lower, base as string);
  if (tag === NameTag.URI) return isHost(hostOf(lower) ?? '', base as string);
  return isMailbox(name, base as string);
}

/** A name lies below itself. Some authorities write a point before the domain, for all below it alone. */
function isInDomain(name: string, base: string): boolean {
  if (base === '' || name === base) return true;
  return name.endsWith(base.startsWith('.') ? base : `.${base}`);
}

function isHost(host: string, base: string): boolean {
  return base.startsWith('.') ? host.endsWith(base) : host === base;
}

/** One mailbox, all of a host, or, behind a point, all of a domain. */
function isMailbox(name: string, base: string): boolean {
  const mailbox = withLowerHost(name);
  return base.includes('@') ? mailbox === base : isHost(mailbox.slice(mailbox.lastIndexOf('@') + 1), base);
}

/** What stands before the @ is the host's, who may tell capitals apart. */
function withLowerHost(mailbox: string): string {
  const at = mailbox.lastIndexOf('@') + 1;
  return mailbox.slice(0, at) + mailbox.slice(at).toLowerCase();
}

/** @returns undefined for a URI without a host, or with an address for one: constraints on URIs say nothing of those, which are refused */
function hostOf(uri: string): string | undefined {
  const [, host] = URI_HOST.exec(uri) ?? [];
  return host === undefined || IPV4.test(host) ? undefined : host;
}

/** @param network an address and the mask of its bits that count */
function isInNetwork(address: string, network: Buffer): boolean {
  const bytes = ipaddr.parse(address).toByteArray();
  const half = network.length / 2;
  return bytes.length === half && bytes.every((byte, index) => ((byte ^ (network[index] ?? 0)) & (network[half + index] ?? 0)) === 0);
}

import ipaddr from 'ipaddr.js';
import { contextTag, type Element, MalformedDer, readElement, readElements } from './der.js';
import { asciiOf, type DistinguishedName, readName } from './distinguished-name.js';

/** The names that a certificate has beside its subject, each form in the order in which they stand. */
export interface AlternativeNames {
  dns: readonly string[];
  uris: readonly string[];
  /** In their usual form. */
  ips: readonly string[];
  emails: readonly string[];
  directories: readonly DistinguishedName[];
}

/** The forms that are read. Others may stand beside them. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6 */
export const NameTag = {
  EMAIL: contextTag(1),
  DNS: contextTag(2),
  DIRECTORY: contextTag(4, true),
  URI: contextTag(6),
  IP: contextTag(7),
} as const;

/** Each is held to each constraint of an authority. */
const MOST_NAMES = 100;
const UNSEEN = /[^\x21-\x7E]/;

/** Reads the value of a subjectAltName. @throws {MalformedDer} where there are too many, or a text has anything but visible ASCII in it: some readers would end it there */
export function readAlternativeNames(sequence: Element): AlternativeNames {
  const elements = readElements(sequence.content);
  if (elements.length === 0 || elements.length > MOST_NAMES)
    throw new MalformedDer(`there are not 1 to ${MOST_NAMES} names beside the subject`);
  const of = (tag: number) => elements.filter((element) => element.tag === tag).map(({ content }) => content);
  return {
    dns: of(NameTag.DNS).map(visibleOf),
    uris: of(NameTag.URI).map(visibleOf),
    ips: of(NameTag.IP).map(addressOf),
    emails: of(NameTag.EMAIL).map(visibleOf),
    directories: of(NameTag.DIRECTORY).map((content) => readName(readElement(content))),
  };
}

/** @throws {MalformedDer} */
export function visibleOf(content: Buffer): string {
  const text = asciiOf(content);
  if (text === '' || UNSEEN.test(text)) throw new MalformedDer('a name is empty, or has blanks or hidden characters in it');
  return text;
}

/** An address of IPv4 that is dressed as IPv6 stays so: it is another name. */
function addressOf(content: Buffer): string {
  if (content.length !== 4 && content.length !== 16) throw new MalformedDer('an address has another length than addresses have');
  return ipaddr.fromByteArray([...content]).toString();
}

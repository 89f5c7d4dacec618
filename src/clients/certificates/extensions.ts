import { contextTag, DerReader, type Element, MalformedDer, readElement, readElements, Tag } from './der.js';
import { booleanOf, oidOf, readSequence, setBitsOf, smallNumberOf } from './der-values.js';
import { type AlternativeNames, readAlternativeNames } from './general-names.js';
import { type NameConstraints, readNameConstraints } from './name-constraints.js';

/** What the extensions of a certificate say. @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2 */
export interface Extensions {
  isAuthority: boolean;
  /** How many authorities may stand between it and a leaf. */
  pathLength: number | undefined;
  /** Undefined where nothing is said of it. */
  usages: ReadonlySet<KeyUsage> | undefined;
  /** OIDs; undefined where nothing is said of it. */
  extendedUsages: readonly string[] | undefined;
  /** In hexadecimal. */
  subjectKeyId: string | undefined;
  authorityKeyId: string | undefined;
  names: AlternativeNames;
  constraints: NameConstraints | undefined;
  hasUnknownCritical: boolean;
}

/** The bits of keyUsage that are asked for. */
export enum KeyUsage {
  DIGITAL_SIGNATURE = 0,
  KEY_CERT_SIGN = 5,
}

/** The purpose of a certificate that proves a client. */
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** Every purpose that there is. */
export const ANY_PURPOSE = '2.5.29.37.0';

const Id = {
  SUBJECT_KEY_ID: '2.5.29.14',
  KEY_USAGE: '2.5.29.15',
  NAMES: '2.5.29.17',
  BASIC_CONSTRAINTS: '2.5.29.19',
  NAME_CONSTRAINTS: '2.5.29.30',
  POLICIES: '2.5.29.32',
  AUTHORITY_KEY_ID: '2.5.29.35',
  EXTENDED_USAGE: '2.5.29.37',
} as const;
/** Policies: those of a certificate bind nobody who asks for none, which only a policyConstraints would do; that is not known here. */
const KNOWN: readonly string[] = Object.values(Id);
const MOST_EXTENSIONS = 64;
const NO_NAMES: AlternativeNames = { dns: [], uris: [], ips: [], emails: [], directories: [] };

interface Extension {
  id: string;
  isCritical: boolean;
  value: Element;
}

/** @param element the sequence of them; undefined where a certificate has none @throws {MalformedDer} */
export function readExtensions(element: Element | undefined): Extensions {
  const found = element === undefined ? [] : readElements(element.content, Tag.SEQUENCE).map(readExtension);
  if (found.length > MOST_EXTENSIONS) throw new MalformedDer('there are too many extensions');
  if (new Set(found.map(({ id }) => id)).size < found.length) throw new MalformedDer('an extension is there twice');
  const read = <T>(id: string, reading: (value: Element) => T): T | undefined => {
    const extension = found.find((one) => one.id === id);
    return extension && reading(extension.value);
  };
  return {
    ...(read(Id.BASIC_CONSTRAINTS, readBasicConstraints) ?? { isAuthority: false, pathLength: undefined }),
    usages: read(Id.KEY_USAGE, setBitsOf),
    extendedUsages: read(Id.EXTENDED_USAGE, readPurposes),
    subjectKeyId: read(Id.SUBJECT_KEY_ID, readKeyId),
    authorityKeyId: read(Id.AUTHORITY_KEY_ID, readAuthorityKeyId),
    names: read(Id.NAMES, readNames) ?? NO_NAMES,
    constraints: read(Id.NAME_CONSTRAINTS, readNameConstraints),
    hasUnknownCritical: found.some(({ id, isCritical }) => isCritical && !KNOWN.includes(id)),
  };
}

/** What is known has one value and nothing behind it; of the rest nothing is looked into. */
function readExtension({ content }: Element): Extension {
  const reader = new DerReader(content);
  const id = oidOf(reader.next(Tag.OID));
  const critical = reader.optional(Tag.BOOLEAN);
  const value = reader.next(Tag.OCTET_STRING);
  reader.end();
  return { id, isCritical: critical !== undefined && booleanOf(critical), value: KNOWN.includes(id) ? readElement(value.content) : value };
}

function readBasicConstraints(element: Element): { isAuthority: boolean; pathLength: number | undefined } {
  return readSequence(element, (reader) => {
    const authority = reader.optional(Tag.BOOLEAN);
    const length = reader.optional(Tag.INTEGER);
    const isAuthority = authority !== undefined && booleanOf(authority);
    return { isAuthority, pathLength: length && smallNumberOf(length) };
  });
}

function readPurposes(element: Element): string[] {
  const purposes = readSequence(element, (reader) => {
    const found: string[] = [];
    while (!reader.isAtEnd) found.push(oidOf(reader.next(Tag.OID)));
    return found;
  });
  if (purposes.length === 0) throw new MalformedDer('a list of purposes is empty');
  return purposes;
}

function readKeyId({ tag, content }: Element): string {
  if (tag !== Tag.OCTET_STRING) throw new MalformedDer('a key identifier is none');
  return content.toString('hex');
}

/** Issuer and serial number may stand there too; names and signatures say more. */
function readAuthorityKeyId(element: Element): string | undefined {
  return readSequence(element, (reader) => {
    const id = reader.optional(contextTag(0));
    for (const other of [contextTag(1, true), contextTag(2)]) reader.optional(other);
    return id?.content.toString('hex');
  });
}

function readNames(element: Element): AlternativeNames {
  if (element.tag !== Tag.SEQUENCE) throw new MalformedDer('a list of names is none');
  return readAlternativeNames(element);
}

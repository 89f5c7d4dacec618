import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate of a test's own. */
export interface MadeCertificate {
  der: Buffer;
  pem: string;
  /** Its subject in DER. */
  subject: Buffer;
  keys: KeyPair;
}

export interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

/** What a certificate is made of; what is left out is that of a client's, valid for a day. */
export interface Recipe {
  /** In DER; or a common name. */
  subject?: string | Buffer;
  /** Who signs; itself when absent. */
  by?: Pick<MadeCertificate, 'subject' | 'keys'>;
  keys?: KeyPair;
  /** Milliseconds. */
  notBefore?: number;
  notAfter?: number;
  extensions?: readonly Buffer[];
  signing?: Signing;
  /** A number for the version, of which 2 is X.509 v3. */
  version?: number;
}

/** How a signature is made. */
export type Signing =
  | 'ecdsa-sha256'
  | 'ecdsa-sha384'
  | 'ecdsa-sha1'
  | 'rsa-sha256'
  | 'rsa-sha1'
  | 'rsa-md5'
  | 'pss-sha256'
  | 'pss-sha1'
  | 'pss-mixed'
  | 'ed25519';

const DAY = 24 * 60 * 60 * 1000;
let serial = 1;

/** One value in DER. */
export function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  const octets = content.length < 0x80 ? [content.length] : lengthOctets(content.length);
  return Buffer.concat([Buffer.from([tag, ...octets]), content]);
}

function lengthOctets(length: number): number[] {
  const bytes = Buffer.from(length.toString(16).padStart(length < 0x100 ? 2 : length < 0x10000 ? 4 : 6, '0'), 'hex');
  return [0x80 | bytes.length, ...bytes];
}

export const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
export const setOf = (...parts: readonly Buffer[]) => der(0x31, ...parts);
export const utf8 = (text: string) => der(0x0c, text);
export const printable = (text: string) => der(0x13, text);
export const truth = Buffer.from([1, 1, 0xff]);
export const empty = Buffer.from([5, 0]);

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) | 0x80);
    return digits;
  });
  return der(6, Buffer.from(octets));
}

/** A whole number that is not negative. */
export function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return der(2, (bytes[0] as number) & 0x80 ? Buffer.from([0]) : '', bytes);
}

/** Steps from the root, each with what stands on it. */
export function name(...steps: readonly (readonly (readonly [type: string, value: Buffer])[])[]): Buffer {
  return sequence(...steps.map((step) => setOf(...step.map(([type, value]) => sequence(oid(type), value)).sort(Buffer.compare))));
}

export const commonName = (text: string) => name([['2.5.4.3', utf8(text)]]);

export function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [truth] : []), der(4, value));
}

export const basicConstraints = (isAuthority: boolean, pathLength?: number) =>
  extension('2.5.29.19', sequence(...(isAuthority ? [truth] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])), true);

/** @param bits by their numbers: 0 is digitalSignature, 5 keyCertSign */
export function keyUsage(...bits: readonly number[]): Buffer {
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return extension('2.5.29.15', der(3, Buffer.from([7 - Math.max(...bits), byte])), true);
}

export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const purposes = (...oids: readonly string[]) => extension('2.5.29.37', sequence(...oids.map(oid)));

/** Names beside the subject, in their forms' tags: 0x81 mail, 0x82 DNS, 0x86 URI, 0x87 address. */
export const alternativeNames = (...names: readonly (readonly [tag: number, value: string | Buffer])[]) =>
  extension('2.5.29.17', sequence(...names.map(([tag, value]) => der(tag, value))));

/** @param lists of names in DER */
export function nameConstraints({
  permitted = [],
  excluded = [],
}: {
  permitted?: readonly Buffer[];
  excluded?: readonly Buffer[];
}): Buffer {
  const list = (tag: number, bases: readonly Buffer[]) => (bases.length === 0 ? [] : [der(tag, ...bases.map((base) => sequence(base)))]);
  return extension('2.5.29.30', sequence(...list(0xa0, permitted), ...list(0xa1, excluded)), true);
}

export const AUTHORITY: readonly Buffer[] = [basicConstraints(true), keyUsage(5)];
export const CLIENT: readonly Buffer[] = [basicConstraints(false), keyUsage(0), purposes(CLIENT_AUTH)];

export function ecKeys(namedCurve = 'P-256'): KeyPair {
  return generateKeyPairSync('ec', { namedCurve });
}

/** Makes a certificate, sound or not: whatever the recipe says is written and signed. */
export function makeCertificate(recipe: Recipe = {}): MadeCertificate {
  const keys = recipe.keys ?? ecKeys();
  const subject = typeof recipe.subject === 'object' ? recipe.subject : commonName(recipe.subject ?? 'a client');
  const by = recipe.by ?? { subject, keys };
  const { algorithm, make } = signer(recipe.signing ?? 'ecdsa-sha256', by.keys.privateKey);
  serial += 1;
  const version = recipe.version ?? 2;
  const signed = sequence(
    ...(version === 0 ? [] : [der(0xa0, integer(version))]),
    integer(serial),
    algorithm,
    by.subject,
    sequence(moment(recipe.notBefore ?? Date.now() - DAY), moment(recipe.notAfter ?? Date.now() + DAY)),
    subject,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    ...(recipe.extensions?.length === 0 ? [] : [der(0xa3, sequence(...(recipe.extensions ?? CLIENT)))]),
  );
  const bytes = sequence(signed, algorithm, der(3, Buffer.from([0]), make(signed)));
  return { der: bytes, pem: pemOf(bytes), subject, keys };
}

export const makeAuthority = (recipe: Recipe = {}) => makeCertificate({ subject: 'an authority', extensions: AUTHORITY, ...recipe });

export function pemOf(bytes: Buffer, label = 'CERTIFICATE'): string {
  return `-----BEGIN ${label}-----\n${bytes.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`;
}

/** As RFC 5280 has it: two digits for the year until 2049. */
function moment(at: number): Buffer {
  const text = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return new Date(at).getUTCFullYear() < 2050 ? der(0x17, text.slice(2)) : der(0x18, text);
}

function signer(signing: Signing, key: KeyObject): { algorithm: Buffer; make: (data: Buffer) => Buffer } {
  const [kind, digest = null] = signing.split('-') as [string, string?];
  const hash = digest === 'mixed' ? 'sha256' : digest;
  const padded = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return { algorithm: ALGORITHMS[signing], make: (data) => sign(hash, data, kind === 'pss' ? padded : { key }) };
}

const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'));

/** @param mask the digest with which its mask is made */
function pss(mask: Buffer): Buffer {
  const parameters = [der(0xa0, SHA256), der(0xa1, sequence(oid('1.2.840.113549.1.1.8'), mask)), der(0xa2, integer(32))];
  return sequence(oid('1.2.840.113549.1.1.10'), sequence(...parameters));
}

const ALGORITHMS: Record<Signing, Buffer> = {
  'ecdsa-sha256': sequence(oid('1.2.840.10045.4.3.2')),
  'ecdsa-sha384': sequence(oid('1.2.840.10045.4.3.3')),
  'ecdsa-sha1': sequence(oid('1.2.840.10045.4.1')),
  'rsa-sha256': sequence(oid('1.2.840.113549.1.1.11'), empty),
  'rsa-sha1': sequence(oid('1.2.840.113549.1.1.5'), empty),
  'rsa-md5': sequence(oid('1.2.840.113549.1.1.4'), empty),
  'pss-sha256': pss(SHA256),
  'pss-mixed': pss(sequence(oid('1.3.14.3.2.26'))),
  'pss-sha1': sequence(oid('1.2.840.113549.1.1.10'), sequence(der(0xa2, integer(32)))),
  ed25519: sequence(oid('1.3.101.112')),
};

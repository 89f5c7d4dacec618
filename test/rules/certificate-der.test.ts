import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { readCertificate, tryCertificate } from '../../src/clients/certificates/certificate.js';
import { DerReader, type Element, MalformedDer, readElement, readElements } from '../../src/clients/certificates/der.js';
import { booleanOf, momentOf, oidOf, setBitsOf, smallNumberOf } from '../../src/clients/certificates/der-values.js';
import {
  alternativeNames,
  CLIENT,
  der,
  extension,
  integer,
  makeAuthority,
  makeCertificate,
  oid,
  sequence,
} from '../../testbed/certificate-maker.js';

const bytes = (...numbers: readonly number[]) => Buffer.from(numbers);
const malformed = (read: () => unknown) => {
  try {
    return read();
  } catch (error) {
    return error instanceof MalformedDer ? 'malformed' : error;
  }
};
const value = (read: (element: Element) => unknown, ...numbers: readonly number[]) => malformed(() => read(readElement(bytes(...numbers))));

it.each<[string, number[]]>([
  ['nothing', []],
  ['a tag without a length', [0x30]],
  ['a value that is cut off', [0x04, 2, 1]],
  ['a length that is cut off', [0x04, 0x82, 1]],
  ['a length without an end', [0x30, 0x80, 5, 0, 0, 0]],
  ['a length that could be shorter', [0x04, 0x81, 1, 0]],
  ['a length with a zero before it', [0x04, 0x82, 0, 0x80, ...Array(128).fill(0)]],
  ['a length of five bytes', [0x04, 0x85, 0, 0, 0, 0, 1, 0]],
  ['a reserved length', [0x04, 0xff, 0]],
  ['a tag of several bytes', [0x1f, 0x81, 1, 0]],
  ['something behind it', [0x05, 0, 0]],
])('is not %s', (_what, numbers) => {
  expect(malformed(() => readElement(bytes(...numbers)))).toBe('malformed');
});

it('is read element by element, each of its type, to the end', () => {
  const reader = new DerReader(sequence(oid('1.2.3'), integer(5)).subarray(2));
  expect(malformed(() => new DerReader(bytes(5, 0)).next(4))).toBe('malformed');
  expect(oidOf(reader.next(6))).toBe('1.2.3');
  expect(malformed(() => reader.end())).toBe('malformed');
  expect(reader.optional(5)).toBeUndefined();
  expect(smallNumberOf(reader.next())).toBe(5);
  expect(reader.isAtEnd).toBe(true);
  expect(malformed(() => reader.next())).toBe('malformed');
});

it('of any length is read as it was written', () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    const element = readElement(der(4, Buffer.alloc(length)));
    expect([length, element.content.length]).toEqual([length, length]);
  }
  expect(readElements(Buffer.concat([integer(1), integer(300)])).map(smallNumberOf)).toEqual([1, 300]);
});

it('has object identifiers in one form', () => {
  for (const text of ['0.39', '1.2.840.113549.1.1.11', '2.5.29.17', '2.999.1', '2.16.840.1.101.3.4.2.1'].filter((one) => one !== '2.999.1'))
    expect(oidOf(readElement(oid(text)))).toBe(text);
  expect(value(oidOf, 6, 3, 0x88, 0x37, 1)).toBe('2.999.1');
  for (const numbers of [
    [6, 0],
    [6, 1, 0x80],
    [6, 2, 0x2a, 0x80],
    [6, 3, 0x2a, 0x80, 1],
    [6, 9, ...Array(8).fill(0xff), 1],
    [4, 1, 0x2a],
  ])
    expect([numbers, value(oidOf, ...numbers)]).toEqual([numbers, 'malformed']);
});

it('has truth values, numbers and bits in one form', () => {
  expect([value(booleanOf, 1, 1, 0xff), value(booleanOf, 1, 1, 0)]).toEqual([true, false]);
  for (const numbers of [
    [1, 1, 1],
    [1, 0],
    [1, 2, 0xff, 0xff],
    [2, 1, 0xff],
  ])
    expect(value(booleanOf, ...numbers)).toBe('malformed');
  expect([value(smallNumberOf, 2, 1, 0), value(smallNumberOf, 2, 2, 0, 0x80)]).toEqual([0, 128]);
  for (const numbers of [
    [2, 0],
    [2, 1, 0x80],
    [2, 2, 0, 1],
    [2, 7, 1, 0, 0, 0, 0, 0, 0],
    [3, 1, 0],
  ])
    expect(value(smallNumberOf, ...numbers)).toBe('malformed');
  expect(value(setBitsOf, 3, 2, 2, 0x84)).toEqual(new Set([0, 5]));
  expect(value(setBitsOf, 3, 3, 7, 0, 0x80)).toEqual(new Set([8]));
  for (const numbers of [
    [3, 0],
    [3, 1, 1],
    [3, 2, 8, 0],
    [3, 2, 2, 0x85],
    [4, 2, 2, 0x84],
  ])
    expect(value(setBitsOf, ...numbers)).toBe('malformed');
});

it('has moments to the second and in UTC', () => {
  const moment = (tag: number, text: string) => value(momentOf, tag, text.length, ...Buffer.from(text));
  expect(moment(0x17, '491231235959Z')).toBe(Date.parse('2049-12-31T23:59:59Z'));
  expect(moment(0x17, '500101000000Z')).toBe(Date.parse('1950-01-01T00:00:00Z'));
  expect(moment(0x18, '20500229000000Z')).toBe('malformed');
  expect(moment(0x18, '20520229000000Z')).toBe(Date.parse('2052-02-29T00:00:00Z'));
  for (const text of [
    '2601010000Z',
    '260101000000',
    '260101000000+0100',
    '261301000000Z',
    '260101240000Z',
    '260101000060Z',
    '260230000000Z',
    '',
  ])
    expect([text, moment(0x17, text)]).toEqual([text, 'malformed']);
  for (const text of ['20260101000000.5Z', '260101000000Z', '20260101000000'])
    expect([text, moment(0x18, text)]).toEqual([text, 'malformed']);
  expect(moment(0x04, '260101000000Z')).toBe('malformed');
});

describe('a certificate', () => {
  const authority = makeAuthority({ subject: 'ü' });
  const leaf = makeCertificate({ by: authority, extensions: [...CLIENT, alternativeNames([0x82, 'a.example'], [0x86, 'urn:x'])] });

  it('says what OpenSSL reads in it', () => {
    for (const made of [authority, leaf]) {
      const [ours, theirs] = [readCertificate(made.der), new X509Certificate(made.der)];
      expect([ours.notBefore, ours.notAfter]).toEqual([theirs.validFromDate.getTime(), theirs.validToDate.getTime()]);
      expect(ours.extensions.isAuthority).toBe(theirs.ca);
      expect(ours.key.jwk).toEqual(theirs.publicKey.export({ format: 'jwk' }));
      expect(ours.extensions.extendedUsages).toEqual(theirs.keyUsage);
    }
  });

  it('is read, or is none, wherever it was changed, and none is read that OpenSSL does not read', () => {
    fc.assert(
      fc.property(fc.nat(leaf.der.length - 1), fc.nat(255), (at, octet) => {
        const changed = Buffer.from(leaf.der);
        changed[at] = octet;
        const read = malformed(() => readCertificate(changed));
        expect(read === 'malformed' || (read as { der: Buffer }).der.equals(new X509Certificate(changed).raw)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is none that names two algorithms, or whose signature has a part of a byte', () => {
    const changed = (place: number, octet: number) =>
      Buffer.concat([leaf.der.subarray(0, place), bytes(octet), leaf.der.subarray(place + 1)]);
    const algorithm = leaf.der.lastIndexOf(oid('1.2.840.10045.4.3.2')) + 9;
    expect(() => readCertificate(changed(algorithm, 3))).toThrow('it names two algorithms');
    expect(leaf.der[algorithm + 3]).toBe(0);
    expect(() => readCertificate(changed(algorithm + 3, 1))).toThrow('a bit string has no whole bytes');
  });

  it('is none of whatever bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (array) => {
        expect(tryCertificate(Buffer.from(array))).toBeUndefined();
        expect(tryCertificate(sequence(Buffer.from(array)))).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('is none with thousands of values within each other, or of more than 16 KiB', () => {
    let deep: Buffer = bytes(5, 0);
    for (let depth = 0; depth < 3000; depth += 1) deep = sequence(deep);
    expect(tryCertificate(deep)).toBeUndefined();
    const sized = (size: number) =>
      tryCertificate(makeCertificate({ extensions: [...CLIENT, extension('1.2.3', Buffer.alloc(size))] }).der);
    expect([sized(15 * 1024) === undefined, sized(16 * 1024) === undefined]).toEqual([false, true]);
  });
});

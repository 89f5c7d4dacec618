import fc from 'fast-check';
import { findChainFault } from '../../src/clients/certificates/certificate-chain.js';
import { type HeaderValue, readCertificateHeader } from '../../src/clients/certificates/certificate-header.js';
import { UnreadableCertificate } from '../../src/clients/certificates/errors.js';
import type { HeaderFormat } from '../../src/clients/certificates/header-formats.js';
import { alternativeNames, CLIENT, makeAuthority, makeCertificate, pemOf } from '../../testbed/certificate-maker.js';

const FORMATS: readonly HeaderFormat[] = ['rfc9440', 'escaped-pem', 'der', 'xfcc', 'traefik'];
const root = makeAuthority({ subject: 'root' });
const upper = makeAuthority({ subject: 'upper', by: root });
const lower = makeAuthority({ subject: 'lower', by: upper });
const leaf = makeCertificate({ by: lower });
const other = makeCertificate({ by: lower });

const base64 = (bytes: Buffer) => bytes.toString('base64');
const escaped = (...certificates: readonly Buffer[]) => encodeURIComponent(certificates.map((bytes) => pemOf(bytes)).join(''));
const body = (bytes: Buffer) => pemOf(bytes).split('\n').slice(1, -2).join('');

const read = (format: HeaderFormat, certificate: HeaderValue, chain?: HeaderValue) => readCertificateHeader(format, { certificate, chain });
const refusal = (format: HeaderFormat, certificate: HeaderValue, chain?: HeaderValue) => {
  try {
    return read(format, certificate, chain);
  } catch (error) {
    if (!(error instanceof UnreadableCertificate)) throw error;
    return error.message.replace(/^.*: /, '');
  }
};
const whole = { certificate: leaf.der, intermediates: [lower.der, upper.der] };
const alone = { certificate: leaf.der, intermediates: [] };

/** As each proxy writes one and the same. */
const WRITTEN: Record<HeaderFormat, [certificate: string, chain?: string]> = {
  rfc9440: [`:${base64(leaf.der)}:`, `:${base64(lower.der)}:, :${base64(upper.der)}:`],
  'escaped-pem': [escaped(leaf.der), escaped(lower.der, upper.der)],
  der: [base64(leaf.der), base64(Buffer.concat([lower.der, upper.der]))],
  xfcc: [
    `By=spiffe://example.org/a;Hash=${'0'.repeat(64)};Cert="${escaped(leaf.der)}";Chain="${escaped(leaf.der, lower.der, upper.der)}";Subject="CN=a \\"b\\\\\\", c";URI=spiffe://example.org/b?c=d;DNS=a.example;DNS=b.example`,
  ],
  traefik: [[leaf.der, lower.der, upper.der].map(body).join(',')],
};

it.each(FORMATS)('reads a certificate and those beside it as %s', (format) => {
  expect(read(format, ...WRITTEN[format])).toEqual(whole);
});

it.each(FORMATS)('takes an empty or absent header of %s for no certificate', (format) => {
  const absent: readonly HeaderValue[] = [undefined, '', ' ', []];
  for (const none of absent) expect(read(format, none, none)).toBeUndefined();
});

it.each([
  ['Apache', 'escaped-pem', '(null)'],
  ['HAProxy', 'rfc9440', '::'],
] as const)('takes what %s writes of no certificate for none', (_proxy, format, value) => {
  expect(read(format, value)).toBeUndefined();
  expect(read(format, value, value)).toBeUndefined();
  expect(read(format, WRITTEN[format][0], value)).toEqual(alone);
});

it('reads what nginx, Apache and an unescaped header have for ends of lines', () => {
  expect(read('escaped-pem', escaped(leaf.der).replaceAll('%2B', '+').replaceAll('%2F', '/'))).toEqual(alone);
  expect(read('escaped-pem', escaped(leaf.der).replaceAll('%0A', '%0a'))).toEqual(alone);
  for (const end of [' ', '\t', '\r\n', '']) expect(read('escaped-pem', leaf.pem.replaceAll('\n', end))).toEqual(alone);
});

it("reads Traefik's certificates with or without their percent-encoding", () => {
  expect(read('traefik', encodeURIComponent(body(leaf.der)))).toEqual(alone);
  expect(read('traefik', WRITTEN.traefik[0].split(',').map(encodeURIComponent).join(','))).toEqual(whole);
});

describe('a header that came twice', () => {
  it.each(FORMATS.filter((format) => format !== 'xfcc'))('is refused of %s, apart or joined', (format) => {
    const [value] = WRITTEN[format];
    expect(refusal(format, [value, value])).toBe('the header came twice.');
    expect(refusal(format, `${value}, ${value}`)).toBe('the header came twice.');
  });

  it('is refused of a chain that is no list', () => {
    for (const format of ['der', 'escaped-pem'] as const) {
      const [value, chain = ''] = WRITTEN[format];
      expect(refusal(format, value, `${chain}, ${chain}`)).toBe('the header came twice.');
      expect(refusal(format, value, [chain, chain])).toBe('the header came twice.');
    }
  });

  it('is one list where RFC 9440 says so, and where Envoy adds to it', () => {
    expect(read('rfc9440', WRITTEN.rfc9440[0], [`:${base64(lower.der)}:`, `:${base64(upper.der)}:`])).toEqual(whole);
    expect(read('xfcc', [`Cert="${escaped(other.der)}"`, WRITTEN.xfcc[0]])).toEqual(whole);
  });
});

describe("Envoy's header", () => {
  const cert = (made: { der: Buffer }) => `Cert="${escaped(made.der)}"`;

  it('has the certificate in its last element alone', () => {
    expect(read('xfcc', `${cert(other)},${cert(leaf)}`)).toEqual(alone);
    expect(read('xfcc', `${cert(other)};URI=a , Hash=b;${cert(leaf)}`)).toEqual(alone);
    expect(read('xfcc', `${cert(leaf)},By=spiffe://example.org/mesh;Hash=abc;Subject=""`)).toBeUndefined();
  });

  it('has the certificate first in its chain where it is not named by itself', () => {
    expect(read('xfcc', `Chain="${escaped(leaf.der, lower.der)}"`)).toEqual({ certificate: leaf.der, intermediates: [lower.der] });
  });

  it('passes over signs within quotes and behind backslashes', () => {
    expect(read('xfcc', `Subject="O=\\"A, B; C=D\\",Cert=\\"x\\"";${cert(leaf)}`)).toEqual(alone);
    expect(read('xfcc', `Subject="CN=a\\\\";${cert(leaf)}`)).toEqual(alone);
  });

  it.each([
    ['a quote without its end before the last element', `Subject=",${cert(leaf)}`],
    ['a quote within a value that has none', `URI=a"b,${cert(leaf)}`],
    ['a quote within a value that has none, before a key', `URI=a"${cert(leaf)}`],
    ['something behind a quote, before a key', `Subject="a"b${cert(leaf)}`],
    ['something behind a quote', `Subject="a"b;${cert(leaf)}`],
    ['a backslash at its end', 'Cert="a\\'],
    ['an element without a key', `="a",${cert(leaf)}`],
    ['an empty element', `${cert(leaf)},`],
    ['a key without a value', `Cert,${cert(leaf)}`],
  ])('is refused with %s', (_what, value) => {
    expect(refusal('xfcc', value)).toBe('its elements are not written as Envoy writes them.');
  });

  it('is refused where a name in a certificate goes on as another element', () => {
    const forged = 'a name in a certificate may stand for an element of it.';
    for (const [tag, key] of [
      [0x86, 'URI'],
      [0x82, 'DNS'],
    ] as const) {
      const name = `urn:a,Hash=b;${cert(leaf)}`;
      const thief = makeCertificate({ by: lower, extensions: [...CLIENT, alternativeNames([tag, name])] });
      expect(refusal('xfcc', `Hash=a;${cert(thief)};Subject="";${key}=${name}`)).toBe(forged);
      expect(refusal('xfcc', `Hash=a;Chain="${escaped(thief.der, lower.der)}";Subject="";${key}=${name}`)).toBe(forged);
    }
    expect(refusal('xfcc', `Hash=a;Cert="${encodeURIComponent(pemOf(Buffer.from('none')))}";${cert(leaf)}`)).toBe(
      'an element of it says something twice.',
    );
    expect(refusal('xfcc', `Hash=a;Cert="${encodeURIComponent(pemOf(Buffer.from('none')))}",${cert(leaf)}`)).toBe(forged);
  });

  it('is refused where it names two certificates', () => {
    expect(refusal('xfcc', `${cert(leaf)};${cert(other)}`)).toBe('an element of it says something twice.');
    expect(refusal('xfcc', `${cert(leaf)};Chain="${escaped(other.der, lower.der)}"`)).toBe('it names two certificates.');
    expect(refusal('xfcc', `Cert="${escaped(leaf.der, other.der)}"`)).toBe('there is to be one certificate in it.');
  });
});

describe('what cannot be read', () => {
  it.each(FORMATS)('is refused of %s without repeating any of it', (format) => {
    const marks = ['sesame', ':c2VzYW1l:', 'c2VzYW1l', 'Cert="sesame"', `Cert="${encodeURIComponent(pemOf(Buffer.from('sesame')))}"`];
    for (const mark of [...marks, ...marks.map((text) => `${text}%`)]) {
      const said = refusal(format, mark);
      expect([mark, said]).toEqual([mark, format === 'xfcc' && !mark.startsWith('Cert') ? expect.anything() : expect.any(String)]);
      expect(said).not.toMatch(/sesame|c2VzYW1l/);
    }
  });

  it.each([
    ['colons are missing', 'rfc9440', base64(leaf.der), 'it is to be base64 between colons.'],
    ['there is one colon', 'rfc9440', ':', 'it is to be base64 between colons.'],
    ['the padding is missing', 'rfc9440', `:${base64(leaf.der.subarray(0, 4)).replaceAll('=', '')}:`, 'it is not in base64.'],
    ['base64 is that of URLs', 'der', Buffer.from([0xff, 0xff, 0xff]).toString('base64url'), 'it is not in base64.'],
    ['bits are left over in base64', 'der', 'QR==', 'it is not in base64.'],
    ['it is no certificate', 'der', base64(Buffer.from([0x30, 0])), 'it is no certificate in DER.'],
    ['something stands behind it', 'der', base64(Buffer.concat([leaf.der, Buffer.from([0])])), 'it is no certificate in DER.'],
    ['it ends early', 'der', base64(leaf.der.subarray(0, -1)), 'it is no certificate in DER.'],
    ['it is percent-encoded wrongly', 'escaped-pem', '%zz', 'it is not percent-encoded as it should be.'],
    ['there are two in it', 'escaped-pem', escaped(leaf.der, other.der), 'there is to be one certificate in it.'],
    ['there is none in it', 'escaped-pem', '%20', 'there is to be one certificate in it.'],
    ['it has no lines of PEM', 'escaped-pem', 'x', 'it is not in PEM.'],
    ['it has no end', 'escaped-pem', escaped(leaf.der).slice(0, -6), 'it is not in PEM.'],
    ['text stands around it', 'escaped-pem', `x${escaped(leaf.der)}`, 'it is not in PEM.'],
    ['it is something else', 'escaped-pem', encodeURIComponent(pemOf(leaf.der, 'PUBLIC KEY')), 'it is not in PEM.'],
    ['a part is empty', 'traefik', `${body(leaf.der)},`, 'it is not in base64.'],
  ] as const)('is refused where %s', (_what, format, value, reason) => {
    expect(refusal(format, value)).toBe(reason);
  });

  it('is refused where certificates came beside none, or are cut off', () => {
    expect(refusal('rfc9440', '', WRITTEN.rfc9440[1])).toBe('certificates came beside none.');
    expect(refusal('der', base64(leaf.der), base64(lower.der.subarray(1)))).toBe('the certificates beside it are not in DER.');
    expect(refusal('escaped-pem', escaped(leaf.der), escaped(lower.der).slice(0, -6))).toBe('it is not in PEM.');
    expect(refusal('rfc9440', WRITTEN.rfc9440[0], ':AAAA:,')).toBe('it is to be base64 between colons.');
  });
});

it('takes 16 KiB and ten certificates beside it, and nothing beyond', () => {
  const many = Array.from({ length: 11 }, (_none, index) => makeAuthority({ subject: `${index}` }).der);
  const list = (count: number) =>
    many
      .slice(0, count)
      .map((bytes) => `:${base64(bytes)}:`)
      .join(',');
  expect(read('rfc9440', WRITTEN.rfc9440[0], list(10))?.intermediates).toHaveLength(10);
  expect(refusal('rfc9440', WRITTEN.rfc9440[0], list(11))).toBe('more than 10 certificates came beside it.');
  const small = Buffer.concat(Array.from({ length: 3000 }, (_none, index) => Buffer.from([0x30, 2, index >> 8, index & 255])));
  expect(refusal('der', WRITTEN.der[0], base64(small))).toBe('more than 10 certificates came beside it.');
  for (const format of FORMATS) expect(refusal(format, 'A'.repeat(16 * 1024 + 1))).toBe('the header has more than 16384 bytes.');
});

it('counts a certificate once that is named twice, and the leaf not among those beside it', () => {
  const chain = [leaf, lower, lower, upper].map(({ der }) => `:${base64(der)}:`).join(', ');
  expect(read('rfc9440', WRITTEN.rfc9440[0], chain)).toEqual(whole);
});

describe('whatever is sent', () => {
  const pieces = fc.constantFrom(
    'Cert="',
    'Chain=',
    '"',
    '\\',
    ';',
    ',',
    '=',
    ':',
    '%',
    '%2',
    '-----BEGIN ',
    'CERTIFICATE-----',
    '-----END ',
    'AAAA',
    '\0',
    'é',
  );
  const parts = fc.oneof(pieces, pieces, fc.string(), fc.constantFrom(...(Object.values(WRITTEN).flat() as string[])));
  const value = fc.array(parts, { maxLength: 12 }).map((list) => list.join(''));
  const header: fc.Arbitrary<HeaderValue> = fc.oneof(value, fc.array(value, { maxLength: 3 }), fc.constant(undefined));

  it('is read, or is none, or is refused in so many words', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FORMATS), header, header, (format, certificate, chain) => {
        const said = refusal(format, certificate, chain);
        if (typeof said === 'object') expect([leaf.der, lower.der, upper.der].some((der) => der.equals(said.certificate))).toBe(true);
        else expect(said === undefined || said.length < 80).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read as another certificate from a header that was changed only where no authority signed that', () => {
    const changed = fc.record({
      format: fc.constantFrom(...FORMATS),
      at: fc.nat(),
      by: fc.constantFrom('', 'A', ',', '"', '\\', ' ', ':'),
    });
    fc.assert(
      fc.property(changed, ({ format, at, by }) => {
        const [text, chain] = WRITTEN[format];
        const place = at % text.length;
        const said = refusal(format, text.slice(0, place) + by + text.slice(place + 1), chain);
        if (typeof said !== 'object' || said.certificate.equals(leaf.der)) return;
        const fault = findChainFault(
          { leaf: said.certificate, intermediates: [lower.der, upper.der], authorities: [root.pem] },
          Date.now(),
        );
        expect(typeof fault).toBe('string');
      }),
      { numRuns: 1000 },
    );
  });

  it("before Envoy's last element never stands for what is in that", () => {
    const theirs = fc.array(fc.oneof(parts, fc.constant(`Cert="${escaped(other.der)}"`)), { maxLength: 8 }).map((list) => list.join(''));
    fc.assert(
      fc.property(theirs, (before) => {
        const said = refusal('xfcc', `${before},Hash=abc;Cert="${escaped(leaf.der)}";Subject="CN=a";URI=spiffe://example.org/b`);
        if (typeof said !== 'string') expect(said).toEqual(alone);
      }),
      { numRuns: 2000 },
    );
  });

  it('of the largest size is gone through once, however it is made', () => {
    const fill = (piece: string) => piece.repeat(Math.floor((16 * 1024) / piece.length));
    for (const piece of [
      '"',
      '\\',
      ',',
      ';',
      '=',
      'Cert="',
      'a=";',
      'a=b;',
      '%0A',
      '-----BEGIN ',
      '-----BEGIN A-----',
      ':',
      'A',
      ' ',
      '-',
    ]) {
      for (const format of FORMATS) expect(() => refusal(format, `Subject="${fill(piece)}`.slice(0, 16 * 1024), fill(piece))).not.toThrow();
    }
  });
});

import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { findNameMismatch, namesOf } from '../../src/clients/certificates/certificate-names.js';
import { parseName, writeName } from '../../src/clients/certificates/name-text.js';
import { findRegisteredNameFault } from '../../src/clients/certificates/registered-name.js';
import {
  alternativeNames,
  CLIENT,
  commonName,
  der,
  extension,
  makeCertificate,
  name,
  printable,
  sequence,
  utf8,
} from '../../testbed/certificate-maker.js';

const [MAIL, DNS, URI, IP] = [0x81, 0x82, 0x86, 0x87] as const;
const [CN, O, OU, C, DC] = ['2.5.4.3', '2.5.4.10', '2.5.4.11', '2.5.4.6', '0.9.2342.19200300.100.1.25'] as const;

const withNames = (...names: readonly (readonly [number, string | Buffer])[]) =>
  makeCertificate({ extensions: [...CLIENT, alternativeNames(...names)] }).der;
const withSubject = (subject: Buffer) => makeCertificate({ subject }).der;
const has = (certificate: Buffer, registered: Parameters<typeof findNameMismatch>[1]) =>
  findNameMismatch(certificate, registered) === undefined;

describe('the names of a certificate', () => {
  const certificate = withNames(
    [DNS, 'Client.example.com'],
    [DNS, '*.example.com'],
    [URI, 'spiffe://example.org/billing'],
    [IP, Buffer.from([192, 0, 2, 1])],
    [IP, Buffer.from('20010db8000000000000000000000001', 'hex')],
    [MAIL, 'Client@Example.com'],
  );

  it('are read as they are, addresses in their usual form', () => {
    expect(namesOf(certificate)).toEqual({
      subject: 'CN=a client',
      alternatives: {
        dns: ['Client.example.com', '*.example.com'],
        uris: ['spiffe://example.org/billing'],
        ips: ['192.0.2.1', '2001:db8::1'],
        emails: ['Client@Example.com'],
        directories: [],
      },
    });
  });

  it('are those that OpenSSL reads', () => {
    expect(new X509Certificate(certificate).subjectAltName).toBe(
      'DNS:Client.example.com, DNS:*.example.com, URI:spiffe://example.org/billing, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, email:Client@Example.com',
    );
  });

  it('are at most a hundred', () => {
    const some = (count: number) => withNames(...Array.from({ length: count }, (_none, index) => [DNS, `a${index}.example`] as const));
    expect(namesOf(some(100)).alternatives.dns).toHaveLength(100);
    expect(() => namesOf(some(101))).toThrow(expect.objectContaining({ name: 'MalformedDer' }));
  });

  it('may be of forms that are not asked for', () => {
    const other = der(0xa0, Buffer.from([6, 3, 0x2a, 3, 4]), der(0xa0, utf8('x')));
    const names = extension('2.5.29.17', sequence(other, der(0x88, Buffer.from([42])), der(0xa4, commonName('x')), der(DNS, 'a.example')));
    expect(namesOf(makeCertificate({ extensions: [...CLIENT, names] }).der).alternatives.dns).toEqual(['a.example']);
  });

  it.each<[string, number, string | Buffer]>([
    ['a NUL in a host', DNS, 'client.example.com\0.evil.org'],
    ['a NUL in a URI', URI, 'spiffe://example.org/billing\0'],
    ['a NUL in an address of mail', MAIL, 'a@example.com\0.evil.org'],
    ['UTF-8 in a host', DNS, 'clıent.example.com'],
    ['Latin-1 in a URI', URI, Buffer.from('https://example.com/ü', 'latin1')],
    ['a blank in a host', DNS, 'client.example.com '],
    ['the end of a line in a URI', URI, 'https://example.com/\n'],
    ['an empty host', DNS, ''],
    ['an address of five bytes', IP, Buffer.alloc(5)],
    ['a network for an address', IP, Buffer.alloc(8)],
  ])('are none at all with %s', (_what, tag, value) => {
    const odd = withNames([DNS, 'client.example.com'], [tag, value]);
    expect(() => namesOf(odd)).toThrow(expect.objectContaining({ name: 'MalformedDer' }));
    expect(findNameMismatch(odd, { sanDns: 'client.example.com' })).toMatch(/^the certificate cannot be read: /);
  });
});

describe('a registered name', () => {
  const certificate = withNames(
    [DNS, 'client.example.com'],
    [DNS, '*.example.org'],
    [URI, 'https://example.com/A'],
    [IP, Buffer.from([192, 0, 2, 1])],
    [IP, Buffer.from('20010db8000000000000000000000001', 'hex')],
    [MAIL, 'Client@example.com'],
  );

  it('of a host is found in capitals or not, whole, and under no wildcard', () => {
    for (const sanDns of ['client.example.com', 'CLIENT.example.COM']) expect(has(certificate, { sanDns })).toBe(true);
    for (const sanDns of ['example.com', 'a.client.example.com', 'client.example.com.', 'a.example.org', 'client.example.co', 'a client'])
      expect([sanDns, has(certificate, { sanDns })]).toEqual([sanDns, false]);
  });

  it('that is a URI is found byte for byte', () => {
    expect(has(certificate, { sanUri: 'https://example.com/A' })).toBe(true);
    for (const sanUri of [
      'https://example.com/a',
      'https://EXAMPLE.com/A',
      'https://example.com/%41',
      'https://example.com/A/',
      'client.example.com',
    ])
      expect([sanUri, has(certificate, { sanUri })]).toEqual([sanUri, false]);
  });

  it('that is an address is found however it is written', () => {
    for (const sanIp of ['192.0.2.1', '2001:db8::1', '2001:0DB8:0:0::0.0.0.1'])
      expect([sanIp, has(certificate, { sanIp })]).toEqual([sanIp, true]);
    for (const sanIp of ['192.0.2.2', '2001:db8::2', '::ffff:192.0.2.1'])
      expect([sanIp, has(certificate, { sanIp })]).toEqual([sanIp, false]);
  });

  it('that is an address of IPv4 is not found dressed as IPv6', () => {
    expect(has(withNames([IP, Buffer.from('00000000000000000000ffffc0000201', 'hex')]), { sanIp: '192.0.2.1' })).toBe(false);
  });

  it('of mail is found with its host in capitals or not', () => {
    expect(has(certificate, { sanEmail: 'Client@EXAMPLE.com' })).toBe(true);
    for (const sanEmail of ['client@example.com', 'Client@example.org', 'example.com']) expect(has(certificate, { sanEmail })).toBe(false);
  });

  it('is found in its own form alone', () => {
    const text = 'https://example.com';
    expect(has(withNames([DNS, text]), { sanUri: text })).toBe(false);
    expect(has(withNames([URI, 'a.example']), { sanDns: 'a.example' })).toBe(false);
    expect(has(withNames([DNS, '192.0.2.1']), { sanIp: '192.0.2.1' })).toBe(false);
    expect(has(makeCertificate({ subject: 'a.example' }).der, { sanDns: 'a.example' })).toBe(false);
    expect(has(certificate, {})).toBe(false);
  });

  it('that is a SPIFFE ID is found without a subject, and never beside another URI', () => {
    const id = 'spiffe://example.org/ns/prod/sa/billing';
    const svid = (...uris: string[]) =>
      makeCertificate({ subject: sequence(), extensions: [...CLIENT, alternativeNames(...uris.map((uri) => [URI, uri] as const))] }).der;
    expect(has(svid(id), { sanUri: id })).toBe(true);
    expect(has(svid(id, 'spiffe://example.org/other'), { sanUri: id })).toBe(false);
    expect(has(svid(id), { sanUri: 'spiffe://example.org/ns/prod/sa/Billing' })).toBe(false);
    expect(has(svid(id), { subjectDn: 'CN=x' })).toBe(false);
  });
});

describe('a registered subject', () => {
  const acme = withSubject(
    name(
      [[C, printable('DE')]],
      [[O, utf8('Acme, Inc.')]],
      [
        [OU, utf8('a')],
        [CN, utf8('billing')],
      ],
    ),
  );

  it('is found as RFC 4514 writes it, from its last step to its first', () => {
    for (const subjectDn of [
      'OU=a+CN=billing,O=Acme\\, Inc.,C=DE',
      'cn=billing + ou=a, o=Acme\\2C Inc. ,c=DE',
      '2.5.4.3=billing+2.5.4.11=a,2.5.4.10=Acme\\, Inc.,2.5.4.6=DE',
      'CN=#0c0762696c6c696e67+OU=#130161,O=#130a41636d652c20496e632e,C=#0c024445',
    ])
      expect([subjectDn, has(acme, { subjectDn })]).toEqual([subjectDn, true]);
  });

  it('is not found in another order, with more or less, in other letters or blanks, or with its steps joined', () => {
    for (const subjectDn of [
      'C=DE,O=Acme\\, Inc.,OU=a+CN=billing',
      'OU=a+CN=billing,O=Acme\\, Inc.',
      'O=Acme\\, Inc.,C=DE',
      'C=DE',
      'OU=a+CN=billing,O=Acme\\, Inc.,C=DE,DC=x',
      'OU=a,CN=billing,O=Acme\\, Inc.,C=DE',
      'CN=billing,O=Acme\\, Inc.,C=DE',
      'OU=a+CN=Billing,O=Acme\\, Inc.,C=DE',
      'OU=a+CN=billing,O=Acme\\,  Inc.,C=DE',
      'OU=a+CN=billing+O=Acme\\, Inc.,C=DE',
    ])
      expect([subjectDn, has(acme, { subjectDn })]).toEqual([subjectDn, false]);
  });

  it('is the same in every encoding of its letters', () => {
    const wide = (tag: number, width: number) =>
      der(
        tag,
        ...[...'Müller'].map((letter) => Buffer.from((letter.codePointAt(0) as number).toString(16).padStart(2 * width, '0'), 'hex')),
      );
    for (const value of [utf8('Müller'), wide(0x1e, 2), wide(0x1c, 4)]) {
      const certificate = withSubject(name([[CN, value]]));
      for (const subjectDn of ['CN=Müller', 'CN=M\\c3\\bcller', 'CN=M\\C3\\BCller']) expect(has(certificate, { subjectDn })).toBe(true);
      expect(has(certificate, { subjectDn: 'CN=Mu\u0308ller' })).toBe(false);
    }
  });

  it('in T.61 is found by its bytes alone', () => {
    const certificate = withSubject(name([[CN, der(0x14, 'billing')]]));
    expect(has(certificate, { subjectDn: 'CN=billing' })).toBe(false);
    expect(has(certificate, { subjectDn: 'CN=#140762696c6c696e67' })).toBe(true);
  });

  it('is found with escapes, blanks at its ends and signs of its own', () => {
    const odd = ' #"+,;<>=\\\u00e9\0 ';
    const certificate = withSubject(name([[CN, utf8(odd)]]));
    expect(has(certificate, { subjectDn: 'CN=\\ #\\"\\+\\,\\;\\<\\>=\\\\\u00e9\\00\\ ' })).toBe(true);
    expect(has(certificate, { subjectDn: 'CN=\\20\\23\\22\\2b\\2c\\3b\\3c\\3e\\3d\\5c\\c3\\a9\\00\\20' })).toBe(true);
  });

  it('cannot be made of a value that has the signs of a name in it', () => {
    const certificate = withSubject(commonName('billing,O=Acme'));
    expect(has(certificate, { subjectDn: 'CN=billing,O=Acme' })).toBe(false);
    expect(has(certificate, { subjectDn: 'CN=billing\\,O=Acme' })).toBe(true);
    expect(has(withSubject(name([[O, utf8('Acme')]], [[CN, utf8('billing')]])), { subjectDn: 'CN=billing\\,O=Acme' })).toBe(false);
  });

  it('holds two of one type in their order, and on one step in any', () => {
    const parts = withSubject(
      name(
        [[DC, der(0x16, 'com')]],
        [[DC, der(0x16, 'example')]],
        [
          [OU, utf8('b')],
          [OU, utf8('a')],
        ],
      ),
    );
    expect(has(parts, { subjectDn: 'OU=a+OU=b,DC=example,DC=com' })).toBe(true);
    expect(has(parts, { subjectDn: 'OU=b+OU=a,DC=example,DC=com' })).toBe(true);
    expect(has(parts, { subjectDn: 'OU=a+OU=b,DC=com,DC=example' })).toBe(false);
    expect(has(parts, { subjectDn: 'OU=a+OU=a,DC=example,DC=com' })).toBe(false);
  });

  it('with letters that are not in their encoding makes the certificate unreadable', () => {
    for (const value of [
      der(0x0c, Buffer.from([0xc3, 0x28])),
      der(0x13, Buffer.from([0xe9])),
      der(0x1e, 'abc'),
      der(0x1e, Buffer.from([0xd8, 0])),
    ])
      expect(findNameMismatch(withSubject(name([[CN, value]])), { subjectDn: 'CN=x' })).toMatch(/^the certificate cannot be read: a text /);
  });

  it('is the same when it is written and read again, whatever is in it', () => {
    const type = fc.constantFrom(CN, O, OU, C, DC, '1.2.3.4', '2.5.4.97');
    const value = fc
      .oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), fc.stringMatching(/^[ #"+,;<>=\\a]{1,6}$/))
      .filter((text) => text.isWellFormed());
    const steps = fc.array(fc.array(fc.tuple(type, value), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(steps, (made) => {
        const certificate = withSubject(name(...made.map((step) => step.map(([oid, text]) => [oid, utf8(text)] as const))));
        const { subject } = namesOf(certificate);
        expect(has(certificate, { subjectDn: subject })).toBe(true);
        expect(subject).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]*$/u);
        expect(writeName(parseName(subject))).toBe(subject);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what an administrator registers', () => {
  it.each([
    { subjectDn: 'CN=billing,O=Acme,C=DE' },
    { subjectDn: 'UID=1+CN=é,DC=example,DC=com' },
    { sanDns: 'client.example.com' },
    { sanDns: 'localhost' },
    { sanDns: '_a.xn--mller-kva.example' },
    { sanUri: 'spiffe://example.org/ns/prod/sa/billing' },
    { sanUri: 'spiffe://example.org' },
    { sanUri: 'urn:example:billing' },
    { sanIp: '192.0.2.1' },
    { sanIp: '2001:db8::1' },
    { sanEmail: 'client+a@example.com', sanIp: null },
  ])('is taken: %j', (registered) => {
    expect(findRegisteredNameFault(registered)).toBeUndefined();
  });

  it.each([
    [{}, /^Give exactly one of /],
    [{ sanDns: null }, /^Give exactly one of /],
    [{ sanDns: 'a.example', sanIp: '192.0.2.1' }, /^Give exactly one of /],
    [{ sanDns: '' }, /^Give sanDns 1 to 500 characters/],
    [{ subjectDn: `CN=${'a'.repeat(498)}` }, /^Give subjectDn 1 to 500 characters/],
    [{ subjectDn: 'CN=a\u202eb' }, /without hidden characters/],
    [{ subjectDn: 'CN=a\nb' }, /without hidden characters/],
    [{ subjectDn: 'CN=\ud800' }, /without hidden characters/],
    [{ sanDns: ' a.example' }, /without blanks around it/],
    [{ sanUri: `urn:lk_${'a'.repeat(49)}` }, /form of a secret/],
    [{ subjectDn: 'billing' }, /^Give subjectDn as RFC 4514 writes it.*known/],
    [{ subjectDn: '/C=DE/CN=billing' }, /known/],
    [{ subjectDn: 'X=billing' }, /known/],
    [{ subjectDn: 'CN=' }, /a value/],
    [{ subjectDn: 'CN=a,' }, /known/],
    [{ subjectDn: 'CN=a,,C=DE' }, /known/],
    [{ subjectDn: 'CN="a"' }, /backslash before/],
    [{ subjectDn: 'CN=a;C=DE' }, /backslash before/],
    [{ subjectDn: 'CN=a\\' }, /backslash is to stand/],
    [{ subjectDn: 'CN=a\\xb' }, /backslash is to stand/],
    [{ subjectDn: 'CN=\\ff' }, /UTF-8/],
    [{ subjectDn: 'CN=#1' }, /hexadecimal/],
    [{ subjectDn: 'CN=#0c05aa' }, /DER/],
    [{ sanDns: '*.example.com' }, /wildcard/],
    [{ sanDns: 'a.example.' }, /host name/],
    [{ sanDns: 'müller.example' }, /xn--/],
    [{ sanDns: '-a.example' }, /host name/],
    [{ sanDns: `${'a.'.repeat(130)}example` }, /at most 253/],
    [{ sanDns: '192.0.2.1' }, /sanIp/],
    [{ sanDns: '::1' }, /sanIp/],
    [{ sanDns: 'a.1' }, /sanIp/],
    [{ sanUri: 'billing' }, /absolute URI/],
    [{ sanUri: 'https://exämple.com' }, /ASCII/],
    [{ sanUri: 'https://a b' }, /ASCII/],
    [{ sanUri: 'spiffe://Example.org/a' }, /SPIFFE ID/],
    [{ sanUri: 'SPIFFE://example.org/a' }, /SPIFFE ID/],
    [{ sanUri: 'spiffe://example.org/a/' }, /SPIFFE ID/],
    [{ sanUri: 'spiffe://example.org/a/../b' }, /SPIFFE ID/],
    [{ sanUri: 'spiffe://example.org:1/a' }, /SPIFFE ID/],
    [{ sanIp: '192.0.2.0/24' }, /one address/],
    [{ sanIp: '192.0.2.01' }, /one address/],
    [{ sanIp: 'fe80::1%eth0' }, /one address/],
    [{ sanIp: '::ffff:192.0.2.1' }, /without ::ffff:/],
    [{ sanEmail: 'example.com' }, /address of mail/],
    [{ sanEmail: 'a@b@example.com' }, /address of mail/],
    [{ sanEmail: 'ü@example.com' }, /address of mail/],
    [{ sanEmail: '@example.com' }, /address of mail/],
    [{ sanDns: 7 as unknown as string }, /1 to 500 characters/],
  ])('is refused with what to change: %j', (registered, sentence) => {
    expect(findRegisteredNameFault(registered)).toMatch(sentence);
  });

  it('is taken or told what is wrong with it, whatever it is, and what is taken can be compared', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[CNO=,+\\ "#0-9a.:@*-]{0,20}$/), fc.anything() as fc.Arbitrary<string>);
    const fields = fc.constantFrom('subjectDn', 'sanDns', 'sanUri', 'sanIp', 'sanEmail');
    const certificate = withNames([DNS, 'a.example']);
    fc.assert(
      fc.property(fields, text, (field, value) => {
        const said = findRegisteredNameFault({ [field]: value });
        if (said === undefined) expect(typeof findNameMismatch(certificate, { [field]: value })).toBe('string');
        else expect(said).toMatch(/^[A-Z].*[.:]$/);
      }),
      { numRuns: 2000 },
    );
  });
});

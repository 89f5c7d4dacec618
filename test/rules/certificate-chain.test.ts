import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { findChainFault } from '../../src/clients/certificates/certificate-chain.js';
import {
  AUTHORITY,
  alternativeNames,
  basicConstraints,
  CLIENT,
  CLIENT_AUTH,
  commonName,
  der,
  ecKeys,
  empty,
  extension,
  integer,
  keyUsage,
  type MadeCertificate,
  makeAuthority,
  makeCertificate,
  name,
  nameConstraints,
  purposes,
  type Recipe,
  SERVER_AUTH,
  sequence,
  utf8,
} from '../../testbed/certificate-maker.js';

const NOW = Date.now();
const [MAIL, DNS, DIRECTORY, URI, IP] = [0x81, 0x82, 0xa4, 0x86, 0x87] as const;

const fault = (leaf: MadeCertificate, ...rest: readonly MadeCertificate[]) => faultAt(NOW, leaf, ...rest);
/** @param rest the intermediates, and the authority at the end */
const faultAt = (at: number, leaf: MadeCertificate, ...rest: readonly MadeCertificate[]) =>
  findChainFault(
    { leaf: leaf.der, intermediates: rest.slice(0, -1).map((one) => one.der), authorities: rest.slice(-1).map((one) => one.pem) },
    at,
  );

const rsaKeys = (modulusLength: number, publicExponent = 65_537) => generateKeyPairSync('rsa', { modulusLength, publicExponent });
const RSA = rsaKeys(2048);
const root = makeAuthority({ subject: 'root' });
const middle = makeAuthority({ subject: 'middle', by: root });
const critical = (id: string) => extension(id, empty, true);

describe('a certificate of a client', () => {
  it('is taken that the authority signed itself, or through others in any order, with or without what leads nowhere', () => {
    const lower = makeAuthority({ subject: 'lower', by: middle });
    expect(fault(makeCertificate({ by: root }), root)).toBeUndefined();
    expect(fault(makeCertificate({ by: middle }), middle, root)).toBeUndefined();
    expect(fault(makeCertificate({ by: lower }), middle, makeAuthority(), lower, root, root)).toBeUndefined();
  });

  it('is taken of an authority in DER, of one that is no root, and of one among others', () => {
    const leaf = makeCertificate({ by: middle }).der;
    expect(findChainFault({ leaf, intermediates: [], authorities: [middle.der] }, NOW)).toBeUndefined();
    const authorities = [makeAuthority().pem, 'none', Buffer.from('none'), makeAuthority({ subject: 'middle' }).pem, middle.pem];
    expect(findChainFault({ leaf, intermediates: [], authorities }, NOW)).toBeUndefined();
  });

  it('is refused without an authority, of another, and of another that has the name', () => {
    const leaf = makeCertificate({ by: root });
    const untrusted = 'no authority of the tenant issued the certificate';
    expect(findChainFault({ leaf: leaf.der, intermediates: [root.der], authorities: [] }, NOW)).toBe(untrusted);
    expect(fault(leaf, makeAuthority({ subject: 'another' }))).toBe(untrusted);
    expect(fault(leaf, makeAuthority({ subject: 'root' }))).toBe('a signature is not by the authority that it names');
    expect(fault(makeCertificate({ by: middle }), root)).toBe(untrusted);
    expect(fault(makeCertificate({ by: middle }), makeAuthority({ subject: 'middle', by: root }), root)).toBe(
      'a signature is not by the authority that it names',
    );
  });

  it('is refused that it signed itself, also under the name of the authority', () => {
    expect(fault(makeCertificate(), root)).toBe('no authority of the tenant issued the certificate');
    expect(fault(makeCertificate({ subject: 'root' }), root)).toBe('a signature is not by the authority that it names');
  });

  it.each<[string, Recipe, string]>([
    ['is an authority', { extensions: AUTHORITY }, "the certificate is an authority's and no client's"],
    [
      'is an authority with all purposes',
      { extensions: [basicConstraints(true), keyUsage(0, 5), purposes(CLIENT_AUTH)] },
      "the certificate is an authority's and no client's",
    ],
    [
      'is for servers',
      { extensions: [keyUsage(0), purposes(SERVER_AUTH)] },
      'the certificate is not for clients: clientAuth is not among its purposes (extendedKeyUsage)',
    ],
    [
      'says nothing of its purpose',
      { extensions: [keyUsage(0)] },
      'the certificate is not for clients: clientAuth is not among its purposes (extendedKeyUsage)',
    ],
    [
      'is for any purpose',
      { extensions: [purposes('2.5.29.37.0')] },
      'the certificate is not for clients: clientAuth is not among its purposes (extendedKeyUsage)',
    ],
    [
      'has no extensions',
      { extensions: [], version: 0 },
      'the certificate is not for clients: clientAuth is not among its purposes (extendedKeyUsage)',
    ],
    ['is for encryption', { extensions: [keyUsage(2), purposes(CLIENT_AUTH)] }, 'the certificate is not for signatures'],
    [
      'has a critical extension that nobody knows',
      { extensions: [...CLIENT, critical('1.2.3.4')] },
      'the certificate has a critical extension that is not known here',
    ],
    ['has expired', { notAfter: NOW - 1000 }, 'the certificate has expired'],
    ['is not valid yet', { notBefore: NOW + 2000 }, 'the certificate is not valid yet'],
    ['has a version without extensions', { version: 0 }, 'the certificate cannot be read: it has extensions, but is of a version without'],
    [
      'has an extension twice',
      { extensions: [...CLIENT, purposes(CLIENT_AUTH)] },
      'the certificate cannot be read: an extension is there twice',
    ],
    ['has an empty list of purposes', { extensions: [purposes()] }, 'the certificate cannot be read: a list of purposes is empty'],
  ])('is refused that %s', (_what, recipe, reason) => {
    expect(fault(makeCertificate({ by: root, ...recipe }), root)).toBe(reason);
  });

  it('is taken with purposes beside clientAuth, without keyUsage, and with extensions that nobody has to know', () => {
    for (const extensions of [[purposes(SERVER_AUTH, CLIENT_AUTH)], [...CLIENT, extension('1.2.3.4', empty)]])
      expect(fault(makeCertificate({ by: root, extensions }), root)).toBeUndefined();
  });

  it('is valid from its first to its last second', () => {
    const [first, last] = [Math.floor(NOW / 1000) * 1000, Math.floor(NOW / 1000) * 1000 + 5000];
    const leaf = makeCertificate({ by: root, notBefore: first, notAfter: last });
    const at = [first - 1, first, last + 999, last + 1000].map((moment) => faultAt(moment, leaf, root));
    expect(at).toEqual(['the certificate is not valid yet', undefined, undefined, 'the certificate has expired']);
  });

  it('is valid far in the future', () => {
    const times = { notBefore: Date.parse('1990-01-01T00:00:00Z'), notAfter: Date.parse('9999-12-31T23:59:59Z') };
    const old = makeAuthority({ subject: 'old', ...times });
    expect(faultAt(Date.parse('2051-01-01T00:00:00Z'), makeCertificate({ by: old, ...times }), old)).toBeUndefined();
  });

  it('is refused that is none, is cut off, or has something behind it', () => {
    const { der: sound } = makeCertificate({ by: root });
    for (const leaf of [Buffer.alloc(0), sound.subarray(0, -1), Buffer.concat([sound, Buffer.from([0])]), Buffer.from(root.pem)])
      expect(findChainFault({ leaf, intermediates: [], authorities: [root.pem] }, NOW)).toMatch(/^the certificate cannot be read: /);
  });
});

describe('an authority between', () => {
  const through = (recipe: Recipe) => {
    const between = makeAuthority({ subject: 'between', by: root, ...recipe });
    return fault(makeCertificate({ by: between }), between, root);
  };

  it.each<[string, Recipe, string]>([
    ['is none', { extensions: CLIENT }, 'an intermediate is no authority'],
    ['says nothing of being one', { extensions: [keyUsage(5)] }, 'an intermediate is no authority'],
    ['may not sign certificates', { extensions: [basicConstraints(true), keyUsage(0, 6)] }, 'an intermediate may not sign certificates'],
    ['is for servers alone', { extensions: [...AUTHORITY, purposes(SERVER_AUTH)] }, 'an intermediate is not for clients'],
    ['has expired', { notAfter: NOW - 1000 }, 'an intermediate has expired'],
    ['is not valid yet', { notBefore: NOW + 2000 }, 'an intermediate is not valid yet'],
    [
      'has a critical extension that nobody knows',
      { extensions: [...AUTHORITY, critical('1.2.3.4')] },
      'an intermediate has a critical extension that is not known here',
    ],
    [
      'has policies that are binding',
      { extensions: [...AUTHORITY, critical('2.5.29.36')] },
      'an intermediate has a critical extension that is not known here',
    ],
  ])('is refused that %s', (_what, recipe, reason) => {
    expect(through(recipe)).toBe(reason);
  });

  it('is taken that is for clients, for any purpose, or says nothing of what its key is for', () => {
    expect(through({ extensions: [basicConstraints(true)] })).toBeUndefined();
    expect(through({ extensions: [...AUTHORITY, purposes(CLIENT_AUTH)] })).toBeUndefined();
    expect(through({ extensions: [...AUTHORITY, purposes('2.5.29.37.0')] })).toBeUndefined();
  });

  it('may have as many others below it as it says, those that name themselves not counted', () => {
    const tooMany = 'an authority may not have others below it';
    const upper = makeAuthority({ subject: 'upper', by: root, extensions: [basicConstraints(true, 0), keyUsage(5)] });
    const lower = makeAuthority({ subject: 'lower', by: upper });
    const renewed = makeAuthority({ subject: 'upper', by: upper });
    expect(fault(makeCertificate({ by: upper }), upper, root)).toBeUndefined();
    expect(fault(makeCertificate({ by: lower }), lower, upper, root)).toBe(tooMany);
    expect(fault(makeCertificate({ by: renewed }), renewed, upper, root)).toBeUndefined();
    const strict = makeAuthority({ subject: 'strict', extensions: [basicConstraints(true, 0), keyUsage(5)] });
    const below = makeAuthority({ subject: 'below', by: strict });
    expect(fault(makeCertificate({ by: below }), below, strict)).toBe(tooMany);
  });

  it('cannot lengthen its own way', () => {
    const upper = makeAuthority({ subject: 'upper', by: root, extensions: [basicConstraints(true, 1), keyUsage(5)] });
    const lower = makeAuthority({ subject: 'lower', by: upper, extensions: [basicConstraints(true, 9), keyUsage(5)] });
    const lowest = makeAuthority({ subject: 'lowest', by: lower });
    expect(fault(makeCertificate({ by: lower }), upper, lower, root)).toBeUndefined();
    expect(fault(makeCertificate({ by: lowest }), lowest, lower, upper, root)).toBe('an authority may not have others below it');
  });

  it('is passed by where a key identifier says that it is another', () => {
    const keyId = (id: string) => extension('2.5.29.14', der(4, id));
    const byKey = (id: string) => extension('2.5.29.35', sequence(der(0x80, id)));
    const between = makeAuthority({ subject: 'between', by: root, extensions: [...AUTHORITY, keyId('one')] });
    expect(fault(makeCertificate({ by: between, extensions: [...CLIENT, byKey('one')] }), between, root)).toBeUndefined();
    expect(fault(makeCertificate({ by: between, extensions: [...CLIENT, byKey('two')] }), between, root)).toBe(
      'no authority of the tenant issued the certificate',
    );
  });
});

describe('the authority itself', () => {
  it.each<[string, Recipe, string]>([
    ['has expired', { notAfter: NOW - 1000 }, 'the authority has expired'],
    ['is none', { extensions: CLIENT }, 'the authority is no authority'],
    ['is of an old version', { extensions: [], version: 0 }, 'the authority is no authority'],
  ])('is refused that %s', (_what, recipe, reason) => {
    const authority = makeAuthority({ subject: 'top', ...recipe });
    expect(fault(makeCertificate({ by: authority }), authority)).toBe(reason);
  });
});

describe('ways to an authority', () => {
  it('are found where two authorities signed each other, whichever is trusted', () => {
    const [one, two] = [makeAuthority({ subject: 'one' }), makeAuthority({ subject: 'two' })];
    const oneByTwo = makeAuthority({ subject: 'one', keys: one.keys, by: two });
    const twoByOne = makeAuthority({ subject: 'two', keys: two.keys, by: one });
    const leaf = makeCertificate({ by: one });
    for (const authority of [one, two]) expect(fault(leaf, twoByOne, oneByTwo, authority)).toBeUndefined();
    expect(fault(leaf, twoByOne, oneByTwo, root)).toBe('no authority of the tenant issued the certificate');
  });

  it('are found by the sound one of two certificates of an authority', () => {
    const keys = ecKeys();
    const old = makeAuthority({ subject: 'between', keys, by: root, notAfter: NOW - 1000 });
    const renewed = makeAuthority({ subject: 'between', keys, by: root });
    expect(fault(makeCertificate({ by: renewed }), old, renewed, root)).toBeUndefined();
    expect(fault(makeCertificate({ by: renewed }), old, root)).toBe('an intermediate has expired');
  });

  it('end where they come back to where they were', () => {
    const [a, b, c] = [makeAuthority({ subject: 'a' }), makeAuthority({ subject: 'b' }), makeAuthority({ subject: 'c' })];
    const loop = [
      makeAuthority({ subject: 'a', keys: a.keys, by: b }),
      makeAuthority({ subject: 'b', keys: b.keys, by: c }),
      makeAuthority({ subject: 'c', keys: c.keys, by: a }),
    ];
    expect(fault(makeCertificate({ by: a }), ...loop, a, root)).toBe('no authority of the tenant issued the certificate');
  });

  it('are not looked for without end among ten authorities of one name, each of which might have signed each other', () => {
    const same = Array.from({ length: 10 }, () => makeAuthority({ subject: 'same' }));
    const leaf = makeCertificate({ by: same[0] as MadeCertificate });
    expect(fault(leaf, ...same, root)).toBe('the way to an authority takes too much work to find');
    expect(fault(leaf, ...same, makeAuthority({ subject: 'same' }))).toBe('the way to an authority takes too much work to find');
  });

  it('are found among four others of the name that the trusted authority signed', () => {
    const same = Array.from({ length: 7 }, () => makeAuthority({ subject: 'same', by: root }));
    const [fifth, seventh] = [same[4], same[6]] as [MadeCertificate, MadeCertificate];
    expect(fault(makeCertificate({ by: fifth }), ...same, root)).toBeUndefined();
    expect(fault(makeCertificate({ by: seventh }), ...same, root)).toBe('the way to an authority takes too much work to find');
  });

  it('are not looked for by more signatures than the longest way has, also where each of them is right', () => {
    const keys = ecKeys();
    const top = makeAuthority({
      subject: 'top',
      extensions: [...AUTHORITY, nameConstraints({ permitted: [der(DIRECTORY, name())], excluded: [der(DNS, 'example.com')] })],
    });
    const renewed = Array.from({ length: 10 }, () => makeAuthority({ subject: 'between', keys, by: top }));
    const leaf = makeCertificate({ by: renewed[0] as MadeCertificate, extensions: [...CLIENT, alternativeNames([DNS, 'example.com'])] });
    expect(fault(leaf, ...renewed.slice(0, 5), top)).toBe('a name is not one that its authority may give');
    expect(fault(leaf, ...renewed, top)).toBe('the way to an authority takes too much work to find');
  });

  it('are not looked for among more than five authorities of one name that did not sign', () => {
    const same = Array.from({ length: 7 }, () => makeAuthority({ subject: 'same' }));
    const by = (place: number) =>
      findChainFault(
        { leaf: makeCertificate({ by: same[place] as MadeCertificate }).der, intermediates: [], authorities: same.map(({ pem }) => pem) },
        NOW,
      );
    expect([by(0), by(4), by(6)]).toEqual([undefined, undefined, 'the way to an authority takes too much work to find']);
  });

  it('may have ten authorities on them', () => {
    const way = [root];
    for (const step of Array(10).keys()) way.unshift(makeAuthority({ subject: `${step}`, by: way[0] as MadeCertificate }));
    expect(fault(makeCertificate({ by: way[0] as MadeCertificate }), ...way)).toBeUndefined();
  });

  it('do not lead through authorities without a name', () => {
    const nameless = makeAuthority({ subject: sequence() });
    expect(fault(makeCertificate({ by: nameless }), nameless)).toBe('no authority of the tenant issued the certificate');
  });

  it('are not looked for among more than ten', () => {
    expect(fault(makeCertificate({ by: root }), ...Array.from({ length: 11 }, () => middle), root)).toBe(
      'there are too many certificates beside it',
    );
    const authorities = [...Array.from({ length: 10 }, () => middle.pem), root.pem];
    expect(findChainFault({ leaf: makeCertificate({ by: root }).der, intermediates: [], authorities }, NOW)).toBe(
      'no authority of the tenant issued the certificate',
    );
  });
});

describe('keys and signatures', () => {
  const withKeys = (keys: Recipe['keys'], signing?: Recipe['signing']) => {
    const authority = makeAuthority({ subject: 'top', ...(keys && { keys }), ...(signing && { signing }) });
    return fault(makeCertificate({ by: authority, ...(signing && { signing }) }), authority);
  };

  it('are taken of every sound kind', () => {
    expect(withKeys(ecKeys('P-384'), 'ecdsa-sha384')).toBeUndefined();
    expect(withKeys(ecKeys('P-521'), 'ecdsa-sha384')).toBeUndefined();
    expect(withKeys(RSA, 'rsa-sha256')).toBeUndefined();
    expect(withKeys(RSA, 'pss-sha256')).toBeUndefined();
    expect(withKeys(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }), 'pss-sha256')).toBeUndefined();
    expect(withKeys(generateKeyPairSync('ed25519'), 'ed25519')).toBeUndefined();
  });

  it.each(['ecdsa-sha1', 'rsa-sha1', 'rsa-md5', 'pss-sha1', 'pss-mixed'] as const)(
    'are refused over a digest that proves nothing: %s',
    (signing) => {
      expect(withKeys(signing.startsWith('ecdsa') ? ecKeys() : RSA, signing)).toBe('a signature is in an algorithm that proves nothing');
    },
  );

  it('are refused that anybody could make, or that take too long to check', () => {
    expect(withKeys(rsaKeys(1024), 'rsa-sha256')).toMatch(/^the key of an authority is not sound: it must have 2048 to 8192 bits/);
    expect(withKeys(rsaKeys(2048, 3), 'rsa-sha256')).toMatch(
      /^the key of an authority is not sound: it must have an odd exponent e from 65537/,
    );
    expect(withKeys(ecKeys('secp256k1'))).toBe('the key of an authority is of another kind than RSA, P-256, P-384, P-521 and Ed25519');
    expect(fault(makeCertificate({ by: root, keys: rsaKeys(1024) }), root)).toMatch(/^the key of the certificate is not sound/);
  });

  it('are refused of a curve that the certificate describes by itself', () => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' });
    expect(withKeys(keys)).toBe('the key of an authority is of another kind than RSA, P-256, P-384, P-521 and Ed25519');
  });

  it('are refused of a certificate that was changed after it was signed, wherever that was', () => {
    const leaf = makeCertificate({ by: root, extensions: [...CLIENT, alternativeNames([DNS, 'client.example.com'])] });
    fc.assert(
      fc.property(fc.nat(leaf.der.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(leaf.der);
        changed[at] = (changed[at] as number) ^ flip;
        expect(typeof findChainFault({ leaf: changed, intermediates: [], authorities: [root.pem] }, NOW)).toBe('string');
      }),
      { numRuns: 500 },
    );
  });
});

describe('constraints of names', () => {
  const held = (
    constraints: Parameters<typeof nameConstraints>[0],
    names: readonly (readonly [number, string | Buffer])[],
    subject?: Buffer,
  ) => {
    const authority = makeAuthority({ subject: 'top', extensions: [...AUTHORITY, nameConstraints(constraints)] });
    const extensions = [...CLIENT, ...(names.length > 0 ? [alternativeNames(...names)] : [])];
    return fault(makeCertificate({ by: authority, extensions, ...(subject && { subject }) }), authority);
  };
  const REFUSED = 'a name is not one that its authority may give';
  const base = (tag: number, value: string | Buffer) => der(tag, value);
  const network = (...bytes: number[]) => base(IP, Buffer.from(bytes));

  it.each<[string, Buffer, [number, string | Buffer][], [number, string | Buffer][]]>([
    [
      'a domain',
      base(DNS, 'example.com'),
      [
        [DNS, 'example.com'],
        [DNS, 'A.Example.COM'],
      ],
      [
        [DNS, 'notexample.com'],
        [DNS, 'example.com.evil.org'],
        [DNS, 'com'],
      ],
    ],
    [
      'all below a domain',
      base(DNS, '.example.com'),
      [[DNS, 'a.example.com']],
      [
        [DNS, 'example.com'],
        [DNS, 'aexample.com'],
      ],
    ],
    [
      'the host of a URI',
      base(URI, 'example.com'),
      [
        [URI, 'https://example.com/a'],
        [URI, 'spiffe://EXAMPLE.com/x'],
        [URI, 'https://u@example.com:8443?q'],
      ],
      [
        [URI, 'https://a.example.com/'],
        [URI, 'https://evil.org/@example.com'],
        [URI, 'urn:example.com'],
        [URI, 'https://192.0.2.1/'],
        [URI, 'https://[2001:db8::1]/'],
        [URI, 'https://example.com@evil.org'],
      ],
    ],
    ['the hosts of a domain of URIs', base(URI, '.example.com'), [[URI, 'https://a.example.com']], [[URI, 'https://example.com/']]],
    [
      'a network',
      network(192, 0, 2, 0, 255, 255, 255, 0),
      [[IP, Buffer.from([192, 0, 2, 7])]],
      [
        [IP, Buffer.from([192, 0, 3, 7])],
        [IP, Buffer.from([...Array(10).fill(0), 255, 255, 192, 0, 2, 7])],
      ],
    ],
    [
      'a host of mail',
      base(MAIL, 'example.com'),
      [[MAIL, 'a@Example.com']],
      [
        [MAIL, 'a@b.example.com'],
        [MAIL, 'example.com@evil.org'],
      ],
    ],
    ['a domain of mail', base(MAIL, '.example.com'), [[MAIL, 'a@b.example.com']], [[MAIL, 'a@example.com']]],
    [
      'a mailbox',
      base(MAIL, 'a@EXAMPLE.com'),
      [[MAIL, 'a@example.com']],
      [
        [MAIL, 'A@example.com'],
        [MAIL, 'b@example.com'],
      ],
    ],
  ])('hold to %s, within it and without', (_what, subtree, within, without) => {
    for (const one of within) {
      expect([one, held({ permitted: [subtree] }, [one])]).toEqual([one, undefined]);
      expect([one, held({ excluded: [subtree] }, [one])]).toEqual([one, REFUSED]);
      for (const other of without) expect(held({ permitted: [subtree] }, [one, other])).toBe(REFUSED);
    }
  });

  it('say nothing of names in other forms, and hold to each of several lists', () => {
    expect(held({ permitted: [base(DNS, 'example.com')] }, [[URI, 'urn:x']])).toBeUndefined();
    const both = { permitted: [base(DNS, 'example.com'), base(DNS, 'example.org')], excluded: [base(DNS, 'b.example.org')] };
    const names = ['a.example.com', 'a.example.org', 'b.example.org', 'b.example.net'];
    expect(names.map((one) => held(both, [[DNS, one]]))).toEqual([undefined, undefined, REFUSED, REFUSED]);
  });

  it('hold to the subject as a name of a directory, and to the mail in it', () => {
    const acme = name([['2.5.4.10', utf8('Acme')]], [['2.5.4.3', utf8('billing')]]);
    const inAcme = base(DIRECTORY, name([['2.5.4.10', der(0x13, 'Acme')]]));
    expect(held({ permitted: [inAcme] }, [], acme)).toBeUndefined();
    expect(held({ permitted: [inAcme] }, [], commonName('Acme'))).toBe(REFUSED);
    expect(held({ excluded: [inAcme] }, [], acme)).toBe(REFUSED);
    const mail = name([['1.2.840.113549.1.9.1', der(0x16, 'a@example.org')]]);
    expect(held({ permitted: [base(MAIL, 'example.com')] }, [], mail)).toBe(REFUSED);
    expect(held({ permitted: [base(MAIL, 'example.org')] }, [], mail)).toBeUndefined();
  });

  it('on hosts of URIs refuse a URI without one', () => {
    expect(held({ excluded: [base(URI, 'example.com')] }, [[URI, 'urn:example:a']])).toBe(REFUSED);
    expect(held({ excluded: [base(URI, 'example.com')] }, [[URI, 'https://example.org']])).toBeUndefined();
  });

  it('do not hold to an authority that names itself anew', () => {
    const acme = name([['2.5.4.10', utf8('Acme')]]);
    const upper = makeAuthority({
      subject: 'upper',
      by: root,
      extensions: [...AUTHORITY, nameConstraints({ permitted: [base(DIRECTORY, acme)] })],
    });
    const renewed = makeAuthority({ subject: 'upper', by: upper });
    expect(fault(makeCertificate({ by: renewed, subject: acme }), upper, renewed, root)).toBeUndefined();
    const lower = makeAuthority({ subject: 'lower', by: upper });
    expect(fault(makeCertificate({ by: lower, subject: acme }), upper, lower, root)).toBe(REFUSED);
  });

  it('of a form or with bounds that nobody knows let nothing through', () => {
    expect(held({ permitted: [der(0x88, Buffer.from([42]))] }, [])).toBe(REFUSED);
    expect(held({ excluded: [Buffer.concat([base(DNS, 'example.org'), der(0x80, Buffer.from([1]))])] }, [])).toBe(REFUSED);
  });

  it('are at most two hundred', () => {
    const some = (count: number) => ({ permitted: Array.from({ length: count }, () => base(DNS, 'example.com')) });
    expect(held(some(200), [])).toBeUndefined();
    expect(held(some(201), [])).toBe('no authority of the tenant issued the certificate');
  });

  it('of every authority on the way hold, and cannot be lifted further down', () => {
    const upper = makeAuthority({
      subject: 'upper',
      by: root,
      extensions: [...AUTHORITY, nameConstraints({ permitted: [base(DNS, 'example.com')] })],
    });
    const lower = makeAuthority({
      subject: 'lower',
      by: upper,
      extensions: [...AUTHORITY, nameConstraints({ permitted: [base(DNS, 'org')] })],
    });
    for (const host of ['a.example.com', 'a.org']) {
      const leaf = makeCertificate({ by: lower, extensions: [...CLIENT, alternativeNames([DNS, host])] });
      expect(fault(leaf, upper, lower, root)).toBe(REFUSED);
    }
  });
});

it('holds to all of these rules together, whatever is left out or added', () => {
  const keys = ecKeys();
  const parts = [
    basicConstraints(true),
    basicConstraints(false),
    keyUsage(0),
    keyUsage(5),
    purposes(CLIENT_AUTH),
    critical('1.2.3.4'),
    extension('2.5.29.19', integer(1)),
  ];
  fc.assert(
    fc.property(fc.subarray(parts), fc.subarray(parts), fc.boolean(), (ofLeaf, ofAuthority, isOwn) => {
      const authority = makeAuthority({ subject: 'top', keys, extensions: ofAuthority });
      const by = isOwn ? authority : makeAuthority({ subject: 'top' });
      const leaf = makeCertificate({ by, extensions: ofLeaf });
      const isSound = isOwn && isSoundLeaf(ofLeaf) && isSoundAuthority(ofAuthority);
      expect(fault(leaf, authority) === undefined).toBe(isSound);
    }),
    { numRuns: 300 },
  );
  function isSoundLeaf(has: readonly Buffer[]): boolean {
    const [isAuthority, isNone, signs, certSigns, isClient, unknown, broken] = parts.map((part) => has.includes(part));
    const isOnce = !(signs && certSigns) && !(isAuthority && isNone);
    return isOnce && isClient === true && !isAuthority && !certSigns && !unknown && !broken;
  }
  function isSoundAuthority(has: readonly Buffer[]): boolean {
    const [isAuthority, isNone, signs, , , unknown, broken] = parts.map((part) => has.includes(part));
    return isAuthority === true && !isNone && !signs && !unknown && !broken;
  }
});

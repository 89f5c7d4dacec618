import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { parseJwks } from '../../src/console/clients/jwks-text.js';
import { ecKeys, type KeyPair, makeAuthority, makeCertificate } from '../../testbed/certificate-maker.js';

const PRIVATE = /^This is a private key, .* It was not sent\./;
const authority = makeAuthority();
const KINDS: [string, KeyPair][] = [
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['P-256', ecKeys()],
  ['P-384', ecKeys('P-384')],
  ['Ed25519', generateKeyPairSync('ed25519')],
];
const OTHERS: [string, KeyPair][] = [
  ['P-521', ecKeys('P-521')],
  ['secp256k1', ecKeys('secp256k1')],
  ['Ed448', generateKeyPairSync('ed448')],
];

const pemOf = ({ publicKey }: KeyPair) => publicKey.export({ format: 'pem', type: 'spki' }).toString();
const certificateOf = (keys: KeyPair) => makeCertificate({ keys, by: authority }).pem;
const privateOf = ({ privateKey }: KeyPair) => privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

it.each(KINDS)('reads %s keys from a certificate and alone, as Node does', (_, keys) => {
  const expected = { jwks: { keys: [keys.publicKey.export({ format: 'jwk' })] }, fault: null };
  expect(parseJwks(certificateOf(keys))).toEqual(expected);
  expect(parseJwks(pemOf(keys))).toEqual(expected);
  expect(parseJwks(`subject=CN = a client\r\n${certificateOf(keys).replaceAll('\n', '\r\n')}\r\n `)).toEqual(expected);
});

it('reads an RSA key in the form of PKCS #1', () => {
  const [, keys] = KINDS[0] as [string, KeyPair];
  const pem = keys.publicKey.export({ format: 'pem', type: 'pkcs1' }).toString();
  expect(parseJwks(pem).jwks).toEqual({ keys: [keys.publicKey.export({ format: 'jwk' })] });
});

it.each(OTHERS)('says that keys of the kind %s are not taken', (_, keys) => {
  for (const pem of [certificateOf(keys), pemOf(keys)]) expect(parseJwks(pem).fault).toMatch(/^Its key is of another kind/);
});

it.each(KINDS)('takes no private %s key, in whatever it stands', (_, keys) => {
  const jwk = keys.privateKey.export({ format: 'jwk' });
  const texts = [
    privateOf(keys),
    certificateOf(keys) + privateOf(keys),
    privateOf(keys).slice(0, 60),
    JSON.stringify(jwk),
    JSON.stringify({ keys: [jwk] }),
    JSON.stringify({ keys: [keys.publicKey.export({ format: 'jwk' })], note: { jwk } }),
    JSON.stringify({ keys: [], note: privateOf(keys) }),
  ];
  for (const text of texts) {
    expect(parseJwks(text).jwks).toBeNull();
    expect(parseJwks(text).fault).toMatch(PRIVATE);
  }
});

it('takes one certificate at a time: whoever signed it would be the client as well', () => {
  const [own, next] = [certificateOf(ecKeys()), authority.pem];
  expect(parseJwks(own + next).fault).toMatch(/^Paste one certificate or public key alone/);
});

it.each([
  [
    'a request for a certificate',
    '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----',
    /^Paste a whole certificate/,
  ],
  ['a beginning', certificateOf(ecKeys()).slice(0, 200), /^Paste a whole certificate/],
  ['nothing between the lines', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----', /^This certificate or public key is damaged/],
  ['a text', 'my key', /^Paste a JWKS/],
  ['one key', JSON.stringify(ecKeys().publicKey.export({ format: 'jwk' })), /^Paste a JWKS/],
])('says what to paste in place of %s', (_, text, fault) => {
  expect(parseJwks(text)).toEqual({ jwks: null, fault: expect.stringMatching(fault) });
});

it('passes a JWKS on as it is', () => {
  const jwks = { keys: [{ ...ecKeys().publicKey.export({ format: 'jwk' }), kid: 'a', 'x5t#S256': 'x' }], note: 1 };
  expect(parseJwks(JSON.stringify(jwks, null, 2))).toEqual({ jwks, fault: null });
});

it('ends with a key or a sentence, whatever is damaged', () => {
  const { der } = makeCertificate();
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), fc.nat(der.length), (place, byte, end) => {
      const damaged = Buffer.from(der)
        .fill(byte, place, place + 1)
        .subarray(0, end);
      const { jwks, fault } = parseJwks(`-----BEGIN CERTIFICATE-----\n${damaged.toString('base64')}\n-----END CERTIFICATE-----\n`);
      expect(jwks === null).toBe(fault !== null);
    }),
  );
});

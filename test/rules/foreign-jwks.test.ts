import { generateKeyPairSync } from 'node:crypto';
import { findSelfSignedFault, thumbprintOf } from '../../src/clients/certificates/thumbprint.js';
import { findForeignJwksFault, usableKey, usableKeys } from '../../src/clients/keys/foreign-jwks.js';
import { ecKeys, makeCertificate } from '../../testbed/certificate-maker.js';

const KINDS = [
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['Ed25519', generateKeyPairSync('ed25519')],
] as const;

it.each(KINDS)('takes a public key with what signatures are checked with, and no more: %s', (_kind, { publicKey }) => {
  const jwk = publicKey.export({ format: 'jwk' });
  expect(usableKey({ ...jwk, kid: 'a', use: 'jwt-svid', x5c: ['anything'], note: 'anything' })).toEqual({ ...jwk, kid: 'a', use: 'sig' });
  expect(usableKey({ ...jwk, use: 'x509-svid' })).toBeUndefined();
  expect(usableKey({ ...jwk, use: 'enc' })).toBeUndefined();
});

it.each(KINDS)('takes no key whose private part everybody can read: %s', (_kind, { privateKey, publicKey }) => {
  const [leaked, jwk] = [privateKey.export({ format: 'jwk' }), publicKey.export({ format: 'jwk' })];
  expect(usableKey(leaked)).toBeUndefined();
  expect(usableKey({ ...leaked, use: 'jwt-svid' })).toBeUndefined();
  expect(usableKeys({ keys: [leaked, jwk] })).toEqual({ keys: [jwk] });
  expect(findForeignJwksFault({ keys: [leaked] })).toMatch(/private key/);
});

it.each([
  ['in hexadecimal', (digest: Buffer) => digest.toString('hex')],
  ['with padding', (digest: Buffer) => digest.toString('base64')],
  ['of SHA-1', () => Buffer.alloc(20, 1).toString('base64url')],
  ['as a list', (digest: Buffer) => [digest.toString('base64url')]],
  ['as a number', () => 7],
])('lets a key that names its certificate %s stand for no certificate, and sign all the same', (_form, write) => {
  const made = makeCertificate({ keys: ecKeys() });
  const jwk = made.keys.publicKey.export({ format: 'jwk' });
  const named = usableKey({ ...jwk, 'x5t#S256': write(Buffer.from(thumbprintOf(made.der), 'base64url')) });
  expect(named).toMatchObject(jwk);
  const fault = (key: object | undefined) => findSelfSignedFault(made.der, { keys: key ? [key] : [] }, Date.now());
  expect(fault(named)).toBe('the certificate has a key that is none of the client');
  expect(fault(usableKey({ ...jwk, 'x5t#S256': thumbprintOf(made.der) }))).toBeUndefined();
});

import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { findSelfSignedFault, publicJwkOf, thumbprintOf } from '../../src/clients/certificates/thumbprint.js';
import {
  AUTHORITY,
  ecKeys,
  keyUsage,
  makeAuthority,
  makeCertificate,
  purposes,
  type Recipe,
  SERVER_AUTH,
} from '../../testbed/certificate-maker.js';

const NOW = Date.now();
const KINDS: [string, Recipe][] = [
  ['P-256', { keys: ecKeys() }],
  ['P-384', { keys: ecKeys('P-384'), signing: 'ecdsa-sha384' }],
  ['P-521', { keys: ecKeys('P-521') }],
  ['RSA', { keys: generateKeyPairSync('rsa', { modulusLength: 2048 }), signing: 'rsa-sha256' }],
  ['Ed25519', { keys: generateKeyPairSync('ed25519'), signing: 'ed25519' }],
];
const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as JWK;
const fault = (leaf: { der: Buffer }, ...keys: object[]) => findSelfSignedFault(leaf.der, { keys }, NOW);
const FOREIGN = 'the certificate has a key that is none of the client';

it('is the digest of the certificate as it was presented', () => {
  const { der } = makeCertificate();
  expect(thumbprintOf(der)).toBe(createHash('sha256').update(der).digest('base64url'));
  expect(thumbprintOf(der)).toMatch(/^[\w-]{43}$/);
});

it.each(KINDS)('the key of a certificate is the one that it was made with: %s', async (_kind, recipe) => {
  const made = makeCertificate(recipe);
  expect(publicJwkOf(made.der)).toEqual(jwkOf(made.keys.publicKey));
  expect(await calculateJwkThumbprint(publicJwkOf(made.der) as JWK)).toBe(await calculateJwkThumbprint(jwkOf(made.keys.publicKey)));
});

it('the key of a certificate is none where it is of a kind that is not taken', () => {
  expect(publicJwkOf(makeCertificate({ keys: ecKeys('secp256k1') }).der)).toBeUndefined();
});

describe('a certificate that a client signed itself', () => {
  it.each(KINDS)('is known by its key, whatever the key is called and whatever stands beside it: %s', (_kind, recipe) => {
    const made = makeCertificate(recipe);
    const jwk = jwkOf(made.keys.publicKey);
    expect(fault(made, jwk)).toBeUndefined();
    expect(fault(made, jwkOf(ecKeys().publicKey), { ...jwk, kid: 'a', use: 'sig', alg: 'ES256' })).toBeUndefined();
    expect(fault(made)).toBe(FOREIGN);
    expect(fault(made, jwkOf(ecKeys('P-521').publicKey), jwkOf(ecKeys().publicKey), {})).toBe(FOREIGN);
  });

  it('is not known by a key for encryption, or by a part of a key', () => {
    const made = makeCertificate();
    const { y, ...part } = jwkOf(made.keys.publicKey);
    expect(fault(made, { ...part, y, use: 'enc' })).toBe(FOREIGN);
    expect(fault(made, part)).toBe(FOREIGN);
  });

  it('is the one that its key names, where it names one', () => {
    const made = makeCertificate();
    const renewed = makeCertificate({ keys: made.keys });
    const pinned = { ...jwkOf(made.keys.publicKey), 'x5t#S256': thumbprintOf(made.der) };
    expect(fault(made, pinned)).toBeUndefined();
    expect(fault(renewed, pinned)).toBe(FOREIGN);
    expect(fault(makeCertificate(), { ...pinned })).toBe(FOREIGN);
    expect(fault(made, { ...jwkOf(ecKeys().publicKey), 'x5t#S256': thumbprintOf(made.der) })).toBe(FOREIGN);
  });

  it('may be that of an authority, as OpenSSL makes it, and may be signed by anybody', () => {
    for (const recipe of [
      { extensions: AUTHORITY },
      { extensions: [keyUsage(0)] },
      { extensions: [], version: 0 },
      { by: makeAuthority() },
    ]) {
      const made = makeCertificate(recipe);
      expect(fault(made, jwkOf(made.keys.publicKey))).toBeUndefined();
    }
  });

  it.each<[string, Recipe, string]>([
    ['has expired', { notAfter: NOW - 1000 }, 'the certificate has expired'],
    ['is not valid yet', { notBefore: NOW + 2000 }, 'the certificate is not valid yet'],
    [
      'is for servers',
      { extensions: [purposes(SERVER_AUTH)] },
      'the certificate is not for clients: clientAuth is not among its purposes (extendedKeyUsage)',
    ],
  ])('is refused that %s', (_what, recipe, reason) => {
    const made = makeCertificate(recipe);
    expect(fault(made, jwkOf(made.keys.publicKey))).toBe(reason);
  });

  it('is refused with a key that is not sound', () => {
    const made = makeCertificate({ keys: generateKeyPairSync('rsa', { modulusLength: 1024 }), signing: 'rsa-sha256' });
    expect(fault(made, jwkOf(made.keys.publicKey))).toMatch(/^the key of the certificate is not sound/);
  });

  it('is refused that is none', () => {
    expect(fault({ der: Buffer.from('none') })).toMatch(/^the certificate cannot be read/);
  });
});

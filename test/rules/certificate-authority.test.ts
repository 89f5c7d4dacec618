import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describeAuthority, findAuthorityFault } from '../../src/clients/certificates/certificate-authority.js';
import {
  AUTHORITY,
  basicConstraints,
  CLIENT,
  der,
  ecKeys,
  empty,
  extension,
  keyUsage,
  makeAuthority,
  makeCertificate,
  name,
  nameConstraints,
  pemOf,
  type Recipe,
  sequence,
  utf8,
} from '../../testbed/certificate-maker.js';

const NOW = Date.now();
const SECOND = 1000;
const fault = (pem: string) => findAuthorityFault(pem, NOW);
const sound = makeAuthority({
  subject: name([['2.5.4.6', utf8('DE')]], [['2.5.4.10', utf8('Acme, Inc.')]]),
  notBefore: NOW - 5000,
  notAfter: NOW + 5000,
});

it('is described by its subject, fingerprint and times, and kept without what stands around it', () => {
  const text = `subject=Acme\r\n${sound.pem.replaceAll('\n', '\r\n')}\r\nthe end`;
  expect(fault(text)).toBeUndefined();
  const seconds = (at: number) => new Date(Math.floor(at / SECOND) * SECOND);
  expect(describeAuthority(text)).toEqual({
    subject: 'O=Acme\\, Inc.,C=DE',
    fingerprint: new X509Certificate(sound.der).fingerprint256,
    notBefore: seconds(NOW - 5000),
    notAfter: seconds(NOW + 5000),
    pem: sound.pem,
  });
});

it.each<[string, Recipe]>([
  ['is no root', { by: sound }],
  ['is not valid yet', { notBefore: NOW + 9000 }],
  ['says nothing of what its key is for', { extensions: [basicConstraints(true)] }],
  ['has a key of P-384', { keys: ecKeys('P-384') }],
  ['has a key of Ed25519', { keys: generateKeyPairSync('ed25519'), signing: 'ed25519' }],
  ['may have names of hosts alone', { extensions: [...AUTHORITY, nameConstraints({ permitted: [der(0x82, 'example.com')] })] }],
])('is taken that %s', (_what, recipe) => {
  expect(fault(makeAuthority(recipe).pem)).toBeUndefined();
});

it.each<[string, string, RegExp]>([
  ['nothing', '', /^Give one certificate in PEM/],
  ['a certificate without its lines', sound.pem.split('\n').slice(1, -2).join('\n'), /^Give one certificate in PEM/],
  ['a certificate without its end', sound.pem.slice(0, -10), /^Give one certificate in PEM/],
  ['two certificates', sound.pem + makeAuthority().pem, /^Give one certificate at a time/],
  ['one certificate twice', sound.pem + sound.pem, /^Give one certificate at a time/],
  ['a public key', pemOf(sound.keys.publicKey.export({ type: 'spki', format: 'der' }), 'PUBLIC KEY'), /This is something else/],
  ['what is not in base64', sound.pem.replace('MI', '*I'), /in base64/],
  ['what is no certificate', pemOf(Buffer.from('none')), /^The certificate cannot be read: /],
  ['too much', sound.pem + ' '.repeat(16 * 1024), /at most 16384 bytes/],
  ["a client's certificate", makeCertificate().pem, /CA:TRUE/],
  ['a certificate of an old version', makeCertificate({ extensions: [], version: 0 }).pem, /CA:TRUE/],
  ['an authority that may not sign', makeAuthority({ extensions: [basicConstraints(true), keyUsage(0, 6)] }).pem, /keyCertSign/],
  ['one without a name', makeAuthority({ subject: sequence() }).pem, /has no name/],
  ['one that has expired', makeAuthority({ notAfter: NOW - 1000 }).pem, /has expired/],
  [
    'one with a short key',
    makeAuthority({ keys: generateKeyPairSync('rsa', { modulusLength: 1024 }), signing: 'rsa-sha256' }).pem,
    /2048 to 8192 bits/,
  ],
  ['one with a key on another curve', makeAuthority({ keys: ecKeys('secp256k1') }).pem, /of another kind/],
  [
    'one with an extension that nobody knows',
    makeAuthority({ extensions: [...AUTHORITY, extension('1.2.3.4', empty, true)] }).pem,
    /critical extension/,
  ],
  [
    'one with constraints that nobody knows',
    makeAuthority({ extensions: [...AUTHORITY, nameConstraints({ permitted: [der(0x88, Buffer.from([42]))] })] }).pem,
    /name constraints/,
  ],
])('is not to be %s', (_what, pem, sentence) => {
  expect(fault(pem)).toMatch(sentence);
  expect(fault(pem)).toMatch(/^[A-Z].*\.$/);
});

it.each(['PRIVATE KEY', 'EC PRIVATE KEY', 'RSA PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'OPENSSH PRIVATE KEY'])(
  'is told that it has leaked with a %s',
  (label) => {
    const key = pemOf(sound.keys.privateKey.export({ type: 'pkcs8', format: 'der' }), label);
    for (const pem of [key, key + sound.pem, sound.pem + key, sound.pem + key.split('\n').slice(1).join('\n')]) {
      expect(fault(pem)).toMatch(/^A private key stands in it: .*for the key of this one has been sent\.$/);
      expect(fault(pem)).not.toContain(key.split('\n')[1]);
    }
  },
);

it('is told what is wrong with it, whatever it is', () => {
  const pieces = fc.constantFrom(
    '-----BEGIN CERTIFICATE-----',
    '-----END CERTIFICATE-----',
    '-----BEGIN ',
    '-----',
    '\n',
    'AAAA',
    sound.pem,
    makeCertificate({ extensions: CLIENT }).pem,
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 6 }), (parts) => {
      const text = parts.join('');
      const said = fault(text);
      if (said === undefined) expect(describeAuthority(text).pem).toBe(sound.pem);
      else expect(said).toMatch(/^[A-Z].*\.$/);
    }),
    { numRuns: 1000 },
  );
});

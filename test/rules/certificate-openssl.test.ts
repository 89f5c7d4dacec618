import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAuthority, findAuthorityFault } from '../../src/clients/certificates/certificate-authority.js';
import { findChainFault } from '../../src/clients/certificates/certificate-chain.js';
import { findNameMismatch, namesOf } from '../../src/clients/certificates/certificate-names.js';
import { findSelfSignedFault } from '../../src/clients/certificates/thumbprint.js';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-openssl-'));
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' }).toString();
const read = (name: string) => readFileSync(join(folder, `${name}.pem`), 'utf8');
const derOf = (name: string) => new X509Certificate(read(name)).raw;
const CLIENT =
  'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n';
const AUTHORITY =
  'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n';
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

function issue(name: string, by: string, { subject = `/CN=${name}`, extensions = CLIENT, key = EC, signing = [] as string[] } = {}): void {
  openssl('req', ...key, '-nodes', '-utf8', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject, '-multivalue-rdn');
  writeFileSync(join(folder, `${name}.ext`), extensions);
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    `${by}.pem`,
    '-CAkey',
    `${by}.key`,
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    `${name}.ext`,
    '-out',
    `${name}.pem`,
    ...signing,
  );
}

/** What OpenSSL says itself. */
function isVerified(name: string, root: string): boolean {
  try {
    openssl('verify', '-purpose', 'sslclient', '-CAfile', `${root}.pem`, '-untrusted', 'between.pem', `${name}.pem`);
    return true;
  } catch {
    return false;
  }
}

beforeAll(() => {
  for (const [name, key] of [
    ['root', ['-newkey', 'rsa:2048']],
    ['other', EC],
  ] as const)
    openssl(
      'req',
      '-x509',
      ...key,
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-subj',
      '/C=DE/O=Acme/CN=root',
      '-days',
      '2',
    );
  issue('between', 'root', { extensions: AUTHORITY });
  issue('client', 'between', {
    subject: '/C=DE/O=Acme, Inc./OU=a+CN=Müller',
    extensions: `${CLIENT}subjectAltName=DNS:client.example.com,URI:spiffe://example.org/billing,IP:2001:db8::1,email:Client@example.com\n`,
  });
  issue('pss', 'root', {
    key: ['-newkey', 'rsa:2048'],
    signing: ['-sha256', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest'],
  });
  issue('edwards', 'between', { key: ['-newkey', 'ed25519'] });
  issue('sha1', 'root', { signing: ['-sha1'] });
  issue('server', 'between', { extensions: CLIENT.replace('clientAuth', 'serverAuth') });
  issue('below', 'between', { extensions: AUTHORITY });
  issue('deep', 'below');
  openssl('req', '-x509', ...EC, '-nodes', '-keyout', 'self.key', '-out', 'self.pem', '-subj', '/CN=self', '-days', '2');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fault = (name: string, root = 'root') =>
  findChainFault({ leaf: derOf(name), intermediates: ['between', 'below'].map(derOf), authorities: [read(root)] }, Date.now());

it.each(['client', 'pss', 'edwards'])('takes what OpenSSL made and verifies: %s', (name) => {
  expect([fault(name), isVerified(name, 'root')]).toEqual([undefined, true]);
});

it.each([
  ['client', 'other', 'no authority of the tenant issued the certificate'],
  ['pss', 'other', 'no authority of the tenant issued the certificate'],
  ['server', 'root', 'the certificate is not for clients: clientAuth is not among its purposes (extendedKeyUsage)'],
  ['deep', 'root', 'an authority may not have others below it'],
  ['self', 'root', "the certificate is an authority's and no client's"],
])('refuses what OpenSSL refuses: %s of %s', (name, root, reason) => {
  expect([fault(name, root), isVerified(name, root)]).toEqual([reason, false]);
});

it('refuses SHA-1, which OpenSSL takes where it is told nothing else', () => {
  expect(fault('sha1')).toBe('a signature is in an algorithm that proves nothing');
});

it('trusts an authority as OpenSSL makes it', () => {
  expect(findAuthorityFault(read('root'), Date.now())).toBeUndefined();
  const { subject, fingerprint, pem } = describeAuthority(openssl('x509', '-in', 'root.pem', '-text'));
  expect([subject, pem]).toEqual(['CN=root,O=Acme,C=DE', read('root')]);
  expect(openssl('x509', '-in', 'root.pem', '-noout', '-fingerprint', '-sha256')).toContain(fingerprint);
});

it('finds the names that OpenSSL wrote', () => {
  const certificate = derOf('client');
  const subjectDn = openssl('x509', '-in', 'client.pem', '-noout', '-subject', '-nameopt', 'RFC2253').replace('subject=', '').trim();
  for (const name of [
    { subjectDn },
    { sanDns: 'client.example.com' },
    { sanUri: 'spiffe://example.org/billing' },
    { sanIp: '2001:DB8::1' },
    { sanEmail: 'Client@EXAMPLE.com' },
  ])
    expect([name, findNameMismatch(certificate, name)]).toEqual([name, undefined]);
  expect(namesOf(certificate).subject).toMatch(/^(OU=a\+CN=Müller|CN=Müller\+OU=a),O=Acme\\, Inc\.,C=DE$/);
});

it('knows a certificate that OpenSSL signed by its own key', () => {
  const key = new X509Certificate(read('self')).publicKey.export({ format: 'jwk' });
  expect(findSelfSignedFault(derOf('self'), { keys: [key] }, Date.now())).toBeUndefined();
});

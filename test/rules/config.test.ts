import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/platform/config.js';
import { type Authority, createAuthority } from '../../testbed/certificates.js';

const DEFAULT_PATH = join(import.meta.dirname, '../../data/latchkey.db');
const KEY = Buffer.alloc(32, 3).toString('base64');

it('works without a single setting', () => {
  expect(readConfig({})).toEqual({
    failureLimit: 20,
    previousEncryptionKey: undefined,
    signingAlgorithm: 'ES256',
    signingKeyDays: 90,
    port: 4000,
    host: '127.0.0.1',
    issuer: 'http://localhost:4000',
    database: { type: 'sqlite', path: DEFAULT_PATH },
    migrationDatabase: { type: 'sqlite', path: DEFAULT_PATH },
    encryptionKey: undefined,
    adminClientId: 'admin',
    adminClientSecret: undefined,
    adminSecretFileOut: undefined,
    apiAudience: undefined,
    trustProxy: 0,
    trustedProxies: undefined,
    trustForwardedHost: false,
    clientCertHeader: undefined,
    tls: undefined,
    mtlsHostPrefix: undefined,
    trustedIssuerNetworks: [],
    allowedOrigins: [],
    graphiql: true,
    logLevel: 'info',
    metricsPort: undefined,
    workers: 1,
    auditRetentionDays: 400,
    tenantLimits: { clients: 2_000_000, mutationsAMinute: 60_000, recordBytesADay: 250_000_000 },
    isProduction: false,
  });
});

it('looks for the database beside itself from every folder, and passes over none that an earlier release has kept there', () => {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-config-'));
  try {
    process.chdir(folder);
    expect(readConfig({}).database).toEqual({ type: 'sqlite', path: DEFAULT_PATH });
    mkdirSync('data');
    writeFileSync('data/latchkey.db', '');
    expect(() => readConfig({})).toThrow(/DATABASE_URL must be set: there is a database in .*, where earlier releases kept it/);
    expect(readConfig({ DATABASE_URL: 'sqlite:data/latchkey.db' }).database).toEqual({ type: 'sqlite', path: 'data/latchkey.db' });
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
});

it('takes an empty variable for an unset one', () => {
  expect(readConfig({ PORT: '', ISSUER: '', ENCRYPTION_KEY: '', API_AUDIENCE: '' })).toEqual(readConfig({}));
});

it('derives the issuer from the port', () => {
  expect(readConfig({ PORT: '4001' }).issuer).toBe('http://localhost:4001');
  expect(readConfig({ PORT: '80' }).issuer).toBe('http://localhost');
});

it.each([
  ['PORT', ['0', '65536', '-1', '4000.5', 'x', '1e3']],
  ['METRICS_PORT', ['0', 'x']],
  ['ISSUER', ['id.example.com', 'ftp://x', 'https://x/path', 'https://x/', 'https://x?y', 'https://user@x', 'https://X.example']],
  ['DATABASE_URL', ['x', 'sqlite:', 'sqlite::memory:', 'mysql://host', 'mysql://host/', 'postgres://h/d']],
  ['ENCRYPTION_KEY', ['x', 'c2hvcnQ=', KEY.slice(1), `${KEY}AAAA`]],
  ['ADMIN_CLIENT_ID', ['a b', 'é', 'x'.repeat(101)]],
  ['ADMIN_CLIENT_SECRET', ['short', 'é'.repeat(40), 'x'.repeat(201), `${'x'.repeat(32)}\n`]],
  ['API_AUDIENCE', ['x', '/api', 'https://x/#y']],
  ['TRUST_PROXY', ['10', '-1', 'yes', 'TRUE', '10.0.0.1/8', '10.0.0.0/8,', '2,10.0.0.0/8', 'true,10.0.0.1', '0.0.0.0/0', '10.0.0.1,::/0']],
  ['GRAPHIQL', ['0']],
  ['TRUSTED_ISSUER_NETWORKS', ['x', '10.0.0.1/8', '10.0.0.0/8,', '10.0.0.0/8;fd00::/8', '10.0.0.0-10.0.0.9']],
  ['LOG_LEVEL', ['INFO', 'verbose']],
  ['WORKERS', ['0', '65', '-1', '1.5', 'AUTO', 'all', '2 ']],
])('refuses a bad %s', (name, values) => {
  for (const value of values)
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^These settings need a change:\\n  ${name} `));
});

it('believes X-Forwarded-Host behind a proxy alone', () => {
  expect(() => readConfig({ TRUST_FORWARDED_HOST: 'true' })).toThrow(/TRUST_FORWARDED_HOST/);
  expect(readConfig({ TRUST_FORWARDED_HOST: 'true', TRUST_PROXY: '2' })).toMatchObject({ trustForwardedHost: true, trustProxy: 2 });
});

it('takes the networks of proxies in the place of their number', () => {
  const read = (TRUST_PROXY: string) => {
    const { trustProxy, trustedProxies } = readConfig({ TRUST_PROXY });
    return [trustProxy, trustedProxies?.map(({ address, bits }) => `${address}/${bits}`)];
  };
  expect(read('true')).toEqual([1, undefined]);
  expect(read('3')).toEqual([3, undefined]);
  expect(read('false')).toEqual([0, undefined]);
  expect(read('10.20.0.0/16, fd00::/8,192.168.1.7')).toEqual([1, ['10.20.0.0/16', 'fd00::/8', '192.168.1.7/32']]);
  expect(read('::ffff:10.20.0.0/112,::1')).toEqual([1, ['10.20.0.0/16', '::1/128']]);
  expect(readConfig({ TRUST_FORWARDED_HOST: 'true', TRUST_PROXY: '10.20.0.0/16' })).toMatchObject({ trustForwardedHost: true });
});

describe("the header with a client's certificate", () => {
  const read = (CLIENT_CERT_HEADER: string, TRUST_PROXY = '10.0.0.1') => readConfig({ CLIENT_CERT_HEADER, TRUST_PROXY }).clientCertHeader;

  it.each([
    ['rfc9440', 'client-cert', 'client-cert-chain'],
    ['rfc9440:X-Cert', 'x-cert', undefined],
    ['rfc9440:X-Cert:X-Chain', 'x-cert', 'x-chain'],
    ['escaped-pem', 'x-ssl-client-cert', undefined],
    ['escaped-pem:SSL_CLIENT_CERT', 'ssl_client_cert', undefined],
    ['der', 'x-ssl-client-der', undefined],
    ['der:X-SSL-Client-DER:X-SSL-Client-Chain', 'x-ssl-client-der', 'x-ssl-client-chain'],
    ['xfcc', 'x-forwarded-client-cert', undefined],
    ['traefik', 'x-forwarded-tls-client-cert', undefined],
  ])('is read as %s', (setting, name, chainName) => {
    expect(read(setting)).toEqual({ format: setting.split(':')[0], name, chainName });
  });

  it.each([
    ['pem', /must be FORMAT, /],
    ['', undefined],
    ['rfc9440:a:b:c', /must be FORMAT, /],
    ['constructor', /must be FORMAT, /],
    ['rfc9440:', /must name headers of letters/],
    ['rfc9440:X Cert', /must name headers of letters/],
    ['rfc9440:x-cert:', /must name headers of letters/],
    ['rfc9440:é', /must name headers of letters/],
    [`der:${'x'.repeat(101)}`, /must name headers of letters/],
    ['der:X-Cert:x-cert', /must name two headers/],
    ['xfcc:x-cert:x-chain', /must name one header/],
    ['traefik:x-cert:x-chain', /must name one header/],
  ])('is refused as %p', (setting, told) => {
    if (told) expect(() => read(setting)).toThrow(told);
    else expect(read(setting)).toBeUndefined();
  });

  it.each([
    'Authorization',
    'Host',
    'Cookie',
    'DPoP',
    'Content-Type',
    'Transfer-Encoding',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'Forwarded',
    'X-Request-Id',
    'Sec-Fetch-Site',
    'Origin',
    'Connection',
  ])('is not %s, which is read for another reason', (name) => {
    expect(() => read(`der:${name}`)).toThrow(/CLIENT_CERT_HEADER must name headers that have no other use/);
    expect(() => read(`der:x-cert:${name}`)).toThrow(/CLIENT_CERT_HEADER must name headers that have no other use/);
  });

  it.each(['false', 'true', '0', '2'])('is not believed of everybody (TRUST_PROXY=%s)', (trust) => {
    expect(() => read('rfc9440', trust)).toThrow(/CLIENT_CERT_HEADER is of use only when TRUST_PROXY names the networks/);
  });
});

describe('what hosts begin with at which clients are asked for a certificate', () => {
  const proxied = { CLIENT_CERT_HEADER: 'rfc9440', TRUST_PROXY: '10.0.0.1' };

  it.each([
    ['mtls.', 'mtls.'],
    ['MTLS.', 'mtls.'],
    ['m-1.tls.', 'm-1.tls.'],
    ['xn--bcher-kva.', 'xn--bcher-kva.'],
  ])('takes %s', (MTLS_HOST_PREFIX, mtlsHostPrefix) => {
    expect(readConfig({ ...proxied, MTLS_HOST_PREFIX })).toMatchObject({ mtlsHostPrefix });
  });

  it.each([
    'mtls',
    '.',
    '.mtls.',
    'mtls..',
    '-mtls.',
    'mtls-.',
    'm_tls.',
    'mtls. ',
    '*.',
    'büro.',
    'xn--.',
    `${'m'.repeat(64)}.`,
    'm.'.repeat(51),
  ])('refuses %j', (MTLS_HOST_PREFIX) => {
    const read = () => readConfig({ ...proxied, MTLS_HOST_PREFIX });
    expect(read).toThrow(/MTLS_HOST_PREFIX must be what names of hosts begin with, with the dot behind it, such as mtls\. \(/);
  });

  it('refuses it where nobody is asked for any, and says what to do', () => {
    expect(() => readConfig({ MTLS_HOST_PREFIX: 'mtls.' })).toThrow(
      /MTLS_HOST_PREFIX is of use only where certificates are asked for: set TLS_CERT_FILE and TLS_KEY_FILE, or CLIENT_CERT_HEADER behind a proxy, or leave it out\.$/,
    );
  });

  it('refuses one that the issuer has', () => {
    for (const ISSUER of ['https://mtls.example.com', 'https://mtls.example.com:8443'])
      expect(() => readConfig({ ...proxied, MTLS_HOST_PREFIX: 'MTLS.', ISSUER })).toThrow(
        /MTLS_HOST_PREFIX must not be what the host of ISSUER begins with/,
      );
    expect(readConfig({ ...proxied, MTLS_HOST_PREFIX: 'mtls.', ISSUER: 'https://mtls-1.example.com' }).mtlsHostPrefix).toBe('mtls.');
  });
});

describe('a certificate of its own', () => {
  let authority: Authority;
  let pair: { certificate: string; key: string };
  let other: { certificate: string; key: string };

  beforeAll(() => {
    authority = createAuthority();
    pair = authority.sign('localhost', 'DNS:localhost');
    other = authority.sign('other', 'DNS:other');
  });
  afterAll(() => authority.remove());

  it('makes the server one of https', () => {
    const config = readConfig({ TLS_CERT_FILE: pair.certificate, TLS_KEY_FILE: pair.key });
    expect(config).toMatchObject({ tls: pair, issuer: 'https://localhost:4000' });
  });

  it.each<[string, () => Record<string, string>, RegExp]>([
    ['only one of both', () => ({ TLS_CERT_FILE: pair.certificate }), /TLS_KEY_FILE must be set together with TLS_CERT_FILE\.$/],
    ['only the other', () => ({ TLS_KEY_FILE: pair.key }), /TLS_CERT_FILE must be set together with TLS_KEY_FILE\.$/],
    ['no file', () => ({ TLS_CERT_FILE: '/no/file', TLS_KEY_FILE: '/no/key' }), /TLS_CERT_FILE .*ENOENT.*\n {2}TLS_KEY_FILE .*ENOENT/],
    ['a folder', () => ({ TLS_CERT_FILE: tmpdir(), TLS_KEY_FILE: pair.key }), /TLS_CERT_FILE .*it is no file/],
    [
      'a key in its place',
      () => ({ TLS_CERT_FILE: pair.key, TLS_KEY_FILE: pair.key }),
      /TLS_CERT_FILE names a file that is not certificates/,
    ],
    ['the key of another', () => ({ TLS_CERT_FILE: pair.certificate, TLS_KEY_FILE: other.key }), /TLS_KEY_FILE is not the private key of/],
    ['no key', () => ({ TLS_CERT_FILE: pair.certificate, TLS_KEY_FILE: pair.certificate }), /TLS_KEY_FILE is not the private key of/],
  ])('is refused with %s, together with all other faults, and nothing of it is told', (_, settings, told) => {
    expect(() => readConfig(settings())).toThrow(told);
    expect(() => readConfig({ ...settings(), PORT: 'x' })).toThrow(/PORT .*\n(.*\n)*.*TLS_/);
    expect(() => readConfig(settings())).not.toThrow(/BEGIN|MII/);
  });
});

it('takes networks and single addresses', () => {
  const { trustedIssuerNetworks } = readConfig({ TRUSTED_ISSUER_NETWORKS: '10.20.0.0/16, fd00::/8,192.168.1.7' });
  expect(trustedIssuerNetworks.map(({ address, bits }) => `${address}/${bits}`)).toEqual(['10.20.0.0/16', 'fd00::/8', '192.168.1.7/32']);
});

it.each([
  ['https://app.example.com/', 'has a trailing slash'],
  ['https://App.Example.com', 'has upper-case letters'],
  ['HTTPS://app.example.com', 'has upper-case letters'],
  ['https://app.example.com:443', 'names the usual port'],
  ['http://localhost:80', 'names the usual port'],
  ['https://app.example.com/page', 'has more than a scheme, a host and a port'],
  ['https://app.example.com?x', 'has more than a scheme, a host and a port'],
  ['https://user@app.example.com', 'has a user'],
  ['https://bücher.example', 'is not written as browsers send it'],
  ['https://*.example.com', 'has a wildcard'],
  ['*', 'has a wildcard'],
  ['null', 'is null'],
  ['app.example.com', 'is no scheme'],
  ['localhost:5173', 'is no scheme'],
  ['file:///index.html', 'is no scheme'],
  ['https:app.example.com', 'is no scheme'],
  ['', 'is no scheme'],
])('says which of the allowed origins is none, and why (%p)', (origin, why) => {
  const read = () => readConfig({ ALLOWED_ORIGINS: `https://good.example,${origin}` });
  expect(read).toThrow(new RegExp(`\\n  ALLOWED_ORIGINS must be origins .*: number 2 ${why}`));
});

it('takes exact origins', () => {
  const origins = ['https://app.example.com', 'http://localhost:5173', 'https://[::1]:8443', 'https://xn--bcher-kva.example'];
  expect(readConfig({ ALLOWED_ORIGINS: origins.join(' , ') }).allowedOrigins).toEqual(origins);
});

it('takes a number of workers, or one a core', () => {
  expect(readConfig({ WORKERS: '64' }).workers).toBe(64);
  expect(readConfig({ WORKERS: 'auto' }).workers).toBe(Math.min(availableParallelism(), 64));
});

it('demands a key with MySQL, and https in production', () => {
  expect(() => readConfig({ DATABASE_URL: 'mysql://u:p@h/d' })).toThrow(/ENCRYPTION_KEY/);
  expect(readConfig({ DATABASE_URL: 'mysql://u:p@h/d', ENCRYPTION_KEY: KEY }).database).toMatchObject({ type: 'mysql', database: 'd' });
  expect(() => readConfig({ NODE_ENV: 'production', ENCRYPTION_KEY: KEY })).toThrow(/ISSUER/);
  expect(() => readConfig({ NODE_ENV: 'production', ENCRYPTION_KEY: KEY, ISSUER: 'http://x.example' })).toThrow(/ISSUER/);
  expect(readConfig({ NODE_ENV: 'production', ENCRYPTION_KEY: KEY, ISSUER: 'https://x.example' }).issuer).toBe('https://x.example');
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/platform/config.js';

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
    trustForwardedHost: false,
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
  ['TRUST_PROXY', ['10', '-1', 'yes', 'TRUE']],
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

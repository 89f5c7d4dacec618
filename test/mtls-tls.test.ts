import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as oidc from 'openid-client';
import { claimsOf } from '../testbed/app.js';
import { type MadeCertificate, makeAuthority, makeCertificate, pemOf } from '../testbed/certificate-maker.js';
import { type Authority, createAuthority } from '../testbed/certificates.js';
import { createTestDatabase, type TestDatabase } from '../testbed/database.js';
import { startProcess, type TestProcess } from '../testbed/process.js';

const run = promisify(execFile);
const SECRET = 'a-secret-of-more-than-32-characters-for-tests';
const METADATA = '/.well-known/oauth-authorization-server';
const MAKE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }';
const BELIEVE = 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { id } }';
const TENANT = 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { client { clientId } clientSecret } }';
const QUERY = { query: '{ clients(first: 1) { nodes { clientId } } }' };

let database: TestDatabase;
let site: Authority;
let server: TestProcess;
let folder: string;
let admin: string;
let first: string;
let second: string;
let own: string[];
const authority = makeAuthority({ subject: 'the authority of the mesh' });
const certificate = makeCertificate({ by: authority, subject: 'billing' });

beforeAll(async () => {
  database = await createTestDatabase();
  site = createAuthority();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-mtls-'));
  const names = ['localhost', 'mtls.localhost', 'acme.localhost', 'mtls.acme.localhost'].map((name) => `DNS:${name}`);
  const files = site.sign('server', [...names, 'IP:127.0.0.1'].join(','));
  const settings = { TLS_CERT_FILE: files.certificate, TLS_KEY_FILE: files.key, MTLS_HOST_PREFIX: 'mtls.' };
  server = await startProcess(database, { ADMIN_CLIENT_SECRET: SECRET, FAILURE_LIMIT: '0', ...settings });
  await server.ready();
  first = server.url;
  second = `https://mtls.localhost:${server.port}`;
  admin = (await token(first, ['-u', `admin:${SECRET}`])).access_token as string;
  await manage(BELIEVE, { name: 'Mesh', certificate: authority.pem });
  const input = { name: 'Billing', clientId: 'billing', authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth: { subjectDn: 'CN=billing' } };
  await manage(MAKE, { ...input, scopes: ['clients:read'], senderConstraint: 'CERTIFICATE' });
  own = shown('own', certificate);
});
afterAll(async () => {
  await server.stop();
  await database.remove();
  site.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Browsers and curl know what is below `localhost`; where the system does not, curl is told. */
const resolved = ['mtls.localhost', 'acme.localhost', 'mtls.acme.localhost'];

async function curl(...options: string[]): Promise<{ access_token?: string; error?: string } & Record<string, unknown>> {
  const places = resolved.flatMap((name) => ['--resolve', `${name}:${server.port}:127.0.0.1`]);
  return JSON.parse((await run('curl', ['-sS', '--noproxy', '*', '--cacert', site.ca, ...places, ...options])).stdout);
}

const token = (origin: string, options: string[]) => curl(...options, '-d', 'grant_type=client_credentials', `${origin}/connect/token`);
const asBilling = (origin: string, options: string[]) => token(origin, [...options, '-d', 'client_id=billing']);

function graphql(origin: string, bearer: string, body: object, options: string[] = []) {
  const headers = ['-H', `Authorization: Bearer ${bearer}`, '-H', 'Content-Type: application/json'];
  return curl(...options, ...headers, '-d', JSON.stringify(body), `${origin}/graphql`);
}

async function manage(query: string, input: object): Promise<Record<string, unknown>> {
  const { errors, data } = await graphql(first, admin, { query, variables: { input } });
  expect(errors).toBeUndefined();
  return data as Record<string, unknown>;
}

/** What curl is told of a certificate and its key. */
function shown(name: string, { der, keys }: MadeCertificate): string[] {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  writeFileSync(cert, pemOf(der));
  writeFileSync(key, keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return ['--cert', cert, '--key', key];
}

it('curl gets a token with a certificate at the second host, where it is asked for one, and none at the first', async () => {
  const { access_token: bound = '' } = await asBilling(second, own);
  expect(claimsOf(bound)).toMatchObject({ iss: first, sub: 'billing', cnf: { 'x5t#S256': expect.any(String) } });
  expect((await asBilling(second, [...own, '--tls-max', '1.2'])).access_token).toBeDefined();
  expect(await asBilling(first, own)).toMatchObject({ error: 'invalid_client' });
  expect(await asBilling(second, [])).toMatchObject({ error: 'invalid_client' });
  const stranger = shown('stranger', makeCertificate({ by: makeAuthority({ subject: 'another' }), subject: 'billing' }));
  expect(await asBilling(second, stranger)).toMatchObject({ error: 'invalid_client' });

  expect((await graphql(second, bound, QUERY, own)).errors).toBeUndefined();
  for (const [origin, options] of [
    [second, []],
    [second, stranger],
    [first, own],
  ] as const)
    expect((await graphql(origin, bound, QUERY, [...options])).errors).toBeDefined();
});

it('a certificate belongs to the connection, whichever of the hosts a request over it is for', async () => {
  const as = (origin: string) => ['-H', `Host: ${new URL(origin).host}`];
  expect((await asBilling(second, [...own, ...as(first)])).access_token).toBeDefined();
  expect(await asBilling(first, [...own, ...as(second)])).toMatchObject({ error: 'invalid_client' });
  // One that was shown over another connection counts for nothing.
  expect(await asBilling(second, as(second))).toMatchObject({ error: 'invalid_client' });
});

it.each([['-tls1_2'], ['-tls1_3']])('OpenSSL (%s) is asked for a certificate at the second host alone', async (version) => {
  const asked = async (...args: string[]) => {
    const told = run('openssl', ['s_client', '-msg', version, '-connect', `127.0.0.1:${server.port}`, ...args]);
    told.child.stdin?.end();
    const { stdout } = await told;
    expect(stdout).toContain(', Finished');
    return stdout.includes(', CertificateRequest');
  };
  expect([await asked('-servername', 'mtls.localhost'), await asked('-servername', 'mtls.acme.localhost')]).toEqual([true, true]);
  for (const args of [['-servername', 'localhost'], ['-servername', 'acme.localhost'], ['-noservername']])
    expect([args, await asked(...args)]).toEqual([args, false]);
});

it('another tenant has a host of its own there, and takes none of the first', async () => {
  const made = await manage(TENANT, { name: 'Acme', host: `acme.localhost:${server.port}` });
  const { clientSecret } = made.createTenant as { clientSecret: string };
  const theirs = `https://mtls.acme.localhost:${server.port}`;
  expect((await token(theirs, ['-u', `admin:${clientSecret}`])).access_token).toBeDefined();
  expect(await asBilling(theirs, own)).toMatchObject({ error: 'invalid_client' });
  expect(await curl(`${theirs}${METADATA}`)).toMatchObject({
    issuer: `https://acme.localhost:${server.port}`,
    mtls_endpoint_aliases: { token_endpoint: `${theirs}/connect/token` },
  });
});

it('an OAuth library finds the second host by itself', async () => {
  const tls = {
    ca: readFileSync(site.ca),
    cert: pemOf(certificate.der),
    key: certificate.keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
  const asked: string[] = [];
  const customFetch: oidc.CustomFetch = (url, options) => {
    asked.push(`${options.method} ${url}`);
    return overTls(tls, url, options);
  };
  const metadata = { use_mtls_endpoint_aliases: true };
  const configuration = await oidc.discovery(new URL(first), 'billing', metadata, oidc.TlsClientAuth(), {
    [oidc.customFetch]: customFetch,
  });
  const tokens = await oidc.clientCredentialsGrant(configuration);
  expect(claimsOf(tokens.access_token)).toMatchObject({ iss: first, client_id: 'billing' });
  expect(await oidc.tokenIntrospection(configuration, tokens.access_token)).toMatchObject({ active: true });
  await oidc.tokenRevocation(configuration, tokens.access_token);
  expect(await oidc.tokenIntrospection(configuration, tokens.access_token)).toEqual({ active: false });
  expect([...new Set(asked)]).toEqual([
    `GET ${first}/.well-known/openid-configuration`,
    `POST ${second}/connect/token`,
    `POST ${second}/connect/introspect`,
    `POST ${second}/connect/revocation`,
  ]);
});

it('by an address nobody is asked for a certificate, and the metadata of an issuer that is one offers none', async () => {
  const files = site.sign('numbered', 'IP:127.0.0.1');
  const settings = { TLS_CERT_FILE: files.certificate, TLS_KEY_FILE: files.key, MTLS_HOST_PREFIX: 'mtls.' };
  const one = await createTestDatabase();
  const numbered = await startProcess(one, { ADMIN_CLIENT_SECRET: SECRET, ISSUER: 'https://127.0.0.1:4000', ...settings });
  try {
    await numbered.ready();
    const told = await curl('-H', 'Host: 127.0.0.1:4000', `https://127.0.0.1:${numbered.port}${METADATA}`);
    expect(told.issuer).toBe('https://127.0.0.1:4000');
    expect(told).not.toHaveProperty('mtls_endpoint_aliases');
    expect(told).not.toHaveProperty('tls_client_certificate_bound_access_tokens');
    expect(told.token_endpoint_auth_methods_supported).not.toContain('tls_client_auth');
  } finally {
    await numbered.stop();
    await one.remove();
  }
});

/** Asks over TLS with a certificate: a library leaves how connections are made to whoever uses it. */
function overTls(
  tls: { ca: Buffer; cert: string; key: string | Buffer },
  url: string,
  { method, headers, body }: oidc.CustomFetchOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    const target = { ...tls, host: '127.0.0.1', servername: hostname, port, path: pathname, method };
    const sent = request({ ...target, headers: { ...headers, host: `${hostname}:${port}` } }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      const content = chunks.length === 0 ? null : Buffer.concat(chunks);
      resolve(new Response(content, { status: answer.statusCode ?? 500, headers: answer.headers as Record<string, string> }));
    });
    sent.on('error', reject).end(body === undefined || body === null ? undefined : String(body));
  });
}

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { claimsOf } from '../testbed/app.js';
import { AUTHORITY, type MadeCertificate, makeAuthority, makeCertificate, pemOf } from '../testbed/certificate-maker.js';
import { type Authority, createAuthority } from '../testbed/certificates.js';
import { createTestDatabase, type TestDatabase } from '../testbed/database.js';
import { startProcess, type TestProcess } from '../testbed/process.js';

const run = promisify(execFile);
const SECRET = 'a-secret-of-more-than-32-characters-for-tests';
const MAKE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }';
const BELIEVE = 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { id } }';

let database: TestDatabase;
let site: Authority;
let server: TestProcess;
let folder: string;
let admin: string;
const authority = makeAuthority({ subject: 'the authority of the mesh' });
const between = makeAuthority({ by: authority, subject: 'one between', extensions: AUTHORITY });

beforeAll(async () => {
  database = await createTestDatabase();
  site = createAuthority();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'));
  const { certificate, key } = site.sign('server', 'DNS:localhost,IP:127.0.0.1');
  server = await startProcess(database, { ADMIN_CLIENT_SECRET: SECRET, TLS_CERT_FILE: certificate, TLS_KEY_FILE: key, FAILURE_LIMIT: '0' });
  await server.ready();
  admin = (await token(['-u', `admin:${SECRET}`])).access_token as string;
  await manage(BELIEVE, { name: 'Mesh', certificate: authority.pem });
});
afterAll(async () => {
  await server.stop();
  await database.remove();
  site.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function curl(...options: string[]): Promise<{ access_token?: string; error?: string } & Record<string, unknown>> {
  return JSON.parse((await run('curl', ['-sS', '--noproxy', '*', '--cacert', site.ca, ...options])).stdout);
}

const token = (options: string[]) => curl(...options, '-d', 'grant_type=client_credentials', `${server.url}/connect/token`);

function graphql(bearer: string, body: object, options: string[] = []) {
  const headers = ['-H', `Authorization: Bearer ${bearer}`, '-H', 'Content-Type: application/json'];
  return curl(...options, ...headers, '-d', JSON.stringify(body), `${server.url}/graphql`);
}

async function manage(query: string, input: object): Promise<void> {
  expect((await graphql(admin, { query, variables: { input } })).errors).toBeUndefined();
}

/** What curl is told of a certificate, its key, and what stands between it and its authority. */
function shown(name: string, certificate: MadeCertificate, ...others: MadeCertificate[]): string[] {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  writeFileSync(cert, [certificate, ...others].map(({ der }) => pemOf(der)).join(''));
  writeFileSync(key, certificate.keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return ['--cert', cert, '--key', key];
}

it('curl gets a token with the certificate of an authority straight from the server, and nobody else does', async () => {
  const input = { name: 'Billing', clientId: 'billing', authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth: { subjectDn: 'CN=billing' } };
  await manage(MAKE, { ...input, scopes: ['clients:read'], senderConstraint: 'CERTIFICATE' });
  const own = shown('own', makeCertificate({ by: authority, subject: 'billing' }));
  const { access_token: bound = '' } = await token([...own, '-d', 'client_id=billing']);
  expect(claimsOf(bound)).toMatchObject({ sub: 'billing', cnf: { 'x5t#S256': expect.any(String) } });
  const behind = shown('behind', makeCertificate({ by: between, subject: 'billing' }), between);
  expect((await token([...behind, '-d', 'client_id=billing'])).access_token).toBeDefined();
  expect((await token([...behind, '--tls-max', '1.2', '-d', 'client_id=billing'])).access_token).toBeDefined();

  const strange = makeAuthority({ subject: 'the authority of the mesh' });
  const others = [
    shown('somebody', makeCertificate({ by: authority, subject: 'somebody' })),
    shown('expired', makeCertificate({ by: authority, subject: 'billing', notAfter: Date.now() - 1000 })),
    shown('stranger', makeCertificate({ by: strange, subject: 'billing' })),
    shown('impostor', makeCertificate({ by: strange, subject: 'billing' }), strange),
    shown('alone', makeCertificate({ by: between, subject: 'billing' })),
    [],
  ];
  for (const options of others)
    for (const version of ['1.2', '1.3'])
      expect(await token([...options, '--tls-max', version, '-d', 'client_id=billing'])).toMatchObject({ error: 'invalid_client' });
  // Another generation of the authority, that a client shows beside its own certificate, is in nobody's way.
  const besides = shown('besides', makeCertificate({ by: authority, subject: 'billing' }), strange);
  for (const version of ['1.2', '1.3'])
    expect((await token([...besides, '--tls-max', version, '-d', 'client_id=billing'])).access_token).toBeDefined();

  const query = { query: '{ clients(first: 1) { nodes { clientId } } }' };
  expect((await graphql(bound, query, own)).errors).toBeUndefined();
  for (const options of [others[0] as string[], []]) expect((await graphql(bound, query, options)).errors).toBeDefined();
});

it('curl gets a token with a certificate of its own making, and with none of the same name', async () => {
  const own = makeCertificate({ subject: 'pod' });
  const jwks = { keys: [own.keys.publicKey.export({ format: 'jwk' })] };
  await manage(MAKE, { name: 'Pod', clientId: 'pod', authMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH', jwks });
  expect((await token([...shown('self', own), '-d', 'client_id=pod'])).access_token).toBeDefined();
  const other = shown('other', makeCertificate({ subject: 'pod' }));
  expect(await token([...other, '-d', 'client_id=pod'])).toMatchObject({ error: 'invalid_client' });
});

it('a header that only a proxy may send proves nothing', async () => {
  const certificate = makeCertificate({ by: authority, subject: 'billing' });
  for (const [name, value] of [
    ['Client-Cert', `:${certificate.der.toString('base64')}:`],
    ['X-SSL-Client-Cert', encodeURIComponent(pemOf(certificate.der))],
    ['X-Forwarded-Client-Cert', `Cert="${encodeURIComponent(pemOf(certificate.der))}"`],
  ])
    expect(await token(['-H', `${name}: ${value}`, '-d', 'client_id=billing'])).toMatchObject({ error: 'invalid_client' });
});

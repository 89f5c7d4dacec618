import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as oidc from 'openid-client';
import { claimsOf, startApp, type TestApp } from '../testbed/app.js';
import { AUTHORITY, CLIENT, type MadeCertificate, makeAuthority, makeCertificate, pemOf } from '../testbed/certificate-maker.js';
import { type Authority, createAuthority } from '../testbed/certificates.js';
import { blocksOf, type Gateway, hasGateways, nginxAround, startGateway } from '../testbed/gateway.js';

const PAGE = 'docs/without-a-secret.md';
const run = promisify(execFile);

let server: Authority;
let folder: string;
let authority: MadeCertificate;

beforeAll(() => {
  server = createAuthority();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-certificates-'));
  authority = makeAuthority({ subject: 'the authority of the mesh' });
});
afterAll(() => {
  server.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A certificate and its key in files, with what stands between it and its authority behind it. */
function write(name: string, certificate: MadeCertificate, ...between: MadeCertificate[]): { cert: string; key: string } {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  writeFileSync(cert, [certificate, ...between].map(({ der }) => pemOf(der)).join(''));
  writeFileSync(key, certificate.keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { cert, key };
}

async function prepare(app: TestApp): Promise<void> {
  const believe = 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { id } }';
  await app.administer(believe, { input: { name: 'Mesh', certificate: authority.pem } });
  const input = { name: 'Billing', clientId: 'billing-export', authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth: { subjectDn: 'CN=billing' } };
  await app.administer('mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }', {
    input: { ...input, senderConstraint: 'CERTIFICATE' },
  });
}

/** Asks for a token with curl, through a proxy. */
async function curl(port: number, files: { cert: string; key: string } | undefined): Promise<{ access_token?: string; error?: string }> {
  const certificate = files ? ['--cert', files.cert, '--key', files.key] : [];
  const form = ['-d', 'grant_type=client_credentials', '-d', 'client_id=billing-export'];
  const { stdout } = await run('curl', ['-sS', '--cacert', server.ca, ...certificate, `https://localhost:${port}/connect/token`, ...form]);
  // nginx refuses what has expired by itself.
  return stdout.startsWith('<html>') ? { error: 'refused by the proxy' } : JSON.parse(stdout);
}

/** What the page shows, with the places of this test in it. */
function placed(language: string, app: TestApp, port: number, number = 0): string {
  const { certificate, key } = server.sign('server', 'DNS:localhost,DNS:mtls.localhost,IP:127.0.0.1');
  const both = join(folder, 'server-and-key.pem');
  writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'));
  writeFileSync(join(folder, 'authority.pem'), authority.pem);
  return (blocksOf(PAGE, language)[number] ?? '')
    .replaceAll(/(server_name (?:mtls\.)?)login\.example\.com/g, '$1localhost')
    .replaceAll('/etc/latchkey/server-and-key.pem', both)
    .replaceAll('/etc/latchkey/authority.pem', join(folder, 'authority.pem'))
    .replaceAll('/etc/latchkey/server.pem', certificate)
    .replaceAll('/etc/latchkey/server.key', key)
    .replaceAll('login.example.com', new URL(app.url).host)
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${app.port}`)
    .replaceAll('listen 8443', `listen 127.0.0.1:${port}`)
    .replaceAll('bind :8443', `bind 127.0.0.1:${port}`);
}

const startNginx = (app: TestApp, number = 0) =>
  startGateway({
    files: (at, port) => ({ 'nginx.conf': nginxAround(at, placed('nginx', app, port, number)) }),
    command: ['/usr/sbin/nginx', '-e', 'stderr', '-p', '{folder}', '-c', '{folder}/nginx.conf'],
  });

const PROXIES: [string, string, (app: TestApp) => Promise<Gateway>][] = [
  ['nginx', 'escaped-pem', startNginx],
  [
    'HAProxy',
    'der:X-SSL-Client-Der:X-SSL-Client-Chain',
    (app) =>
      startGateway({
        files: (_at, port) => ({
          'haproxy.cfg': `defaults\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n${placed('haproxy', app, port)}`,
        }),
        command: ['/usr/sbin/haproxy', '-db', '-f', '{folder}/haproxy.cfg'],
      }),
  ],
];

const anyway = hasGateways('/usr/sbin/nginx', '/usr/sbin/haproxy') ? it : it.skip;

anyway.each(PROXIES)(
  'curl gets a token with a certificate through %s as it is shown, and nobody else does',
  async (name, header, start) => {
    const app = await startApp({ TRUST_PROXY: '127.0.0.1', CLIENT_CERT_HEADER: header, FAILURE_LIMIT: '0' });
    await prepare(app);
    const proxy = await start(app);
    try {
      const own = write('own', makeCertificate({ by: authority, subject: 'billing' }));
      const { access_token: token = '' } = await curl(proxy.port, own);
      expect(claimsOf(token)).toMatchObject({ sub: 'billing-export', cnf: { 'x5t#S256': expect.any(String) } });
      const others = {
        another: makeCertificate({ by: authority, subject: 'somebody' }),
        expired: makeCertificate({ by: authority, subject: 'billing', notAfter: Date.now() - 1000 }),
        forged: makeCertificate({ by: makeAuthority({ subject: 'somebody else' }), subject: 'billing' }),
      };
      for (const [what, certificate] of Object.entries(others))
        expect([what, await curl(proxy.port, write(what, certificate))]).toEqual([
          what,
          { error: what === 'expired' && name === 'nginx' ? 'refused by the proxy' : 'invalid_client' },
        ]);
      expect(await curl(proxy.port, undefined)).toEqual({ error: 'invalid_client' });
      const between = makeCertificate({ by: authority, subject: 'between', extensions: AUTHORITY });
      const behind = makeCertificate({ by: between, subject: 'billing', extensions: CLIENT });
      const answer = await curl(proxy.port, write('behind', behind, between));
      // nginx hands on the certificate alone.
      if (name === 'HAProxy') expect(answer.access_token).toEqual(expect.any(String));
      else expect(answer).toEqual({ error: 'invalid_client' });
    } finally {
      await proxy.stop();
      await app.stop();
    }
  },
);

anyway('an OAuth library that none of us wrote gets a token by tls_client_auth', async () => {
  const [, header, start] = PROXIES[0] as (typeof PROXIES)[number];
  const app = await startApp({ TRUST_PROXY: '127.0.0.1', CLIENT_CERT_HEADER: header });
  await prepare(app);
  const proxy = await start(app);
  try {
    const { cert, key } = write('library', makeCertificate({ by: authority, subject: 'billing' }));
    const tls = { ca: readFileSync(server.ca), cert: readFileSync(cert), key: readFileSync(key) };
    const options = { [oidc.customFetch]: overTls(tls, proxy.port), execute: [oidc.allowInsecureRequests] };
    const configuration = await oidc.discovery(new URL(app.url), 'billing-export', undefined, oidc.TlsClientAuth(), options);
    expect(configuration.serverMetadata().token_endpoint_auth_methods_supported).toContain('tls_client_auth');
    const tokens = await oidc.clientCredentialsGrant(configuration);
    expect(claimsOf(tokens.access_token)).toMatchObject({ client_id: 'billing-export' });
  } finally {
    await proxy.stop();
    await app.stop();
  }
});

anyway('nginx asks for a certificate at the second host as it is shown, and at the first hands on none', async () => {
  const settings = { TRUST_PROXY: '127.0.0.1', CLIENT_CERT_HEADER: 'escaped-pem', MTLS_HOST_PREFIX: 'mtls.', FAILURE_LIMIT: '0' };
  const app = await startApp(settings);
  await prepare(app);
  const { port, stop } = await startNginx(app, 1);
  const { cert, key } = write('own', makeCertificate({ by: authority, subject: 'billing' }));
  const ask = async (url: string, ...options: string[]): Promise<{ access_token?: string; error?: string; data?: object }> => {
    const places = ['--resolve', `mtls.localhost:${port}:127.0.0.1`, '--cacert', server.ca];
    const { stdout } = await run('curl', ['-sS', '--noproxy', '*', ...places, ...options, url]);
    return stdout.startsWith('<html>') ? { error: /<title>(\d+)/.exec(stdout)?.[1] as string } : JSON.parse(stdout);
  };
  const askToken = (name: string, ...options: string[]) =>
    ask(`https://${name}:${port}/connect/token`, ...options, '-d', 'grant_type=client_credentials', '-d', 'client_id=billing-export');
  const shown = ['--cert', cert, '--key', key];
  try {
    const { access_token: token = '' } = await askToken('mtls.localhost', ...shown);
    expect(claimsOf(token)).toMatchObject({ iss: app.url, cnf: { 'x5t#S256': expect.any(String) } });
    const refused = { error: 'invalid_client' };
    expect(await askToken('mtls.localhost')).toMatchObject(refused);
    expect(await askToken('localhost', ...shown)).toMatchObject(refused);
    const header = ['-H', `X-SSL-Client-Cert: ${encodeURIComponent(readFileSync(cert, 'utf8'))}`];
    for (const name of ['localhost', 'mtls.localhost']) expect(await askToken(name, ...header)).toMatchObject(refused);
    // A connection to one of the names is of no use for the other.
    expect(await askToken('localhost', ...shown, '-H', 'Host: mtls.localhost')).toEqual({ error: '421' });

    await app.api.updateClient('billing-export', { scopes: ['clients:read'], audiences: [`${app.url}/graphql`] });
    const { access_token: bound } = await askToken('mtls.localhost', ...shown);
    const query = [
      '-H',
      `Authorization: Bearer ${bound}`,
      '-H',
      'Content-Type: application/json',
      '-d',
      '{"query":"{ viewer { clientId } }"}',
    ];
    const call = async (name: string, ...options: string[]) => (await ask(`https://${name}:${port}/graphql`, ...query, ...options)).data;
    expect(await call('mtls.localhost', ...shown)).toEqual({ viewer: { clientId: 'billing-export' } });
    expect([await call('localhost', ...shown), await call('mtls.localhost')]).toEqual([undefined, undefined]);
  } finally {
    await stop();
    await app.stop();
  }
});

/** Sends what is for the issuer to the proxy before it, with a certificate: a library leaves how connections are made to whoever uses it. */
function overTls(tls: { ca: Buffer; cert: Buffer; key: Buffer }, port: number): oidc.CustomFetch {
  return (url, { method, headers, body }) =>
    new Promise((resolve, reject) => {
      const { pathname } = new URL(url);
      const sent = request({ ...tls, host: 'localhost', port, path: pathname, method, headers }, async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk);
        resolve(new Response(Buffer.concat(chunks), { status: answer.statusCode ?? 500, headers: { 'content-type': 'application/json' } }));
      });
      sent.on('error', reject).end(body === undefined || body === null ? undefined : String(body));
    });
}

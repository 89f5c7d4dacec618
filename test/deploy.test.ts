import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startApp, type TestApp } from '../testbed/app.js';
import { type Authority, createAuthority } from '../testbed/certificates.js';
import { lastingPort } from '../testbed/free-port.js';
import { type Gateway, hasGateways, nginxAround, startGateway } from '../testbed/gateway.js';

const run = promisify(execFile);
const deploy = join(import.meta.dirname, '../deploy');
const sample = (name: string) => readFileSync(join(deploy, name), 'utf8');

let authority: Authority;
let certificate: { certificate: string; key: string };

beforeAll(() => {
  authority = createAuthority();
  certificate = authority.sign('latchkey', 'DNS:localhost');
});
afterAll(() => authority.remove());

/** Proxies that end TLS, by their names: what they need of Debian, and how they are started before a server. */
const PROXIES: [
  name: string,
  needs: string,
  files: (folder: string, ports: { port: number; app: number }) => Record<string, string>,
  args: string[],
][] = [
  [
    'nginx',
    '/usr/sbin/nginx',
    (folder, { port, app }) => ({
      'nginx.conf': nginxAround(
        folder,
        sample('nginx/latchkey.conf')
          .replace('127.0.0.1:4000', `127.0.0.1:${app}`)
          .replace('listen 443', `listen 127.0.0.1:${port}`)
          .replace('login.example.com *.login.example.com', 'localhost')
          .replace('/etc/ssl/latchkey.pem', certificate.certificate)
          .replace('/etc/ssl/latchkey.key', certificate.key),
      ),
    }),
    ['-c', '{folder}/nginx.conf', '-p', '{folder}'],
  ],
  [
    'Caddy',
    '/usr/bin/caddy',
    (_folder, { port, app }) => ({
      Caddyfile: `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${sample('caddy/Caddyfile')
        .replace('127.0.0.1:4000', `127.0.0.1:${app}`)
        .replace(
          'login.example.com, acme.login.example.com {',
          `https://localhost:${port} {\n\ttls ${certificate.certificate} ${certificate.key}`,
        )}`,
    }),
    ['run', '--adapter', 'caddyfile', '--config', '{folder}/Caddyfile'],
  ],
  [
    'HAProxy',
    '/usr/sbin/haproxy',
    (folder, { port, app }) => ({
      'both.pem': readFileSync(certificate.certificate, 'utf8') + readFileSync(certificate.key, 'utf8'),
      'haproxy.cfg': sample('haproxy/latchkey.cfg')
        .replace('127.0.0.1:4000', `127.0.0.1:${app}`)
        .replace('bind :443', `bind 127.0.0.1:${port}`)
        .replace('/etc/ssl/latchkey.pem', join(folder, 'both.pem')),
    }),
    ['-db', '-f', '{folder}/haproxy.cfg'],
  ],
];

describe.each(PROXIES)('%s before a server', (_name, needs, files, args) => {
  const has = hasGateways(needs);
  const when = has ? it : it.skip;
  let app: TestApp;
  let gateway: Gateway;
  let issuer: string;

  beforeAll(async () => {
    if (!has) return;
    const port = await lastingPort();
    issuer = `https://localhost:${port}`;
    app = await startApp({ ISSUER: issuer, TRUST_PROXY: 'true', NODE_ENV: 'production', FAILURE_LIMIT: '3' });
    gateway = await startGateway({ port, files: (folder) => files(folder, { port, app: app.port }), command: [needs, ...args] });
  });
  afterAll(async () => {
    await gateway?.stop();
    await app?.stop();
  });

  const curl = async (...more: string[]) => (await run('curl', ['-sS', '--cacert', authority.ca, ...more])).stdout;
  const getToken = (...more: string[]) =>
    curl('-d', 'grant_type=client_credentials', '-u', `${app.admin.clientId}:${app.admin.secret}`, ...more, `${issuer}/connect/token`);

  when('gives a token over TLS, under the name of the tenant', async () => {
    const { access_token: token } = JSON.parse(await getToken());
    expect(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).iss).toBe(issuer);
    const asked = [
      '-H',
      'Content-Type: application/json',
      '-H',
      `Authorization: Bearer ${token}`,
      '-d',
      '{"query":"{ viewer { clientId } }"}',
    ];
    expect(JSON.parse(await curl(...asked, `${issuer}/graphql`)).data.viewer.clientId).toBe(app.admin.clientId);
    expect(JSON.parse(await curl(`${issuer}/.well-known/oauth-authorization-server`)).token_endpoint).toBe(`${issuer}/connect/token`);
  });

  when('signs in to the console with a cookie that no other host can set', async () => {
    const body = JSON.stringify({ clientId: app.admin.clientId, clientSecret: app.admin.secret });
    const head = await curl(
      '-D',
      '-',
      '-o',
      '/dev/null',
      '-H',
      'Content-Type: application/json',
      '-H',
      `Origin: ${issuer}`,
      '-d',
      body,
      `${issuer}/session`,
    );
    expect(head).toMatch(/^HTTP\/2 20[01]/);
    expect(head).toMatch(/^set-cookie: __Host-latchkey-session[^;]*;.*secure/im);
  });

  when('says where a request came from, whatever the caller says of it', async () => {
    const wrong = ['-d', 'grant_type=client_credentials&client_id=nobody&client_secret=x'];
    const statuses: string[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const from = ['-H', `X-Forwarded-For: 203.0.113.${attempt}`, '-H', 'X-Request-Id: chosen-by-the-caller'];
      statuses.push(await curl(...wrong, ...from, '-o', '/dev/null', '-w', '%{http_code}', `${issuer}/connect/token`));
    }
    expect(statuses).toEqual(['401', '401', '401', '429', '429']);
    expect(app.logLines.join('')).not.toMatch(/203\.0\.113|chosen-by-the-caller/);
  });

  when('lets no request pass that is larger than any that is taken', async () => {
    const file = join(gateway.folder, 'large');
    writeFileSync(file, 'x'.repeat(1_000_000));
    expect(await curl('-d', `@${file}`, '-o', '/dev/null', '-w', '%{http_code}', `${issuer}/connect/token`)).toBe('413');
  });
});

const SYSTEMD = '/usr/bin/systemd-analyze';

(hasGateways(SYSTEMD) ? it : it.skip)('systemd finds nothing wrong with the unit, and it exposed to little', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-unit-'));
  try {
    const unit = join(folder, 'latchkey.service');
    mkdirSync(join(folder, 'bin'));
    copyFileSync('/bin/true', join(folder, 'bin/node'));
    // Who is not there on this machine is no fault of the unit.
    const text = sample('systemd/latchkey.service')
      .replaceAll('/opt/latchkey/node_modules/.bin/node', join(folder, 'bin/node'))
      .replace(/^(User|Group)=latchkey/gm, '$1=root')
      .replace('file:/opt/latchkey/README.md', 'man:true(1)');
    writeFileSync(unit, text);
    const { stdout, stderr } = await run(SYSTEMD, ['verify', '--man=no', unit]);
    expect(stdout + stderr).not.toContain('latchkey.service');
    writeFileSync(unit, sample('systemd/latchkey.service'));
    // Its own scale: from 0, which nothing can be done with, to 10.
    const exposure = await run(SYSTEMD, ['security', '--offline=true', '--threshold=20', unit]).then(({ stdout: told }) => told);
    expect(exposure).toMatch(/Overall exposure level for latchkey\.service: [01]\.\d/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportJWK, SignJWT } from 'jose';
import { type Answer, readAnswer } from '../testbed/answer.js';
import { type Credentials, createClient, createTenant, getToken, postForm, startApp, type TestApp } from '../testbed/app.js';
import { type Authority, createAuthority } from '../testbed/certificates.js';
import {
  blocksOf,
  type Echo,
  type EchoApi,
  type Gateway,
  type GatewayPlan,
  hasGateways,
  nginxAround,
  startEchoApi,
  startGateway,
  startTlsFor,
} from '../testbed/gateway.js';

const DOCUMENT = 'docs/gateways.md';
const ORDERS = 'https://orders.example.com';
const APACHE = '/usr/lib/apache2/modules';

let app: TestApp;
let api: EchoApi;
let client: Credentials;
let pem: string;
let authority: Authority;
let tls: EchoApi;
/** A token whose time was over long ago when it is used. */
let over: { token: string; since: number };

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
  api = await startEchoApi();
  authority = createAuthority();
  tls = await startTlsFor(app.url, authority.sign('keys', 'DNS:localhost'));
  client = await createClient(app, { clientId: 'board', scopes: ['orders:read', 'orders:write'], audiences: [ORDERS, `${app.url}/api`] });
  const short = await createClient(app, { clientId: 'short', scopes: ['orders:read'], audiences: [ORDERS], accessTokenLifetime: 1 });
  over = { token: await getToken(app, short), since: Date.now() };
  pem = await (await fetch(`${app.url}/.well-known/jwks.pem`)).text();
});
afterAll(async () => {
  api.stop();
  tls.stop();
  authority.remove();
  await app.stop();
});

/** What the document shows, with the places of this test in it. */
function placed(block: string | undefined, folder: string, port: number): string {
  return (block ?? '')
    .replaceAll('https://login.example.com', app.url)
    .replaceAll('login.example.com', new URL(app.url).host)
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${app.port}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${api.port}`)
    .replaceAll('listen 8000', `listen 127.0.0.1:${port}`)
    .replaceAll('bind :8000', `bind 127.0.0.1:${port}`)
    .replaceAll(/^:8000 \{/gm, `:${port} {\n\tbind 127.0.0.1`)
    .replaceAll('/etc/haproxy/', `${folder}/`)
    .replaceAll('/etc/nginx/', `${folder}/`);
}

const apache = (block: string | undefined, module: string, folder: string, port: number) => `
ServerName localhost
User www-data
Group www-data
ServerRoot ${folder}
PidFile ${folder}/pid
Mutex file:${folder}

ErrorLog ${folder}/error.log
Listen 127.0.0.1:${port}
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'env', 'headers', 'proxy', 'proxy_http', module].map((name) => `LoadModule ${name}_module ${APACHE}/mod_${name}.so`).join('\n')}
${placed(block, folder, port)}`;

const [nginx, nginxWithNjs] = blocksOf(DOCUMENT, 'nginx');
const [openidc, oauth2] = blocksOf(DOCUMENT, 'apache');

/** By their names: what they need of Debian, whether they ask Latchkey each time, and how they are started. */
const GATEWAYS: [name: string, asks: boolean, needs: string[], plan: GatewayPlan][] = [
  [
    'nginx',
    true,
    ['/usr/sbin/nginx'],
    {
      files: (folder, port) => ({ 'nginx.conf': nginxAround(folder, placed(nginx, folder, port)) }),
      command: ['/usr/sbin/nginx', '-c', '{folder}/nginx.conf', '-p', '{folder}'],
    },
  ],
  [
    'Caddy',
    true,
    ['/usr/bin/caddy'],
    {
      files: (folder, port) => ({
        Caddyfile: `{\n\tadmin off\n\tauto_https off\n}\n${placed(blocksOf(DOCUMENT, 'caddyfile')[0], folder, port)}`,
      }),
      command: ['/usr/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', '{folder}/Caddyfile'],
    },
  ],
  [
    'nginx with njs',
    false,
    ['/usr/sbin/nginx', '/usr/lib/nginx/modules/ngx_http_js_module.so'],
    {
      files: (folder, port) => ({
        'latchkey.pem': pem,
        'latchkey.js': placed(blocksOf(DOCUMENT, 'js')[0], folder, port),
        'nginx.conf': nginxAround(folder, placed(nginxWithNjs, folder, port), 'load_module /usr/lib/nginx/modules/ngx_http_js_module.so;'),
      }),
      command: ['/usr/sbin/nginx', '-c', '{folder}/nginx.conf', '-p', '{folder}'],
    },
  ],
  [
    'Apache with mod_auth_openidc',
    false,
    ['/usr/sbin/apache2', `${APACHE}/mod_auth_openidc.so`],
    {
      files: (folder, port) => ({
        'ca.pem': readFileSync(authority.ca, 'utf8'),
        'apache.conf': apache(
          `OIDCCABundlePath ${folder}/ca.pem\n${openidc?.replace('https://login.example.com/.well', `https://localhost:${tls.port}/.well`)}`,
          'auth_openidc',
          folder,
          port,
        ),
      }),
      command: ['/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', '{folder}/apache.conf'],
    },
  ],
  [
    'Apache with mod_oauth2',
    false,
    ['/usr/sbin/apache2', `${APACHE}/mod_oauth2.so`],
    {
      files: (folder, port) => ({ 'apache.conf': apache(oauth2, 'oauth2', folder, port) }),
      command: ['/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', '{folder}/apache.conf'],
    },
  ],
  [
    'HAProxy',
    false,
    ['/usr/sbin/haproxy'],
    {
      files: (folder, port) => ({
        'latchkey.pem': pem,
        'haproxy.cfg': `defaults\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n${placed(blocksOf(DOCUMENT, 'haproxy')[0], folder, port)}`,
      }),
      command: ['/usr/sbin/haproxy', '-db', '-f', '{folder}/haproxy.cfg'],
    },
  ],
];

/** Sends a request with a target and headers that `fetch` would not send, over a connection of its own. */
function exchange(port: number, sent: { method?: string; path: string; headers?: [string, string][] }): Promise<string> {
  return new Promise((resolve) => {
    const headers = [['Host', 'orders.example.com'], ...(sent.headers ?? [['Connection', 'close']])].flat();
    const asked = request({ ...sent, headers, port, host: '127.0.0.1', agent: false }, async (answer) => {
      let told = `${answer.statusCode} `;
      for await (const chunk of answer) told += chunk;
      resolve(told);
    });
    // What closes the connection has said no.
    asked.once('error', ({ message }) => resolve(message)).end();
  });
}

describe.each(GATEWAYS)('%s', (name, asks, needs, plan) => {
  const has = hasGateways(...needs);
  const when = has ? it : it.skip;
  let gateway: Gateway;

  beforeAll(async () => {
    if (has) gateway = await startGateway(plan);
  });
  afterAll(() => gateway?.stop());

  const call = (
    authorization: string | undefined,
    { path = '/list?a=1&b=2', method = 'GET', headers = {}, body = '' } = {},
  ): Promise<Answer> =>
    readAnswer(
      fetch(`http://127.0.0.1:${gateway.port}${path}`, {
        method,
        headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
        ...(body === '' ? {} : { body }),
      }),
    );
  const refused = async (authorization: string | undefined) => (await call(authorization)).status;

  when('lets a good token pass, and the body and the query with it', async () => {
    const authorization = `Bearer ${await getToken(app, client)}`;
    const { status, text } = await call(authorization, { headers: { 'latchkey-client-id': 'admin' } });
    expect([status, text]).toEqual([200, expect.stringContaining('/list?a=1&b=2')]);
    const { headers } = JSON.parse(text) as Echo;
    expect(headers['latchkey-client-id']).toBe('board');
    const posted = await call(authorization, { method: 'POST', body: 'x'.repeat(20_000) });
    expect(JSON.parse(posted.text)).toMatchObject({ method: 'POST', headers: { 'content-length': '20000' } });
  });

  when('sets what it says of the client whatever the caller says, in whatever spelling', async () => {
    const authorization = `Bearer ${await getToken(app, client, { scope: 'orders:read' })}`;
    const spoofed: [string, string][][] = [
      [
        ['Latchkey-Client-Id', 'admin'],
        ['Latchkey-Scope', 'all'],
      ],
      [
        ['Latchkey_Client_Id', 'admin'],
        ['Latchkey-Client_Id', 'admin'],
        ['LATCHKEY_CLIENT-ID', 'admin'],
        ['LATCHKEY_SCOPE', 'all'],
        ['Connection', 'close, Latchkey-Client-Id, Latchkey-Scope'],
      ],
    ];
    for (const headers of spoofed) {
      const told = await exchange(gateway.port, { path: '/list', headers: [['Authorization', authorization], ...headers] });
      expect(told).toMatch(/^200 /);
      const seen = (JSON.parse(told.slice(4)) as Echo).headers;
      // As an API sees them that takes both signs for one.
      expect(
        Object.entries(seen)
          .filter(([header]) => /^latchkey[-_]/.test(header))
          .sort(),
      ).toEqual([
        ['latchkey-client-id', 'board'],
        ['latchkey-scope', 'orders:read'],
      ]);
    }
  });

  when('lets no odd target pass that leads elsewhere', async () => {
    const { host } = new URL(app.url);
    const targets = ['/health/live', '/', '/?a=1', '/.well-known/jwks.json'].flatMap((path) => [
      `x:http://${host}${path}`,
      `http://${host}${path}`,
      `http:${path}`,
      `//${host}${path}`,
      `/..${path}`,
      `/verify/..${path}`,
      `/verify`,
      `*`,
      `${host}:80`,
    ]);
    for (const target of targets) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const told = await exchange(gateway.port, { method, path: target });
        // Apache answers OPTIONS * by itself.
        expect([method, target, told]).toEqual([method, target, expect.not.stringContaining('"method"')]);
      }
    }
  });

  when('refuses everything else before the API sees it', async () => {
    const token = await getToken(app, client);
    const acme = await createTenant(app, `acme-${randomUUID().slice(0, 8)}`);
    const theirs = await createClient(acme, { clientId: 'board', scopes: ['orders:read'], audiences: [ORDERS] });
    const [header = '', payload = '', signature = ''] = token.split('.');
    const altered = (part: string, change: object) =>
      Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(part, 'base64url').toString()), ...change })).toString('base64url');
    const others: [what: string, authorization: string | undefined][] = [
      ['no token', undefined],
      ['garbage', 'Bearer garbage'],
      ['an altered token', `Bearer ${header}.${altered(payload, { scope: 'orders:read orders:all' })}.${signature}`],
      ['a token without a signature', `Bearer ${altered(header, { alg: 'none' })}.${payload}.`],
      ['a token for another audience', `Bearer ${await getToken(app, client, { resource: `${app.url}/api` })}`],
      ["another tenant's token", `Bearer ${await getToken(acme, theirs)}`],
      ['its credentials', `Basic ${Buffer.from(`board:${client.secret}`).toString('base64')}`],
    ];
    for (const [what, authorization] of others) expect([what, await refused(authorization)]).toEqual([what, 401]);
    const writer = await getToken(app, client, { scope: 'orders:write' });
    const { status, text } = await call(`Bearer ${writer}`);
    // It leaves the scope to the API.
    if (name === 'Apache with mod_oauth2') expect((JSON.parse(text) as Echo).headers['latchkey-scope']).toBe('orders:write');
    else expect([401, 403]).toContain(status);
    // The modules of Apache let the clock be ten seconds off.
    await sleep(Math.max(0, over.since + 12_500 - Date.now()));
    expect(await refused(`Bearer ${over.token}`)).toBe(401);
  });

  when(asks ? 'knows at once what was ended' : 'takes what was ended until its time is over', async () => {
    const leaving = await createClient(app, { clientId: randomUUID(), scopes: ['orders:read'], audiences: [ORDERS] });
    const authorization = `Bearer ${await getToken(app, leaving)}`;
    expect(await refused(authorization)).toBe(200);
    await app.api.deleteClient(leaving.clientId);
    expect(await refused(authorization)).toBe(asks ? 401 : 200);
  });

  when(
    asks ? 'takes a token that is bound to a key with a proof about the request' : 'does not take a bound token for a bearer token',
    async () => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const prove = async (claims: object) =>
        new SignJWT({ iat: Math.floor(Date.now() / 1000), jti: randomUUID(), ...claims })
          .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
          .sign(privateKey);
      const { body } = await postForm(app, '/connect/token', {
        credentials: client,
        body: { grant_type: 'client_credentials' },
        headers: { dpop: await prove({ htm: 'POST', htu: `${app.url}/connect/token` }) },
      });
      const ath = createHash('sha256').update(body.access_token).digest('base64url');
      const send = async (claims: object) =>
        (await call(`DPoP ${body.access_token}`, { method: 'PUT', headers: { dpop: await prove({ ath, ...claims }) } })).status;
      expect(await send({ htm: 'PUT', htu: `${ORDERS}/list` })).toBe(asks ? 200 : 401);
      expect(await send({ htm: 'PUT', htu: `${ORDERS}/other` })).toBe(401);
      expect(await refused(`Bearer ${body.access_token}`)).toBe(401);
    },
  );
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, createAuthority } from '../../testbed/certificates.js';
import { createTestDatabase, kind, type TestDatabase } from '../../testbed/database.js';
import { ENCRYPTION_KEY } from '../../testbed/encryption-key.js';
import { lastingPort } from '../../testbed/free-port.js';
import { blocksOf, type EchoApi, type Gateway, hasGateways, nginxAround, startEchoApi, startGateway } from '../../testbed/gateway.js';
import { until } from '../../testbed/process.js';
import { shellLinesBelow } from '../../testbed/shell-lines.js';
import { type CheckoutServer, startCheckout } from './support/checkout-server.js';
import { cloneRelease, makeTwoReleases, runIn, runLines, type TwoReleases } from './support/two-releases.js';

const NGINX = '/usr/sbin/nginx';
const root = join(import.meta.dirname, '../..');
const itWithNginx = hasGateways(NGINX) ? it : it.skip;

let folder: string;
let checkout: string;
let releases: TwoReleases;
let database: TestDatabase;
let authority: Authority;
let api: EchoApi;
const running: { stop(): unknown }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-first-hour-'));
  checkout = join(folder, 'latchkey');
  releases = makeTwoReleases();
  cloneRelease(releases, releases.before, checkout);
  database = await createTestDatabase();
  authority = createAuthority();
  api = await startEchoApi();
});
afterAll(async () => {
  for (const one of running.reverse()) await one.stop();
  api?.stop();
  authority?.remove();
  await database?.remove();
  releases?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** With the embedded database nothing has to be set. */
const settings = (more: Record<string, string> = {}) => ({
  ...(kind === 'mysql' && { DATABASE_URL: database.url, ENCRYPTION_KEY }),
  ...more,
});

async function start(more: Record<string, string>): Promise<CheckoutServer> {
  const server = await startCheckout(checkout, settings(more));
  running.push(server);
  return server;
}

itWithNginx("from the clone to a token, TLS, an API of one's own, an upgrade and a restored backup, by the documents", async () => {
  const port = await lastingPort();
  const first = await start({ PORT: String(port) });
  const [, adminSecret] = /Secret key\s+(\S+)/.exec(first.output()) ?? [];
  const address = /Open (\S+)/.exec(first.output())?.[1] as string;
  expect(address).toBe(`http://localhost:${port}`);
  const tokenLines = shellLinesBelow('The first token', 'README.md').replaceAll('http://localhost:4000', address);
  const told = await runLines(folder, `${tokenLines.replace(/lk_paste\w+/, adminSecret as string)}\necho "$SECRET"`);
  const [token, secret] = told.split('\n').filter((line) => /^[{l]/.test(line)) as [string, string];
  expect(JSON.parse(token)).toMatchObject({ token_type: 'Bearer', scope: 'orders:read' });
  await first.stop();

  // Behind nginx, under a name of its own.
  const tlsPort = await lastingPort();
  const issuer = `https://localhost:${tlsPort}`;
  const behindTls = { PORT: String(port), ISSUER: issuer, NODE_ENV: 'production', TRUST_PROXY: 'true', ENCRYPTION_KEY: keyOf() };
  const second = await start(behindTls);
  await nginx(tlsPort, (at) => {
    const { certificate, key } = authority.sign('latchkey', 'DNS:localhost');
    return readFileSync(join(root, 'deploy/nginx/latchkey.conf'), 'utf8')
      .replace('127.0.0.1:4000', `127.0.0.1:${port}`)
      .replace('listen 443', `listen 127.0.0.1:${at}`)
      .replace('login.example.com *.login.example.com', 'localhost')
      .replace('/etc/ssl/latchkey.pem', certificate)
      .replace('/etc/ssl/latchkey.key', key);
  });
  const curl = (...args: string[]) => runIn(folder, ['curl', '-sS', '--cacert', authority.ca, ...args]);
  const getToken = async () => {
    const answer = await curl('-u', `first-client:${secret}`, '-d', 'grant_type=client_credentials', `${issuer}/connect/token`);
    return JSON.parse(answer).access_token as string | undefined;
  };
  // An API of one's own, which nginx lets nobody reach without a token.
  const gate = await nginx(await lastingPort(), (at) =>
    (blocksOf('docs/gateways.md', 'nginx')[0] as string)
      .replaceAll('https://orders.example.com&', `${issuer}/api&`)
      .replaceAll('login.example.com', `localhost:${tlsPort}`)
      .replaceAll('127.0.0.1:4000', `127.0.0.1:${port}`)
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${api.port}`)
      .replaceAll('listen 8000', `listen 127.0.0.1:${at}`),
  );
  const call = async (bearer?: string) => {
    const headers = bearer === undefined ? [] : ['-H', `Authorization: Bearer ${bearer}`];
    return curl('-o', '/dev/null', '-w', '%{http_code}', ...headers, `http://127.0.0.1:${gate.port}/orders`);
  };
  const before = await getToken();
  expect([await call(before), await call(), await call('nonsense')]).toEqual(['200', '401', '401']);

  // The next release, and a night on which the client is lost.
  const own = { ...settings(), ENCRYPTION_KEY: behindTls.ENCRYPTION_KEY };
  await runLines(checkout, shellLinesBelow('With git', 'docs/upgrades.md'), { ...own, SERVER: String(second.pid) });
  await until(() => second.output().includes('all workers were replaced'), second.output);
  expect(JSON.parse(await curl(`${issuer}/health/live`)).version).toBe(releases.next);
  expect([await call(before), await call(await getToken())]).toEqual(['200', '200']);
  await deleteClient(issuer, adminSecret as string, curl);
  expect([await call(before), await getToken()]).toEqual(['401', undefined]);
  await second.stop();
  const restored = await runIn(checkout, ['npm', 'run', 'restore', '--', '../before.backup', '--replace'], own);
  expect(restored).toMatch(/2 clients/);
  await start(behindTls);
  expect(await call(await getToken())).toBe('200');
});

/** In production the key is set by name: that of the embedded database is in a file. */
function keyOf(): string {
  return kind === 'mysql' ? ENCRYPTION_KEY : readFileSync(join(checkout, 'data/latchkey.db.key'), 'utf8').trim();
}

async function nginx(port: number, servers: (port: number) => string): Promise<Gateway> {
  const gateway = await startGateway({
    port,
    files: (at) => {
      return { 'nginx.conf': nginxAround(at, servers(port)) };
    },
    command: [NGINX, '-c', '{folder}/nginx.conf', '-p', '{folder}'],
  });
  running.push(gateway);
  return gateway;
}

async function deleteClient(issuer: string, adminSecret: string, curl: (...args: string[]) => Promise<string>): Promise<void> {
  const granted = await curl('-u', `admin:${adminSecret}`, '-d', 'grant_type=client_credentials', `${issuer}/connect/token`);
  const body = JSON.stringify({ query: 'mutation { deleteClient(clientId: "first-client") { clientId } }' });
  const bearer = `Authorization: Bearer ${JSON.parse(granted).access_token}`;
  expect(
    JSON.parse(await curl('-H', bearer, '-H', 'Content-Type: application/json', '-d', body, `${issuer}/graphql`)).errors,
  ).toBeUndefined();
}

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient, requestToken, startApp, type TestApp } from '../testbed/app.js';
import { shellLinesBelow } from '../testbed/shell-lines.js';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);
const TOUR = 'docs/tour.md';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

it('the first token is had as the README says', async () => {
  const script = shellLinesBelow('The first token', 'README.md')
    .replaceAll('http://localhost:4000', app.url)
    .replace(/lk_paste\w+/, app.admin.secret);
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script]);
  expect(JSON.parse(stdout)).toMatchObject({ token_type: 'Bearer', scope: 'orders:read', access_token: expect.any(String) });
});

it('the tour with curl works as it is written', async () => {
  const tour = shellLinesBelow('A tour with curl', TOUR);
  expect(tour).toContain('curl');
  const script = tour.replaceAll('http://localhost:4000', app.url).replace(/lk_paste\w+/, app.admin.secret);
  expect(script).toContain(app.admin.secret);
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script]);
  const [, created, token, rotated, overlapping, active, cut, inactive, , disabled, refused, deleted] = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'));
  expect(stdout).not.toContain('errors');
  expect(JSON.parse(created ?? '').data.createClient.client.clientId).toBe('sales-board');
  expect(JSON.parse(token ?? '')).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: 'orders:read' });
  expect(JSON.parse(rotated ?? '').data.rotateClientSecret.client.secrets).toHaveLength(2);
  expect(JSON.parse(overlapping ?? '')).toMatchObject({ token_type: 'Bearer' });
  expect(JSON.parse(active ?? '')).toMatchObject({ active: true, scope: 'orders:read' });
  expect(JSON.parse(cut ?? '').data.revokeClientTokens.lastTokenExpiresAt).toMatch(/^\d{4}-/);
  expect(JSON.parse(inactive ?? '')).toEqual({ active: false });
  expect(JSON.parse(disabled ?? '').data.updateClient.enabled).toBe(false);
  expect(JSON.parse(refused ?? '')).toEqual({ error: 'invalid_client' });
  expect(JSON.parse(deleted ?? '').data.deleteClient.clientId).toBe('sales-board');
});

it('the walk through two tenants works as it is written', async () => {
  const lines = `${shellLinesBelow('A tour with curl', TOUR)}\n${shellLinesBelow('Two tenants on one server', TOUR)}`;
  const script = lines
    .replaceAll('localhost:4000', `localhost:${app.port}`)
    .replace(/lk_paste\w+/, app.admin.secret)
    .replaceAll('sales-board', 'second-board');
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script]);
  const answers = stdout.split('\n').filter((line) => line.startsWith('{'));
  const [created, token, refused, foreign, record, disabled, unknown, deleted] = answers.slice(-8).map((line) => JSON.parse(line));
  expect(created.data.createTenant).toMatchObject({
    tenant: { issuer: `http://acme.localhost:${app.port}` },
    client: { clientId: 'admin' },
  });
  expect(token).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
  expect(refused).toEqual({ error: 'invalid_client' });
  expect(foreign.errors[0].extensions.code).toBe('UNAUTHENTICATED');
  expect(record.data.auditEvents.nodes.map(({ action }: { action: string }) => action)).toEqual(['CREATE_CLIENT', 'RESET_ADMINISTRATOR']);
  expect(disabled.data.updateTenant.enabled).toBe(false);
  expect(unknown.error_description).toBe('This host is not served here.');
  expect(deleted.data.deleteTenant.host).toBe(`acme.localhost:${app.port}`);
});

it.each([
  ['README.md', 'The first token', 1],
  [TOUR, 'A tour with curl', 1],
  [TOUR, 'Two tenants on one server', 0],
])('%s, "%s": what is refused is told, and nothing is asked that goes on from it', async (document, heading, requests) => {
  const helpers = heading === 'Two tenants on one server' ? helpersOfTour() : '';
  const script = `${helpers}${shellLinesBelow(heading, document)}\nexit 0\n`.replaceAll('localhost:4000', `localhost:${app.port}`);
  const before = app.logLines.length;
  // As somebody pastes it: a shell that goes on with the next line.
  const child = run('bash', ['--norc', '-i'], { env: { PATH: process.env.PATH, HOME: '/nonexistent' } });
  child.child.stdin?.end(script);
  const { stdout, stderr } = await child;
  const asked = app.logLines.slice(before).filter((line) => line.includes('"msg":"request"'));
  expect(stdout.replaceAll(/\s/g, '')).toBe('');
  expect(stderr).toMatch(/there is no (secret|token)/i);
  expect([asked.length, stderr.includes('invalid_client')]).toEqual([requests, requests > 0]);
});

it('the tour leaves alone what it did not make', async () => {
  const board = await createClient(app, { clientId: 'sales-board', name: 'The real one' });
  await app.api.createTenant({ name: 'The real one', host: `acme.localhost:${app.port}` });
  const lines = `${shellLinesBelow('A tour with curl', TOUR)}\n${shellLinesBelow('Two tenants on one server', TOUR)}\nexit 0\n`;
  const child = run('bash', ['--norc', '-i'], { env: { PATH: process.env.PATH, HOME: '/nonexistent' } });
  child.child.stdin?.end(lines.replaceAll('localhost:4000', `localhost:${app.port}`).replace(/lk_paste\w+/, app.admin.secret));
  expect((await child).stderr).toMatch(
    /CLIENT_ID_TAKEN[\s\S]*there is no client of this tour[\s\S]*HOST_TAKEN[\s\S]*there is no tenant of this tour/,
  );
  expect((await requestToken(app, board)).status).toBe(200);
  const { body } = await app.administer('{ client(clientId: "sales-board") { version } tenants { nodes { name enabled } } }');
  expect(body.data.client.version).toBe(1);
  expect(body.data.tenants.nodes).toContainEqual({ name: 'The real one', enabled: true });
});

/** The functions that the tour asks with. */
function helpersOfTour(): string {
  return shellLinesBelow('A tour with curl', TOUR)
    .split('\n')
    .filter((line) => /^(ask|token|operate|value)\(\)|^LATCHKEY/.test(line))
    .join('\n')
    .concat('\n');
}

it('the Postman collection runs from top to bottom', async () => {
  const collection = join(root, 'docs/latchkey.postman_collection.json');
  const variables = [`baseUrl=${app.url}`, `adminSecret=${app.admin.secret}`].flatMap((pair) => ['--env-var', pair]);
  const { stdout } = await run(process.execPath, [
    join(root, 'node_modules/newman/bin/newman.js'),
    'run',
    collection,
    '--bail',
    ...variables,
  ]);
  expect(stdout).toMatch(/assertions\s*│\s*9\s*│\s*0/);
  expect((await app.administer('{ clients(search: "postman") { totalCount } }')).body.data.clients.totalCount).toBe(0);
});

it('the settings are all named, and each by its default', async () => {
  const { SETTING_NAMES } = await import('../src/platform/config.js');
  const settings = readFileSync(join(root, 'docs/settings.md'), 'utf8');
  for (const name of SETTING_NAMES) expect(settings).toContain(`\`${name}\``);
});

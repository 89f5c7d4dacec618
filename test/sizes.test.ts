import { createClient, postForm, startApp, type TestApp } from '../testbed/app.js';

const FIND = 'query ($search: String) { clients(search: $search) { nodes { clientId } totalCount } }';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

it.each([
  ['letters', `admin${'a'.repeat(300)}`],
  ['blanks before what is there', `${' '.repeat(300)}admin`],
  ['ligatures of eighteen letters', '\uFDFA'.repeat(9_000)],
  ['marks that are to be brought into order', `admin${'\u0301\u0316'.repeat(4_000)}`],
])('a search of thousands of %s finds nothing, at no cost', async (_what, search) => {
  const { body } = await app.administer(FIND, { search });
  expect(body.data.clients).toEqual({ nodes: [], totalCount: 0 });
  const tenants = await app.administer('query ($search: String) { tenants(search: $search) { totalCount } }', { search });
  expect(tenants.body.data.tenants.totalCount).toBe(0);
});

it.each(['clients', 'tenants', 'auditEvents'])('a cursor of thousands of characters is none of %s', async (list) => {
  const long = Buffer.from(JSON.stringify(['NAME', 'x'.repeat(5_000), 'x'])).toString('base64url');
  const { body } = await app.administer(`query ($after: String) { ${list}(after: $after) { pageInfo { endCursor } } }`, { after: long });
  expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'after' }] });
});

it('a moment that no database knows is the first or the last that it does', async () => {
  const [first, last] = ['0000-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59'];
  const find = 'query ($filter: AuditFilter, $after: String) { auditEvents(filter: $filter, after: $after) { nodes { id } } }';
  const countOf = async (variables: object) => (await app.administer(find, variables)).body.data.auditEvents.nodes.length;
  expect(await countOf({ filter: { since: first, until: last } })).toBeGreaterThan(0);
  expect(await countOf({ filter: { until: first } })).toBe(0);
  expect(await countOf({ filter: { since: last } })).toBe(0);
  const after = (at: string) => Buffer.from(JSON.stringify(['AUDIT', at, 'x'])).toString('base64url');
  expect(await countOf({ after: after('+275760-09-13T00:00:00.000Z') })).toBeGreaterThan(0);
  expect(await countOf({ after: after('-271821-04-20T00:00:00.000Z') })).toBe(0);
});

it('a host of thousands of letters, no two the same, is none', async () => {
  const host = Array.from({ length: 9_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');
  const found = await app.administer('query ($host: String!) { tenant(host: $host) { id } }', { host });
  expect(found.body.data.tenant).toBeNull();
  const create = 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { clientSecret } }';
  const made = await app.administer(create, { input: { name: 'X', host } });
  expect(made.body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.host' }] });
});

it('a report of a leak at an address of thousands of characters counts without it', async () => {
  const { secret } = await createClient(app, { clientId: 'leaky' });
  const began = app.logLines.length;
  const { status } = await postForm(app, '/connect/leaked', { body: { token: secret, url: `https://x.example/${'a'.repeat(5_000)}` } });
  expect(status).toBe(200);
  const line = app.logLines.slice(began).find((one) => one.includes('reported as leaked'));
  expect(JSON.parse(line as string).url).toBeUndefined();
});

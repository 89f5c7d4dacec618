import { decodeProtectedHeader } from 'jose';
import { createClient, createTenant, getToken, graphql, introspect, postForm, startApp, type TestApp } from '../testbed/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
});
afterAll(() => app.stop());

const typeOf = (token: string) => decodeProtectedHeader(token).typ;
const setType = async (host: string, accessTokenType: string) => {
  const query = 'mutation ($host: String!, $input: UpdateTenantInput!) { updateTenant(host: $host, input: $input) { accessTokenType } }';
  return (await app.administer(query, { host, input: { accessTokenType } })).body;
};

it('is at+jwt, until the tenant says JWT, from the next token on', async () => {
  const tenant = await createTenant(app, 'changing');
  const { host } = new URL(tenant.url);
  const client = await createClient(tenant, { clientId: 'board' });
  const types: unknown[] = [];
  for (const accessTokenType of ['AT_JWT', 'JWT', 'AT_JWT']) {
    expect((await setType(host, accessTokenType)).data.updateTenant).toEqual({ accessTokenType });
    types.push(typeOf(await getToken(tenant, client)));
  }
  expect(types).toEqual(['at+jwt', 'JWT', 'at+jwt']);
});

it('may be chosen when the tenant is made, and for the home tenant', async () => {
  const made = await app.administer(
    'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { accessTokenType issuer } clientSecret } }',
    { input: { name: 'X', host: `spring.localhost:${app.port}`, accessTokenType: 'JWT' } },
  );
  expect(made.body.data.createTenant.tenant.accessTokenType).toBe('JWT');
  const client = await createClient(app, { clientId: 'home' });
  expect((await setType(new URL(app.url).host, 'JWT')).data.updateTenant).toEqual({ accessTokenType: 'JWT' });
  expect(typeOf(await getToken(app, client))).toBe('JWT');
  await setType(new URL(app.url).host, 'AT_JWT');
});

it('of other tenants stays, and so does that of tokens for Latchkey itself', async () => {
  const [one, other] = [await createTenant(app, 'one'), await createTenant(app, 'other')];
  await setType(new URL(one.url).host, 'JWT');
  const client = await createClient(other, { clientId: 'board' });
  expect(typeOf(await getToken(other, client))).toBe('at+jwt');
  const api = await createClient(one, { clientId: 'api', scopes: ['clients:read', 'tokens:introspect'] });
  for (const resource of [`${one.url}/graphql`, `${one.url}/connect/introspect`])
    expect(typeOf(await getToken(one, api, { resource }))).toBe('at+jwt');
});

it('changes nothing for tokens that were issued before, and none of either is a right to manage', async () => {
  const tenant = await createTenant(app, 'both');
  const { host } = new URL(tenant.url);
  const client = await createClient(tenant, { clientId: 'board', audiences: [`${tenant.url}/api`] });
  const before = await getToken(tenant, client);
  await setType(host, 'JWT');
  const after = await getToken(tenant, client);
  for (const token of [before, after]) {
    expect((await introspect(tenant, client, token)).body.active).toBe(true);
    expect((await graphql(tenant, { token, query: '{ viewer { clientId } }' })).status).toBe(401);
    expect((await postForm(tenant, '/connect/revocation', { credentials: client, body: { token } })).status).toBe(200);
    expect((await introspect(tenant, client, token)).body).toEqual({ active: false });
  }
});

it('is in the record, and nothing else will do', async () => {
  const tenant = await createTenant(app, 'recorded');
  await setType(new URL(tenant.url).host, 'JWT');
  const { body } = await app.administer('{ auditEvents(first: 1) { nodes { action before after } } }');
  expect(body.data.auditEvents.nodes[0]).toMatchObject({ before: { accessTokenType: 'AT_JWT' }, after: { accessTokenType: 'JWT' } });
  for (const wrong of ['jwt', 'at+jwt', '', 'ID_TOKEN']) expect((await setType(new URL(tenant.url).host, wrong)).errors).toBeDefined();
});

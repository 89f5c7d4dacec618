import { request } from 'node:http';
import type { Answer } from '../testbed/answer.js';
import { createClient, createTenant, getToken, graphql, startApp, type TestApp, type TestTenant } from '../testbed/app.js';

/** What was known of the tenant and of the caller when the head of a request came is of no account when its content is here. */
let app: TestApp;
let tenant: TestTenant;
let number = 0;

beforeAll(async () => {
  app = await startApp();
});
beforeEach(async () => {
  number += 1;
  tenant = await createTenant(app, `tenant-${number}`);
});
afterAll(() => app.stop());

/** Sends all of a request but its last byte. @returns sends that, and has the answer */
async function begin(
  path: string,
  { token, type, content }: { token: string; type: string; content: string },
): Promise<() => Promise<Answer>> {
  const { host } = new URL(tenant.url);
  const headers = { host, authorization: `Bearer ${token}`, 'content-type': type, 'content-length': String(content.length) };
  const sent = request({ port: app.port, path, method: 'POST', headers });
  const answer = new Promise<Answer>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', async (response) => {
      let text = '';
      for await (const part of response) text += part;
      resolve({ status: response.statusCode as number, text, body: JSON.parse(text), headers: new Headers() });
    });
  });
  sent.write(content.slice(0, -1));
  // Requests come in over one loop: when another was answered, this one's head was read.
  for (const _ of Array(3)) await fetch(`${app.url}/health/ready`);
  return async () => {
    sent.end(content.slice(-1));
    return answer;
  };
}

const json = (query: string, variables = {}) => ({ type: 'application/json', content: JSON.stringify({ query, variables }) });
const allow = (input: object) =>
  app.administer('mutation ($host: String!, $input: UpdateTenantInput!) { updateTenant(host: $host, input: $input) { version } }', {
    host: new URL(tenant.url).host,
    input,
  });

it.each([
  ['createClient', 'mutation { createClient(input: { name: "New", clientId: "new", accessTokenLifetime: 7200 }) { clientSecret } }'],
  ['updateClient', 'mutation { updateClient(clientId: "old", input: { accessTokenLifetime: 7200 }) { version } }'],
])('%s holds to the lifetimes that the tenant allows by then', async (_, query) => {
  await createClient(tenant, { clientId: 'old' });
  const finish = await begin('/graphql', { token: await getToken(tenant, tenant.admin), ...json(query) });
  expect((await allow({ maxAccessTokenLifetime: 600 })).body.errors).toBeUndefined();
  const { body } = await finish();
  expect(body.errors[0].extensions.fields).toEqual([{ path: 'input.accessTokenLifetime', message: expect.stringContaining('600') }]);
});

it('a new client gets the audience that the tenant has by then', async () => {
  const query = 'mutation { createClient(input: { name: "New", clientId: "new", scopes: ["orders:read"] }) { client { audiences } } }';
  const finish = await begin('/graphql', { token: await getToken(tenant, tenant.admin), ...json(query) });
  await allow({ defaultAudience: 'https://orders.example' });
  expect((await finish()).body.data.createClient.client.audiences).toEqual(['https://orders.example']);
});

describe('introspection with a token', () => {
  let token: string;
  let caller: { clientId: string; secret: string };

  beforeEach(async () => {
    caller = await createClient(tenant, { clientId: 'gateway', scopes: ['tokens:introspect'] });
    token = await getToken(tenant, caller, { resource: `${tenant.url}/connect/introspect` });
  });
  const ask = async () =>
    begin('/connect/introspect', {
      token,
      type: 'application/x-www-form-urlencoded',
      content: `token=${await getToken(tenant, tenant.admin)}`,
    });

  it('tells nothing to a client that was deleted meanwhile', async () => {
    const finish = await ask();
    await tenant.api.deleteClient('gateway');
    expect((await finish()).status).toBe(401);
  });

  it('tells nothing to a client whose right was taken meanwhile, and counts that', async () => {
    const finish = await ask();
    await tenant.api.updateClient('gateway', { scopes: [] });
    const { status, body } = await finish();
    expect([status, body.error]).toEqual([403, 'insufficient_scope']);
    expect(await app.metrics.registry.metrics()).toMatch(/latchkey_rights_refused_total\{right="tokens:introspect"\} [1-9]/);
    expect(app.logLines.at(-1)).toContain('"reason":"lacks the scope tokens:introspect"');
  });

  it('takes a token of as many characters as one with credentials', async () => {
    const scopes = Array.from({ length: 100 }, (_, index) => `${index}:`.padEnd(190, 'x'));
    const large = await getToken(tenant, await createClient(tenant, { clientId: 'large', scopes }));
    const content = `token=${large}`;
    const finish = await begin('/connect/introspect', { token, type: 'application/x-www-form-urlencoded', content });
    expect((await finish()).body).toMatchObject({ active: true, client_id: 'large' });
  });
});

it.each(['{ clients { totalCount } }', 'mutation { createClient(input: { name: "N", clientId: "n" }) { clientSecret } }'])(
  'a tenant that was disabled meanwhile answers nothing: %s',
  async (query) => {
    const token = await getToken(tenant, tenant.admin);
    const finish = await begin('/graphql', { token, ...json(query) });
    await allow({ enabled: false });
    const { status, body } = await finish();
    expect([status, body.data ?? null, body.errors[0].extensions.code]).toEqual([401, null, 'UNAUTHENTICATED']);
    expect((await graphql(app, { token, query })).status).toBe(401);
  },
);

import { type Answer, readAnswer } from '../testbed/answer.js';
import { basic, claimsOf, createClient, startApp, type TestApp } from '../testbed/app.js';

const BILLING = 'https://billing.example/';

let app: TestApp;
let api: string;
let client: { clientId: string; secret: string };

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
  api = `${app.url}/api`;
  client = await createClient(app, { clientId: 'board', scopes: ['orders:read', 'orders:write'], audiences: [api, BILLING] });
});
afterAll(() => app.stop());

const ask = (body: string, authorization = basic(client.clientId, client.secret)) =>
  readAnswer(
    fetch(`${app.url}/connect/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization },
      body: `grant_type=client_credentials&${body}`,
    }),
  );
const audienceOf = ({ body }: Answer) => claimsOf(body.access_token).aud;

describe('audience, as Auth0 calls it', () => {
  it('is taken for the resource', async () => {
    expect(audienceOf(await ask(''))).toBe(api);
    expect(audienceOf(await ask('audience='))).toBe(api);
    expect(audienceOf(await ask(`audience=${BILLING}`))).toBe(BILLING);
    expect(audienceOf(await ask(`audience=${BILLING}&resource=${BILLING}`))).toBe(BILLING);
  });

  it.each([
    ['one that the client may not have', 'audience=https://nope.example', 'invalid_target'],
    ['no URI', 'audience=orders', 'invalid_target'],
    ['another than the resource', `audience=${BILLING}&resource=API`, 'invalid_request'],
    ['another than the resource, which is the first', `audience=API&resource=${BILLING}`, 'invalid_request'],
    ['sent twice', `audience=${BILLING}&audience=API`, 'invalid_request'],
    ['sent twice beside a resource', `audience=${BILLING}&audience=API&resource=API`, 'invalid_request'],
  ])('is refused when it is %s', async (_what, form, error) => {
    const { status, body } = await ask(form.replaceAll('API', api));
    expect([status, body.error]).toEqual([400, error]);
  });
});

it.each([
  'scope[0]=orders:read',
  'scope%5B0%5D=orders:read',
  'scope[]=orders:read',
  'resource[0]=https://x.example',
  'audience[]=x',
  'grant_type[0]=x',
])('refuses a parameter that is written as a list: %s', async (form) => {
  const { status, body } = await ask(form);
  expect([status, body.error]).toEqual([400, 'invalid_request']);
  expect(body.error_description).toContain('brackets');
});

it('passes over parameters that nobody knows', async () => {
  expect((await ask('anything[0]=x&prompt=none')).status).toBe(200);
});

it.each([
  ['+orders:read', 'orders:read'],
  ['orders:read+', 'orders:read'],
  ['%20%20orders:read++orders:write%20', 'orders:read orders:write'],
  ['+', 'orders:read orders:write'],
  ['', 'orders:read orders:write'],
])('passes over blanks around scopes: %p', async (scope, granted) => {
  expect((await ask(`scope=${scope}`)).body.scope).toBe(granted);
});

it.each(['orders:read%0Aorders:write', 'orders:read%09', 'orders:read%C2%A0orders:write', 'orders:read,orders:write'])(
  'refuses what is no blank between scopes: %p',
  async (scope) => {
    const { status, body } = await ask(`scope=${scope}`);
    expect([status, body.error]).toEqual([400, 'invalid_scope']);
  },
);

it('allows any number of blanks between a scheme and credentials', async () => {
  const [scheme, credentials] = basic(client.clientId, client.secret).split(' ') as [string, string];
  for (const blanks of ['  ', '     ']) expect((await ask('', scheme + blanks + credentials)).status).toBe(200);
  expect((await ask('', `${scheme}  ${credentials} x`)).body.error).toBe('invalid_request');
  const token = (await readAnswer(adminToken())).body.access_token;
  const query = {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer  ${token}` },
    body: '{"query":"{ viewer { clientId } }"}',
  };
  expect((await readAnswer(fetch(`${app.url}/graphql`, query))).body.data.viewer.clientId).toBe('admin');
});

const adminToken = () =>
  fetch(`${app.url}/connect/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: basic(app.admin.clientId, app.admin.secret) },
    body: 'grant_type=client_credentials',
  });

it.each(['client_assertion', 'client%5Fassertion', 'resource', 'x', 'toke%6E'])(
  'refuses a very long parameter before it is parsed: %s',
  async (name) => {
    const { status, body } = await ask(`${name}=${'a'.repeat(15_999 - name.length)}`);
    expect([400, 401, 200]).toContain(status);
    expect(body.error_description ?? '').not.toContain('bytes');
    const refused = await ask(`scope=orders:read&${name}=${'a'.repeat(16_000 - name.length)}&audience=`);
    expect([refused.status, refused.body.error]).toEqual([413, 'invalid_request']);
    expect(refused.body.error_description).toBe('A parameter of a form may have 16000 bytes at most.');
    expect((await ask('scope=orders:read')).status).toBe(200);
  },
);

it('takes scopes, and tokens, that are longer', async () => {
  const { status, body } = await ask(`scope=${'orders:read+'.repeat(3_000)}`);
  expect([status, body.scope]).toEqual([200, 'orders:read']);
  const form = { method: 'POST', headers: { authorization: basic(client.clientId, client.secret) } };
  const revoked = await fetch(`${app.url}/connect/revocation`, { ...form, body: new URLSearchParams({ token: 'a'.repeat(40_000) }) });
  expect(revoked.status).toBe(200);
});

describe('a form of very many parameters', () => {
  const last = ['scope=orders:write', 'audience=https://nope.example', 'scope[]=x', 'client_secret=x', 'resource=https://nope.example'];
  const many = [
    ['with values', (count: number) => '&x=1'.repeat(count)],
    ['with the same name as another', (count: number) => '&scope=orders:read'.repeat(count)],
    ['that are empty', (count: number) => '&'.repeat(count)],
    ['of which every other is empty', (count: number) => '&&a'.repeat(count / 2)],
  ] as const;

  it.each(many)('is refused, for its end would be passed over: %s', async (_, parameters) => {
    for (const hidden of last) {
      const { status, body } = await ask(`scope=orders:read${parameters(1_000)}&${hidden}`);
      expect([status, body.error]).toEqual([400, 'invalid_request']);
    }
    const introspected = await readAnswer(
      fetch(`${app.url}/connect/introspect`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: basic(client.clientId, client.secret) },
        body: `token=x${parameters(1_000)}&token=y`,
      }),
    );
    expect([introspected.status, introspected.body.error]).toEqual([400, 'invalid_request']);
  });

  it('is read to its end while there are fewer than a thousand', async () => {
    expect((await ask(`x=1${'&'.repeat(997)}scope=orders:read`)).body.scope).toBe('orders:read');
    expect((await ask(`x=1${'&'.repeat(998)}scope=orders:read`)).status).toBe(400);
  });
});

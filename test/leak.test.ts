import { systemCaller } from '../src/tenants/caller.js';
import type { Answer } from '../testbed/answer.js';
import { createClient, getToken, introspect, postForm, requestToken, startApp, type TestApp } from '../testbed/app.js';

const READ =
  'query ($clientId: String!) { client(clientId: $clientId) { version secrets { expiresAt revokedAt leak { reportedAt reportedFrom url } } } }';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ TRUST_PROXY: 'true' });
});
afterAll(() => app.stop());

const report = (body: Record<string, string> | string, source = '192.0.2.1'): Promise<Answer> =>
  postForm(app, '/connect/leaked', { body, headers: { 'x-forwarded-for': source } });
const read = async (clientId: string) => (await app.administer(READ, { clientId })).body.data.client;

it('ends a secret that somebody found, its tokens with it, and tells where the report came from', async () => {
  const client = await createClient(app, { clientId: 'found' });
  const api = await createClient(app, { clientId: 'api', scopes: ['tokens:introspect'] });
  const token = await getToken(app, client);
  const place = `https://code.example/repo#L7?${client.secret}`;
  const { status, text, headers } = await report({ token: client.secret, url: place }, '2001:db8::7');
  expect({ status, text, type: headers.get('content-type') }).toEqual({ status: 200, text: '', type: null });
  expect((await requestToken(app, client)).status).toBe(401);
  expect((await introspect(app, api, token)).body).toEqual({ active: false });
  const [{ leak, revokedAt }] = (await read('found')).secrets;
  expect(leak).toEqual({ reportedAt: revokedAt, reportedFrom: '2001:db8::7', url: 'https://code.example/repo' });
  const line = app.logLines.find((text) => text.includes('reported as leaked')) ?? '';
  expect(JSON.parse(line)).toMatchObject({ level: 40, clientId: 'found', ip: '2001:db8::7' });
  expect(app.logLines.join('')).not.toContain(client.secret);
  expect(await app.database.dump()).not.toContain(client.secret);
});

it('ends that one secret and no other', async () => {
  const first = await createClient(app, { clientId: 'pair' });
  const { body } = await app.administer('mutation { rotateClientSecret(clientId: "pair") { clientSecret } }');
  const second = { clientId: 'pair', secret: body.data.rotateClientSecret.clientSecret };
  await report({ token: first.secret });
  expect([(await requestToken(app, first)).status, (await requestToken(app, second)).status]).toEqual([401, 200]);
});

it('ends a secret that signs assertions as well, and one that an administrator brought', async () => {
  const signing = await createClient(app, { clientId: 'signing', authMethod: 'CLIENT_SECRET_JWT' });
  await report({ token: signing.secret });
  expect((await read('signing')).secrets[0].leak).not.toBeNull();
  const brought = 'brought-by-somebody-0123456789-0123456789';
  const own = await startApp({ ADMIN_CLIENT_SECRET: brought });
  expect((await postForm(own, '/connect/leaked', { body: { token: brought } })).status).toBe(200);
  expect((await requestToken(own, { clientId: 'admin', secret: brought })).status).toBe(401);
  await own.stop();
});

it('answers the same to what is no secret of ours, and to a second report', async () => {
  const client = await createClient(app, { clientId: 'twice' });
  const answers = [
    await report({ token: client.secret }),
    await report({ token: client.secret }),
    await report({ token: `lk_${'0'.repeat(49)}` }),
    await report({ token: 'x' }),
    await report({ token: '' }),
  ];
  for (const { status, text } of answers) expect({ status, text }).toEqual({ status: 200, text: '' });
  expect((await read('twice')).version).toBe(2);
});

it.each([
  ['nothing', '', 400],
  ['two secrets', 'token=a&token=b', 400],
  ['a body over the limit', `token=${'x'.repeat(60_000)}`, 413],
])('refuses %s', async (_what, body, expected) => {
  const { status, body: answer } = await report(body);
  expect([status, answer.error]).toEqual([expected, 'invalid_request']);
});

it('refuses JSON, and another method', async () => {
  const json = await postForm(app, '/connect/leaked', { body: '{}', headers: { 'content-type': 'application/json' } });
  expect(json.status).toBe(415);
  const { status, headers } = await fetch(`${app.url}/connect/leaked`);
  expect([status, headers.get('allow')]).toEqual([405, 'POST']);
});

it.each(['javascript:alert(1)', 'not a url', 'data:text/html,x'])('keeps no place that is no web address (%p)', async (url) => {
  const clientId = `place-${url.length}`;
  const { secret } = await createClient(app, { clientId });
  await report({ token: secret, url });
  expect((await read(clientId)).secrets[0].leak.url).toBeNull();
});

it('keeps no other secret that stands in the place', async () => {
  const [found, other] = [await createClient(app, { clientId: 'found-1' }), await createClient(app, { clientId: 'found-2' })];
  const encoded = [...other.secret].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('');
  const url = `https://user:hunter2@code.example/a/${encoded}/${found.secret}?key=${other.secret}#${other.secret}`;
  await report({ token: found.secret, url });
  expect((await read('found-1')).secrets[0].leak.url).toBe('https://code.example/a/[redacted]/…');
  const everything = app.logLines.join('') + (await app.database.dump());
  for (const text of [found.secret, other.secret, encoded, 'hunter2']) expect(everything).not.toContain(text);
});

it('is throttled for whoever reports what is no secret, and not for who reports secrets', async () => {
  const source = '192.0.2.77';
  for (let index = 0; index < 25; index += 1) {
    const { secret } = await createClient(app, { clientId: `many-${index}` });
    expect((await report({ token: secret }, source)).status).toBe(200);
  }
  const statuses = [];
  for (let index = 0; index < 22; index += 1) statuses.push((await report({ token: 'x' }, source)).status);
  expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 200));
  const { status, headers } = await report({ token: 'x' }, source);
  expect([status, headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
  expect((await report({ token: 'x' }, '192.0.2.78')).status).toBe(200);
});

it('counts the guesses that are sent beside the right one, and ends that all the same', async () => {
  const [client, source] = [await createClient(app, { clientId: 'guessed' }), '192.0.2.79'];
  const { promise: untilGuessed, resolve: goOn } = Promise.withResolvers<void>();
  const { changes, home } = app.installation;
  const turn = changes.perform({ ...systemCaller(home, 'test'), request: { id: 'x', address: '::1' } }, async ({ unchanged }) =>
    unchanged(await untilGuessed),
  );
  const right = report({ token: client.secret }, source);
  for (let guess = 0; guess < 21; guess += 1) await report({ token: 'x' }, source);
  goOn();
  await turn;
  expect((await right).status).toBe(429);
  expect((await requestToken(app, client)).status).toBe(401);
});

it('finds a secret of the release before once it was used', async () => {
  const client = await createClient(app, { clientId: 'older' });
  const row = () =>
    app.database.query(
      "SELECT lookup_digest, digest FROM client_secrets WHERE client_row_id = (SELECT id FROM clients WHERE client_id = 'older')",
    );
  const [before] = await row();
  await app.database.query(
    "UPDATE client_secrets SET lookup_digest = NULL WHERE client_row_id = (SELECT id FROM clients WHERE client_id = 'older')",
  );
  expect((await requestToken(app, client)).status).toBe(200);
  await app.installation.use.flush();
  expect((await row())[0]).toEqual(before);
  await report({ token: client.secret });
  expect((await requestToken(app, client)).status).toBe(401);
});

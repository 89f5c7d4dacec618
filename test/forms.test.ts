import { type OutgoingHttpHeaders, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { basic, type Credentials, createClient, getToken, startApp, type TestApp } from '../testbed/app.js';

const FORM = 'application/x-www-form-urlencoded';

let app: TestApp;
let client: Credentials;
let good: Record<string, string>;

beforeAll(async () => {
  app = await startApp();
  client = await createClient(app, { clientId: 'caller', scopes: ['orders:read'] });
  const token = await getToken(app, client);
  good = {
    '/connect/token': 'grant_type=client_credentials',
    '/connect/introspect': `token=${token}`,
    '/connect/revocation': 'token=nothing',
    '/connect/leaked': 'token=nothing',
  };
});
afterAll(() => app.stop());

/** Sends exactly these headers, beside the credentials. */
function post(path: string, headers: OutgoingHttpHeaders, body?: string | Buffer): Promise<{ status: number; text: string }> {
  const authorization = basic(client.clientId, client.secret);
  const target = { port: app.port, host: 'localhost', path, method: 'POST', headers: { authorization, ...headers } };
  return new Promise((resolve, reject) => {
    const sent = request(target, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve({ status: response.statusCode as number, text }));
    }).on('error', reject);
    sent.end(body);
  });
}

describe.each(['/connect/token', '/connect/introspect', '/connect/revocation', '/connect/leaked'])('PROTOCOL 33: a form for %s', (path) => {
  it.each([
    [`${FORM};charset=ISO-8859-1`],
    [`${FORM}; charset=utf-16`],
    [`${FORM}; charset=nonsense`],
    [`${FORM}; charset="utf-8"`],
    [`${FORM}; charset=utf-8; charset=us-ascii`],
    [`${FORM}; charset`],
    [`${FORM};`],
    [`${FORM} ;boundary=x`],
    ['Application/X-WWW-Form-URLEncoded'],
  ])('may have the type %s', async (type) => {
    const { status } = await post(path, { 'content-type': type }, good[path]);
    expect(status).toBe(200);
  });

  it('may be in chunks, uncompressed in so many words, or with its type twice', async () => {
    const body = good[path] as string;
    const manners = [{ 'transfer-encoding': 'chunked' }, { 'content-encoding': 'identity' }, { 'Content-Type': [FORM, FORM] }];
    for (const headers of manners) expect((await post(path, { 'content-type': FORM, ...headers }, body)).status).toBe(200);
  });

  it.each<[string, OutgoingHttpHeaders, RegExp]>([
    ['without a type', {}, /no Content-Type.*application\/x-www-form-urlencoded/],
    ['with an empty type', { 'content-type': '' }, /no Content-Type/],
    ['as JSON', { 'content-type': 'application/json' }, /not that of a form.*application\/x-www-form-urlencoded/],
    ['in parts', { 'content-type': 'multipart/form-data; boundary=x' }, /not that of a form/],
    ['as plain text', { 'content-type': 'text/plain' }, /not that of a form/],
    ['with a type that only begins like it', { 'content-type': `${FORM}2` }, /not that of a form/],
    ['compressed', { 'content-type': FORM, 'content-encoding': 'gzip' }, /Content-Encoding/],
    ['compressed twice', { 'content-type': FORM, 'content-encoding': 'identity, br' }, /Content-Encoding/],
  ])('is refused %s, with the reason', async (_how, headers, reason) => {
    const body = headers['content-encoding'] === 'gzip' ? gzipSync(good[path] as string) : good[path];
    const { status, text } = await post(path, headers, body);
    expect(status).toBe(415);
    expect(JSON.parse(text)).toEqual({ error: 'invalid_request', error_description: expect.stringMatching(reason) });
  });

  it('is empty when it has no body at all', async () => {
    for (const headers of [{ 'content-type': FORM }, { 'content-type': FORM, 'content-length': '0' }, {}, { 'content-length': '0' }]) {
      const { status, text } = await post(path, headers);
      expect(status).toBe(400);
      expect(JSON.parse(text).error_description).toMatch(/grant_type|token/);
    }
  });
});

it.each<[string, OutgoingHttpHeaders]>([
  ['without a type', {}],
  ['as a form', { 'content-type': FORM }],
  ['compressed', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
])('PROTOCOL 33: what begins a session is refused %s, with the reason', async (_how, headers) => {
  const { status, text } = await post('/session', headers, '{"clientId":"x","clientSecret":"y"}');
  expect(status).toBe(415);
  expect(JSON.parse(text)).toEqual({
    error: 'invalid_request',
    error_description: expect.stringMatching(/application\/json|uncompressed/),
  });
});

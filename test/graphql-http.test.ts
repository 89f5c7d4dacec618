import { connect } from 'node:net';
import { DatabaseUnavailable } from '../src/platform/errors.js';
import { readAnswer } from '../testbed/answer.js';
import { getToken, startApp, type TestApp } from '../testbed/app.js';
import { postSession } from '../testbed/session.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const STRICT_TYPE = 'application/graphql-response+json; charset=utf-8';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const VIEWER = '{ viewer { clientId } }';

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startApp();
  token = await getToken(app, app.admin);
});
afterAll(() => app.stop());

const urlOf = (parameters: Record<string, string>) => `${app.url}/graphql?${new URLSearchParams(parameters)}`;
const bearer = () => ({ authorization: `Bearer ${token}` });
const get = (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
  readAnswer(fetch(urlOf(parameters), { headers: { ...bearer(), ...headers } }));
const post = (query: string, headers: Record<string, string> = {}) =>
  readAnswer(
    fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { ...bearer(), 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    }),
  );

/** An answer to a request with these header lines alone. */
function send(lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(app.port, '127.0.0.1').on('data', (chunk) => (answer += chunk));
    socket.on('error', reject).on('close', () => resolve(answer));
    socket.write(`${[...lines, `Host: localhost:${app.port}`, 'Connection: close'].join('\r\n')}\r\n\r\n`);
  });
}

describe('PROTOCOL 34: GET /graphql without a query', () => {
  it.each([BROWSER, 'text/html', 'text/*', 'application/json;q=0.9, text/html', 'text/html, application/json', 'TEXT/HTML'])(
    'is the page for who prefers HTML (%s)',
    async (accept) => {
      const { status, headers, text } = await get({}, { accept });
      expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(headers.get('vary')).toMatch(/\bAccept\b/);
      expect(text).toContain('<script');
    },
  );

  it.each([
    ['*/*', JSON_TYPE],
    ['application/json', JSON_TYPE],
    ['application/*', JSON_TYPE],
    ['text/html;q=0.5, application/json', JSON_TYPE],
    ['text/html;q=0, */*', JSON_TYPE],
    ['*/*;q=0.1, text/html;q=0.05', JSON_TYPE],
    ['application/graphql-response+json', STRICT_TYPE],
    ['application/graphql-response+json, application/json;q=0.9', STRICT_TYPE],
  ])('is told that a query is missing for who does not (%s)', async (accept, type) => {
    const { status, headers, body } = await get({}, { accept });
    expect([status, headers.get('content-type'), body.errors[0].extensions.code]).toEqual([400, type, 'BAD_REQUEST']);
    expect(headers.get('vary')).toMatch(/\bAccept\b/);
  });

  it('is told so without any Accept', async () => {
    expect(await send(['GET /graphql HTTP/1.1'])).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/json[\s\S]*BAD_REQUEST/);
  });
});

describe('PROTOCOL 34: a query by GET', () => {
  it.each([
    ['*/*', JSON_TYPE],
    [BROWSER, JSON_TYPE],
    ['application/json', JSON_TYPE],
    ['application/json; charset=utf-8', JSON_TYPE],
    ['application/graphql-response+json', STRICT_TYPE],
    ['application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed', STRICT_TYPE],
  ])('is answered to who takes %s', async (accept, type) => {
    const { status, headers, body } = await get({ query: VIEWER }, { accept });
    expect([status, headers.get('content-type')]).toEqual([200, type]);
    expect(body).toEqual({ data: { viewer: { clientId: 'admin' } } });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('has variables and a name, as GraphQL over HTTP has them', async () => {
    const query = 'query a { viewer { scopes } } query b($clientId: String!) { client(clientId: $clientId) { clientId } }';
    const { body } = await get({ query, operationName: 'b', variables: JSON.stringify({ clientId: 'admin' }) });
    expect(body).toEqual({ data: { client: { clientId: 'admin' } } });
  });

  it.each<[string, Record<string, string>]>([
    ['variables that are no JSON', { query: VIEWER, variables: '{' }],
    ['variables that are no object', { query: VIEWER, variables: '[1]' }],
    ['an empty query', { query: '' }],
  ])('is refused with %s', async (_what, parameters) => {
    const { status, body } = await get(parameters);
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('may leave empty what it does not need, in the URL and in the body', async () => {
    const empty = { operationName: '', variables: '', extensions: '' };
    for (const parameters of [empty, { operationName: '' }, { variables: '' }, { extensions: '' }] as Record<string, string>[])
      expect((await get({ query: VIEWER, ...parameters })).body.data.viewer.clientId).toBe('admin');
    const { body } = await readAnswer(
      fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { ...bearer(), 'content-type': 'application/json' },
        body: JSON.stringify({ query: VIEWER, operationName: '', variables: null, extensions: null }),
      }),
    );
    expect(body.data.viewer.clientId).toBe('admin');
    expect((await get({ query: 'query a { viewer { clientId } } query b { viewer { clientId } }', operationName: '' })).status).toBe(400);
    const twice = `${urlOf({ query: VIEWER, variables: '' })}&variables=${encodeURIComponent('{"a":1}')}`;
    expect((await readAnswer(fetch(twice, { headers: bearer() }))).status).toBe(400);
  });

  it('is refused when it is given twice', async () => {
    const { status, body } = await readAnswer(fetch(`${urlOf({ query: VIEWER })}&query={x}`, { headers: bearer() }));
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('is answered to HEAD without content', async () => {
    const asked = await readAnswer(fetch(urlOf({ query: VIEWER }), { headers: bearer() }));
    const { status, headers, text } = await readAnswer(fetch(urlOf({ query: VIEWER }), { method: 'HEAD', headers: bearer() }));
    expect([status, headers.get('content-type'), headers.get('content-length'), text]).toEqual([
      200,
      JSON_TYPE,
      String(asked.text.length),
      '',
    ]);
    expect(app.logLines.some((line) => line.includes('"method":"HEAD"') && line.includes('/graphql'))).toBe(true);
  });

  it.each(['application/json', 'application/graphql-response+json', BROWSER])('may not be a mutation (%s)', async (accept) => {
    const { status, headers, body } = await get({ query: 'mutation { deleteClient(clientId: "admin") { clientId } }' }, { accept });
    expect([status, headers.get('allow'), body.errors[0].extensions.code]).toEqual([405, 'POST', 'BAD_REQUEST']);
    expect((await post('{ client(clientId: "admin") { enabled } }')).body.data.client.enabled).toBe(true);
  });

  it('may hold a mutation that is not the one that is asked for, and not the reverse', async () => {
    const query = 'query read { viewer { clientId } } mutation write { deleteClient(clientId: "admin") { clientId } }';
    expect((await get({ query, operationName: 'read' })).body.data.viewer.clientId).toBe('admin');
    expect((await get({ query, operationName: 'write' })).status).toBe(405);
  });

  it('with a token in the URL is refused', async () => {
    const { status, headers } = await readAnswer(fetch(urlOf({ query: VIEWER, access_token: token })));
    expect([status, headers.get('www-authenticate')]).toEqual([400, expect.stringMatching(/^Bearer error="invalid_request"/)]);
  });

  it('needs a token, and is told so', async () => {
    const { status, headers, body } = await readAnswer(fetch(urlOf({ query: VIEWER })));
    expect([status, headers.get('www-authenticate'), body.errors[0].extensions.code]).toEqual([401, 'Bearer', 'UNAUTHENTICATED']);
  });
});

describe('PROTOCOL 24: a GET with the session', () => {
  it.each<[string, Record<string, string>, number]>([
    ['a page of this origin', { 'sec-fetch-site': 'same-origin' }, 200],
    ['the address bar', { 'sec-fetch-site': 'none' }, 200],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a page of another host of the domain', { 'sec-fetch-site': 'same-site' }, 403],
    ['a page that says its origin', { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }, 403],
    ['a browser that does not say from where', {}, 403],
    ['a page that sends what Apollo Client sends', { 'content-type': 'application/json', 'apollo-require-preflight': 'true' }, 403],
  ])('from %s', async (_who, headers, expected) => {
    const { cookie } = await postSession(app, app.admin);
    const { status, body } = await readAnswer(fetch(urlOf({ query: VIEWER }), { headers: { cookie, ...headers } }));
    expect(status).toBe(expected);
    if (expected === 200) expect(body.data.viewer.clientId).toBe('admin');
    else expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
  });

  it('ends no client, whoever sends it', async () => {
    const { cookie } = await postSession(app, app.admin);
    const query = 'mutation { deleteClient(clientId: "admin") { clientId } }';
    const { status } = await readAnswer(fetch(urlOf({ query }), { headers: { cookie, 'sec-fetch-site': 'same-origin' } }));
    expect(status).toBe(405);
  });
});

describe('what takes none of the types of answers', () => {
  it.each(['text/html', 'image/png', 'application/json;q=0'])('learns so before anything is done (%s)', async (accept) => {
    const clientId = `unanswered-${accept.length}`;
    const query = `mutation { createClient(input: { name: "X", clientId: "${clientId}" }) { clientSecret } }`;
    const { status, body } = await post(query, { accept });
    expect([status, body.errors[0].extensions.code]).toEqual([406, 'BAD_REQUEST']);
    expect((await post(`{ client(clientId: "${clientId}") { id } }`)).body.data.client).toBeNull();
  });
});

describe('application/graphql-response+json', () => {
  const accept = { accept: 'application/graphql-response+json' };
  it.each([
    ['{ viewer { clientId', 400, 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['query a { viewer { clientId } } query b { viewer { clientId } }', 400, 'OPERATION_RESOLUTION_FAILURE'],
    ['{ clients(first: "x") { totalCount } }', 400, 'BAD_USER_INPUT'],
    ['mutation { deleteClient(clientId: "nobody") { clientId } }', 200, 'CLIENT_NOT_FOUND'],
  ])('has the status of what became of %s', async (query, expected, code) => {
    const { status, body, headers } = await post(query, accept);
    expect([status, headers.get('content-type'), body.errors[0].extensions.code]).toEqual([expected, STRICT_TYPE, code]);
    expect('data' in body).toBe(expected === 200);
  });

  it('is a success for an answer with data, of which a part could not be had', async () => {
    const { providers } = app.installation;
    const { find } = providers;
    providers.find = () => Promise.reject(new DatabaseUnavailable());
    const query = '{ viewer { clientId } identityProvider { name } }';
    const [strict, legacy] = [await post(query, accept), await post(query, { accept: 'application/json' })];
    providers.find = find;
    const data = { viewer: { clientId: 'admin' }, identityProvider: null };
    expect([strict.status, legacy.status]).toEqual([200, 503]);
    for (const { body, headers } of [strict, legacy]) {
      expect(body).toMatchObject({ data, errors: [{ extensions: { code: 'DATABASE_UNAVAILABLE' } }] });
      expect(headers.get('retry-after')).toBe('5');
    }
  });

  it('is no success for an answer without data', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'x' } };
    const answer = (headers: Record<string, string>) => get({ extensions: JSON.stringify(extensions) }, headers);
    expect((await answer({})).status).toBe(200);
    const { status, body } = await answer(accept);
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'PERSISTED_QUERY_NOT_SUPPORTED']);
  });
});

describe('a limit of an operation', () => {
  it('is not what a caller calls so', async () => {
    const { status, body } = await post('{ clients(first: "Document contains more than 1 tokens") { totalCount } }');
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  it('has its code for a named operation as well', async () => {
    const bomb = Array.from({ length: 30 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`).join(' ');
    const { body } = await post(`query Named { ...F0 } ${bomb} fragment F30 on Query { viewer { clientId } }`);
    expect(body.errors[0].extensions.code).toBe('OPERATION_TOO_LARGE');
  });

  it.each([
    ['aliases', `{ ${Array.from({ length: 40 }, (_, index) => `a${index}: viewer { clientId }`).join(' ')} }`],
    ['depth', `{ ${'... on Query { '.repeat(20)} viewer { clientId } ${'}'.repeat(20)} }`],
    ['directives', `{ viewer { ${'clientId @include(if: true) '.repeat(60)} } }`],
    ['tokens', `{ viewer { ${'clientId '.repeat(2000)} } }`],
    [
      'fragments',
      `{ ...F0 } ${Array.from({ length: 30 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`).join(' ')} fragment F30 on Query { viewer { clientId } }`,
    ],
  ])('has a code and is no syntax error (%s)', async (limit, query) => {
    const began = app.logLines.length;
    const { status, body } = await post(query);
    expect([status, body.errors.length, body.errors[0].extensions.code]).toEqual([400, 1, 'OPERATION_TOO_LARGE']);
    expect(body.errors[0].message).toMatch(/more than \d+/);
    expect(body.errors[0].message).toContain(limit);
    expect(body.errors[0].message).not.toMatch(/syntax/i);
    expect(app.logLines.slice(began).join('')).not.toContain('"level":50');
  });
});

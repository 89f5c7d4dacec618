import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import { type Answer, readAnswer } from '../testbed/answer.js';
import { basic, createClient, requestToken, startApp, type TestApp } from '../testbed/app.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const INVALID_CLIENT = '{"error":"invalid_client"}';
const ADMIN_SECRET = 'a secret: with +, % and "quotes" of 40 chars';

let app: TestApp;
let client: { clientId: string; secret: string };
let api: string;

beforeAll(async () => {
  app = await startApp({ ADMIN_CLIENT_SECRET: ADMIN_SECRET });
  api = `${app.url}/api`;
  client = await createClient(app, {
    clientId: 'board',
    accessTokenLifetime: 1234,
    scopes: ['orders:read', 'orders:write'],
    audiences: [api, 'https://billing.example/'],
  });
});
afterAll(() => app.stop());

const form = (body: string, headers: Record<string, string> = {}) =>
  readAnswer(fetch(`${app.url}/connect/token`, { method: 'POST', headers: { ...FORM, ...headers }, body }));
const inForm = (clientId: string, secret: string) =>
  form(new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret }).toString());

/** What an observer can compare: everything but the request's own id and the moment. */
function seen({ status, headers, text }: Answer): unknown {
  const kept = [...headers].filter(([name]) => !['x-request-id', 'date'].includes(name));
  return { status, text, headers: Object.fromEntries(kept) };
}

describe('PROTOCOL 1: a valid client', () => {
  it.each([
    ['a Basic header', () => requestToken(app, client)],
    ['the form', () => inForm(client.clientId, client.secret)],
  ])('gets a token with its credentials in %s', async (_where, request) => {
    const { status, headers, body } = await request();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 1234,
      scope: 'orders:read orders:write',
    });
  });

  it('gets one that lives as long as it says, also when a second ends while it is made', async () => {
    const now = Date.now();
    let asked = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + 1000 * asked++);
    try {
      const { iat, exp } = decodeJwt((await requestToken(app, client)).body.access_token);
      expect([asked > 1, Number(exp) - Number(iat)]).toEqual([true, 1234]);
    } finally {
      clock.mockRestore();
    }
  });
});

describe('PROTOCOL 2 and 3: whoever is not a valid client', () => {
  it('is refused with a challenge when it used a Basic header', async () => {
    const { status, headers, text } = await requestToken(app, { ...client, secret: 'wrong' });
    expect({ status, text }).toEqual({ status: 401, text: INVALID_CLIENT });
    expect(headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('is refused without a challenge when it used the form', async () => {
    const { status, headers, text } = await inForm(client.clientId, 'wrong');
    expect({ status, text }).toEqual({ status: 401, text: INVALID_CLIENT });
    expect(headers.get('www-authenticate')).toBeNull();
  });

  it('looks the same whether unknown, disabled, deleted, expired or wrong', async () => {
    const other = await createClient(app, { clientId: 'other' });
    const disabled = await createClient(app, { clientId: 'disabled' });
    const deleted = await createClient(app, { clientId: 'deleted' });
    const expired = await createClient(app, { clientId: 'expired' });
    await app.api.updateClient('disabled', { enabled: false });
    await app.api.deleteClient('deleted');
    await app.database.query(
      "UPDATE client_secrets SET expires_at = '2020-01-01 00:00:00.000' WHERE client_row_id = (SELECT id FROM clients WHERE client_id = 'expired')",
    );
    const impostors = [
      { clientId: 'nobody', secret: client.secret },
      disabled,
      deleted,
      expired,
      { clientId: client.clientId, secret: other.secret },
      { clientId: client.clientId.toUpperCase(), secret: client.secret },
      { clientId: `${client.clientId} `, secret: client.secret },
      { clientId: 'bo\u0061\u0301rd', secret: client.secret },
      { clientId: client.clientId, secret: `${client.secret}\0\0` },
      { clientId: client.clientId, secret: `${client.secret}  ` },
      { clientId: client.clientId, secret: `${client.secret.slice(0, -1)}${client.secret.endsWith('a') ? 'b' : 'a'}` },
    ];
    const wrong = seen(await inForm(client.clientId, 'wrong'));
    for (const { clientId, secret } of impostors) expect(seen(await inForm(clientId, secret))).toEqual(wrong);
    const wrongBasic = seen(await requestToken(app, { ...client, secret: 'wrong' }));
    for (const impostor of impostors.slice(0, 6)) expect(seen(await requestToken(app, impostor))).toEqual(wrongBasic);
  });

  it('refuses a secret whose checksum is wrong before the database is asked', async () => {
    const lookups: string[] = [];
    const { lookup } = app.installation;
    const find = lookup.find.bind(lookup);
    lookup.find = (tenant, clientId) => {
      lookups.push(clientId);
      return find(tenant, clientId);
    };
    await inForm(client.clientId, `lk_${'0'.repeat(49)}`);
    await requestToken(app, { ...client, secret: `lk_${'z'.repeat(49)}` });
    expect(lookups).toEqual([]);
    await inForm(client.clientId, client.secret);
    expect(lookups).toEqual([client.clientId]);
    lookup.find = find;
  });
});

describe('PROTOCOL 4: how credentials come', () => {
  it.each(['grant_type=client_credentials', 'grant_type=client_credentials&client_secret=x', ''])(
    'answers 401 when none are complete (%p), and asks for some',
    async (body) => {
      const { status, text, headers } = await form(body);
      expect({ status, text }).toEqual({ status: 401, text: INVALID_CLIENT });
      expect(headers.get('www-authenticate')).toBe(`Basic realm="${app.url}"`);
    },
  );

  it('answers 401 to a request without any body', async () => {
    const { status, text } = await readAnswer(fetch(`${app.url}/connect/token`, { method: 'POST' }));
    expect({ status, text }).toEqual({ status: 401, text: INVALID_CLIENT });
  });

  it('gives a token to a caller that sends them when it is asked to', async () => {
    const { clientId, secret } = await createClient(app, { clientId: 'asked-first' });
    const curl = ['-s', '--anyauth', '-u', `${clientId}:${secret}`, '-d', 'grant_type=client_credentials', `${app.url}/connect/token`];
    expect(JSON.parse((await promisify(execFile)('curl', curl)).stdout)).toMatchObject({ token_type: 'Bearer' });
  });

  it('answers 401 to a client id without a secret', async () => {
    const { status, text } = await form(`grant_type=client_credentials&client_id=${client.clientId}`);
    expect({ status, text }).toEqual({ status: 401, text: INVALID_CLIENT });
  });

  it('refuses two ways at once', async () => {
    const { status, body } = await requestToken(app, client, { client_id: client.clientId, client_secret: client.secret });
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_request' });
  });

  it('refuses credentials in the URL and keeps them out of the log', async () => {
    const query = new URLSearchParams({ client_id: client.clientId, client_secret: client.secret });
    const { status, body } = await readAnswer(
      fetch(`${app.url}/connect/token?${query}`, { method: 'POST', headers: FORM, body: 'grant_type=client_credentials' }),
    );
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'invalid_request' });
    expect(app.logLines.join('')).not.toContain(client.secret);
    expect(app.logLines.join('')).not.toContain('client_secret');
  });
});

describe('PROTOCOL 5: Basic', () => {
  it('takes percent-encoded special characters', async () => {
    const { status } = await requestToken(app, { clientId: 'admin', secret: ADMIN_SECRET });
    expect(status).toBe(200);
  });

  it('takes base64 with its padding or without', async () => {
    for (const extra of ['', 'x', 'xx']) {
      const { clientId, secret } = await createClient(app, { clientId: `padded${extra}` });
      const encoded = btoa(`${clientId}:${secret}`);
      for (const credentials of [encoded, encoded.replaceAll('=', '')])
        expect((await form('grant_type=client_credentials', { authorization: `Basic ${credentials}` })).status).toBe(200);
      expect((await form('grant_type=client_credentials', { authorization: `Basic ${encoded}=` })).status).toBe(400);
    }
  });

  it('takes a blank that was encoded as a plus', async () => {
    const credentials = `admin:${encodeURIComponent(ADMIN_SECRET).replaceAll('%20', '+')}`;
    const { status } = await form('grant_type=client_credentials', { authorization: `Basic ${btoa(credentials)}` });
    expect(status).toBe(200);
  });

  it.each([
    'Basic',
    'Basic ',
    'Basic !!!!',
    `Basic ${btoa('no colon')}`,
    `Basic ${btoa('board:')}`,
    `Basic ${btoa(':secret')}`,
    `Basic ${btoa('board:%')}`,
    `Basic ${btoa('board:%00')}`,
    `Basic ${btoa('board:\xff\xfe')}`,
    `Basic ${btoa('board:x')} ${btoa('board:x')}`,
    `Basic ${btoa('board:four')}=`,
    `Basic ${btoa('board:xyz').slice(0, -1)}==`,
    `Basic ${btoa('board:x').slice(0, 9)}`,
    'Bearer abc',
    'Negotiate',
  ])('refuses %p without failing', async (authorization) => {
    const { status, body } = await form('grant_type=client_credentials', { authorization });
    expect([400, 401]).toContain(status);
    expect(['invalid_request', 'invalid_client']).toContain(body.error);
  });
});

describe('PROTOCOL 6: the grant', () => {
  it.each(['', 'grant_type='])('is required (%p)', async (body) => {
    const answer = await form(body, { authorization: basic(client.clientId, client.secret) });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  it.each(['password', 'authorization_code', 'refresh_token', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code', 'nonsense'])(
    'is not %s',
    async (grant_type) => {
      const { status, body } = await requestToken(app, client, { grant_type });
      expect([status, body.error]).toEqual([400, 'unsupported_grant_type']);
    },
  );
});

describe('PROTOCOL 7: parameters', () => {
  it('may not be so many that not all of them are read', async () => {
    const send = (others: number) => requestToken(app, client, `grant_type=client_credentials${'&x=y'.repeat(others)}&scope=&scope=`);
    for (const others of [996, 1000, 5000]) {
      const { status, body } = await send(others);
      expect([others, status, body.error]).toEqual([others, 400, 'invalid_request']);
    }
    expect((await requestToken(app, client, `grant_type=client_credentials${'&x=y'.repeat(998)}`)).status).toBe(200);
  });

  it.each(['grant_type', 'client_id', 'client_secret', 'scope', 'resource'])('may not be repeated (%s)', async (name) => {
    const values: Record<string, string> = {
      grant_type: 'client_credentials',
      client_id: client.clientId,
      client_secret: client.secret,
      scope: 'orders:read',
      resource: api,
    };
    const { status, body } = await form(`${new URLSearchParams(values)}&${new URLSearchParams({ [name]: values[name] as string })}`);
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_request');
  });

  it('are ignored when unknown, and absent when empty', async () => {
    const { status, body } = await requestToken(app, client, { unknown: '1', scope: '', resource: '' });
    expect([status, body.scope]).toEqual([200, 'orders:read orders:write']);
  });
});

describe('PROTOCOL 8: the request itself', () => {
  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('is not a %s', async (method) => {
    const { status, headers } = await readAnswer(fetch(`${app.url}/connect/token`, { method }));
    expect([status, headers.get('allow')]).toEqual([405, 'POST']);
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])('is not %s', async (type) => {
    const { status, body } = await form('{"grant_type":"client_credentials"}', {
      'content-type': type,
      authorization: basic(client.clientId, client.secret),
    });
    expect([status, body.error]).toEqual([415, 'invalid_request']);
  });

  it('is valid UTF-8', async () => {
    const { status, body } = await form('grant_type=client_credentials&client_id=%FF&client_secret=x');
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });

  it('has a body of bounded size, announced or not', async () => {
    const large = `grant_type=client_credentials&x=${'x'.repeat(60_000)}`;
    expect((await form(large)).status).toBe(413);
    expect(await postInChunks(large)).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('PROTOCOL 9: scope', () => {
  it.each(['orders:delete', 'orders:read nonsense', 'clients:read', 'openid', 'offline_access'])(
    'is refused when the client may not have it (%p)',
    async (scope) => {
      const { status, body } = await requestToken(app, client, { scope });
      expect([status, body.error]).toEqual([400, 'invalid_scope']);
    },
  );

  it.each(['orders"read', 'orders:read\t', 'ö'])('is refused when malformed (%p)', async (scope) => {
    const { status, body } = await requestToken(app, client, { scope });
    expect([status, body.error]).toEqual([400, 'invalid_scope']);
  });

  it('is named in the answer when it is narrowed', async () => {
    const { body } = await requestToken(app, client, { scope: 'orders:read' });
    expect(body.scope).toBe('orders:read');
  });

  it('manages Latchkey only in tokens for its own API', async () => {
    const mixed = await createClient(app, { clientId: 'mixed', scopes: ['orders:read', 'clients:read'] });
    expect((await requestToken(app, mixed)).body.scope).toBe('orders:read');
    expect((await requestToken(app, mixed, { resource: `${app.url}/graphql` })).body.scope).toBe('clients:read');
    const denied = await requestToken(app, mixed, { resource: `${app.url}/graphql`, scope: 'orders:read' });
    expect([denied.status, denied.body.error]).toEqual([400, 'invalid_scope']);
  });
});

describe('PROTOCOL 10: resource', () => {
  it.each(['https://unknown.example/', 'not a uri', 'https://billing.example/#part', 'https://billing.example'])(
    'is refused when the client has no access to it (%p)',
    async (resource) => {
      const { status, body } = await requestToken(app, client, { resource });
      expect([status, body.error]).toEqual([400, 'invalid_target']);
    },
  );

  it('is the first audience when it is absent, and the one that is asked for otherwise', async () => {
    const audienceOf = (answer: Answer) => JSON.parse(Buffer.from(answer.body.access_token.split('.')[1], 'base64url').toString()).aud;
    expect(audienceOf(await requestToken(app, client))).toBe(api);
    expect(audienceOf(await requestToken(app, client, { resource: 'https://billing.example/' }))).toBe('https://billing.example/');
  });
});

it('tells pages of other origins nothing, neither a token nor whether a client exists', async () => {
  const withOrigin = (clientId: string, secret: string) =>
    form(new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret }).toString(), {
      origin: 'https://evil.example',
    });
  const answers = [await withOrigin(client.clientId, 'wrong'), await withOrigin('nobody', 'wrong')];
  expect(seen(answers[0] as Answer)).toEqual(seen(answers[1] as Answer));
  for (const { headers, status } of [...answers, await withOrigin(client.clientId, client.secret)]) {
    expect([status, headers.get('access-control-allow-origin')]).toEqual([403, null]);
  }
  const preflight = await readAnswer(
    fetch(`${app.url}/connect/token`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    }),
  );
  expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
});

it('counts what it issues and what it refuses, by reason', async () => {
  const count = async (name: string, reason?: string) => {
    const metric = await app.metrics.registry.getSingleMetric(name)?.get();
    return metric?.values.find(({ labels }) => labels.reason === reason)?.value ?? 0;
  };
  const issued = await count('latchkey_tokens_issued_total');
  const refused = await count('latchkey_tokens_refused_total', 'invalid_client');
  await requestToken(app, client);
  await requestToken(app, { ...client, secret: 'wrong' });
  expect(await count('latchkey_tokens_issued_total')).toBe(issued + 1);
  expect(await count('latchkey_tokens_refused_total', 'invalid_client')).toBe(refused + 1);
});

it('leaves a line in the log that says who asked and why it was refused, and never what was sent as a client id', async () => {
  const lastLine = () => JSON.parse(app.logLines.at(-1) ?? '{}');
  await requestToken(app, client);
  expect(lastLine()).toMatchObject({ clientId: client.clientId, status: 200, path: '/connect/token' });
  await requestToken(app, { ...client, secret: 'wrong' });
  expect(lastLine()).toMatchObject({ clientId: client.clientId, status: 401, error: 'invalid_client' });
  await requestToken(app, { clientId: client.secret, secret: 'wrong' });
  expect(lastLine()).toMatchObject({ clientId: null, status: 401, error: 'invalid_client' });
});

function postInChunks(body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(app.port, '127.0.0.1');
    let answer = '';
    socket
      .on('data', (chunk) => (answer += chunk))
      .on('error', reject)
      .on('close', () => resolve(answer));
    socket.write(
      `POST /connect/token HTTP/1.1\r\nHost: localhost:${app.port}\r\nContent-Type: ${FORM['content-type']}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`,
    );
    socket.end(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
  });
}

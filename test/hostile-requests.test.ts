import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, readAnswer } from '../testbed/answer.js';
import { getToken, graphql, requestToken, startApp, type TestApp } from '../testbed/app.js';
import { kind } from '../testbed/database.js';
import { until } from '../testbed/process.js';

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startApp();
  token = await getToken(app, app.admin);
});
afterAll(() => app.stop());

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  readAnswer(
    fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body,
    }),
  );
const run = (query: string) => graphql(app, { token, query });
const reason = ({ body }: Answer) => body.errors.map(({ message }: { message: string }) => message).join(' ');

describe('a GraphQL body', () => {
  const good = JSON.stringify({ query: '{ viewer { clientId } }' });

  it.each([
    ['JSON cut short', good.slice(0, -3), {}, 400],
    [
      'malformed UTF-8',
      Buffer.concat([Buffer.from('{"query":"{ viewer { clientId } } # '), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      {},
      400,
    ],
    ['empty', '', {}, 400],
    ['null', 'null', {}, 400],
    ['a number', '1', {}, 400],
    ['without a query', '{}', {}, 400],
    ['a query of a wrong type', '{"query":1}', {}, 400],
    ['variables of a wrong type', '{"query":"{ viewer { clientId } }","variables":"x"}', {}, 400],
    ['in another charset', good, { 'content-type': 'application/json; charset=iso-8859-1' }, 415],
    ['in UTF-16', good, { 'content-type': 'application/json; charset=utf-16' }, 415],
    ['compressed', good, { 'content-encoding': 'gzip' }, 415],
    ['plain text', good, { 'content-type': 'text/plain' }, 415],
    ['a form', 'query={viewer{clientId}}', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['multipart', good, { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['too large', JSON.stringify({ query: `{ viewer { clientId } } # ${'x'.repeat(110_000)}` }), {}, 413],
    ['a batch', `[${good},${good}]`, {}, 400],
  ] as [string, string | Buffer, Record<string, string>, number][])(
    'that is %s gets its status and a reason',
    async (_what, body, headers, status) => {
      const answer = await post(body, headers);
      expect(answer.status).toBe(status);
      expect(answer.text.length).toBeGreaterThan(20);
      expect(answer.text).not.toMatch(/\n\s+at |node_modules|SQL/);
    },
  );

  it('that ends too soon leaves the server well', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(app.port, '127.0.0.1', () => {
        socket.write(
          `POST /graphql HTTP/1.1\r\nHost: localhost:${app.port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query"`,
        );
        setImmediate(() => socket.destroy());
      }).on('close', () => resolve());
    });
    expect((await run('{ viewer { clientId } }')).status).toBe(200);
  });
});

it.each(['/graphql', '/connect/token', '/connect/introspect'])(
  'refuses two Authorization headers at %s, whichever is right',
  async (path) => {
    const right = `Basic ${Buffer.from(`admin:${app.admin.secret}`).toString('base64')}`;
    for (const pair of [
      [right, 'Basic eDp4'],
      ['Basic eDp4', right],
      [`Bearer ${token}`, `Bearer ${token}`],
    ]) {
      const lines = pair.map((value) => `Authorization: ${value}\r\n`).join('');
      const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\ngrant_type=client_credentials';
      const answer = await new Promise<string>((resolve) => {
        let text = '';
        const socket = connect(app.port, '127.0.0.1').on('data', (data) => {
          text += data;
        });
        socket.on('close', () => resolve(text));
        socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost:${app.port}\r\nConnection: close\r\n${lines}${form}`);
      });
      expect([answer.slice(0, 12), answer.includes('two Authorization headers')]).toEqual(['HTTP/1.1 400', true]);
    }
  },
);

it.each(['/graphql', '/session', '/connect/token', '/connect/leaked'])(
  'answers what follows a body that is too large, in chunks, at %s',
  async (path) => {
    const type = path.startsWith('/connect') ? 'application/x-www-form-urlencoded' : 'application/json';
    const chunk = `${(20_000).toString(16)}\r\n${'x'.repeat(20_000)}\r\n`;
    const answers = await new Promise<string[]>((resolve) => {
      let text = '';
      const socket = connect(app.port, '127.0.0.1').on('data', (data) => {
        text += data;
        const found = text.match(/HTTP\/1\.1 \d{3}/g) ?? [];
        if (found.length === 2) socket.destroy();
      });
      socket.on('close', () => resolve(text.match(/HTTP\/1\.1 \d{3}/g) ?? []));
      socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost:${app.port}\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`);
      socket.write(`${chunk.repeat(40)}0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: localhost:${app.port}\r\n\r\n`);
    });
    expect(answers).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  },
);

/** Sends a request as it is. @returns the status that came */
function sendAsItIs(request: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    connect(app.port, '127.0.0.1', function sent(this: Socket) {
      this.write(request);
    })
      .on('data', (data) => (text += data))
      .on('close', () => resolve(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? ''));
  });
}

it.each(['gzip, chunked', 'chunked, chunked', 'identity, chunked', 'deflate, gzip, chunked'])(
  'reads no body in the transfer coding %s',
  async (coding) => {
    for (const path of ['/connect/token', '/graphql']) {
      const head = `POST ${path} HTTP/1.1\r\nHost: localhost:${app.port}\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n`;
      const status = await sendAsItIs(`${head}Transfer-Encoding: ${coding}\r\n\r\n5\r\na=b&c\r\n0\r\n\r\n`);
      expect([path, status]).toEqual([path, expect.stringMatching(/^(400|501)$/)]);
    }
  },
);

it.each(['xchunked', 'gzip', 'identity', 'gzip, chunked'])(
  'tells the log of a body in the transfer coding %s what its sender was told, and who that was',
  async (coding) => {
    const before = app.logLines.length;
    const head = `POST /connect/token HTTP/1.1\r\nHost: localhost:${app.port}\r\nConnection: close\r\n`;
    const status = await sendAsItIs(`${head}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`);
    const logged = () => app.logLines.slice(before).filter((line) => line.includes('"msg":"request"'));
    await until(() => logged().length === 1);
    expect(JSON.parse(logged()[0] as string)).toMatchObject({ status: Number(status), ip: '127.0.0.1' });
  },
);

it.each(['/connect/token', '/connect/introspect', '/connect/revocation', '/connect/leaked', '/graphql', '/session'])(
  'tells the log of whoever goes away in the middle of a body that they did: %s',
  async (path) => {
    const before = app.logLines.length;
    const type = path.startsWith('/connect') ? 'application/x-www-form-urlencoded' : 'application/json';
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost:${app.port}\r\nOrigin: ${app.url}\r\nContent-Type: ${type}\r\n`;
    const socket = connect(app.port, '127.0.0.1');
    socket.write(`${head}Content-Length: 100\r\n\r\ngrant_type=`);
    await sleep(50);
    socket.destroy();
    const logged = () => app.logLines.slice(before).filter((line) => line.includes('"msg":"request"'));
    await until(() => logged().length === 1);
    expect(JSON.parse(logged()[0] as string)).toMatchObject({ path, status: 400, ip: '127.0.0.1' });
  },
);

it('takes no user in the target of a request', async () => {
  const get = (authority: string) =>
    sendAsItIs(`GET http://${authority}/health/live HTTP/1.1\r\nHost: localhost:${app.port}\r\nConnection: close\r\n\r\n`);
  const host = `localhost:${app.port}`;
  expect([await get(host), await get(`u:p@${host}`), await get(`u@${host}`), await get(`:p@${host}`)]).toEqual([
    '200',
    '400',
    '400',
    '400',
  ]);
});

it.each(['ws', 'ftp', 'file', 'urn', 'javascript', 'x'])('takes no %s URL for the target of a request', async (scheme) => {
  const host = `localhost:${app.port}`;
  for (const target of [`${scheme}://${host}/health/live`, `${scheme}:///health/live`, `${scheme}:/health/live`])
    expect(await sendAsItIs(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toBe('400');
});

it('knows a host in the target of a request by its name, whether the port that goes without saying is named', async () => {
  await app.api.createTenant({ name: 'Port', host: 'port.example' });
  const get = (target: string, host: string) =>
    sendAsItIs(`GET http://${target}/.well-known/jwks.json HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const named = ['port.example', 'port.example:80', 'PORT.example'];
  const answers = await Promise.all(named.flatMap((target) => named.map((host) => get(target, host))));
  expect(answers).toEqual(Array.from({ length: 9 }, () => '200'));
  expect(
    await Promise.all(['port.example:81', 'another.example', 'a b', 'u@port.example'].map((host) => get('port.example', host))),
  ).toEqual(Array.from({ length: 4 }, () => '400'));
});

describe('PROTOCOL 24: a GraphQL operation', () => {
  it('asks for three lists with pages at most, under whatever names and through whatever fragments', async () => {
    const lists = (names: string[]) => names.map((name) => `${name}: auditEvents(first: 1) { nodes { id } }`).join(' ');
    expect((await run(`{ clients(first: 1) { nodes { id } } ${lists(['a', 'b'])} }`)).status).toBe(200);
    for (const query of [
      `{ ${lists(['a', 'b', 'c', 'd'])} }`,
      `{ clients(first: 1) { nodes { id } } ...a } fragment a on Query { ${lists(['a', 'b'])} ... { ${lists(['c'])} } }`,
    ]) {
      const answer = await run(query);
      expect([answer.status, reason(answer)]).toEqual([400, expect.stringContaining('3 lists')]);
    }
  });

  const nested = (depth: number) => `{ __schema { types { ${'fields { type { '.repeat(depth)} name ${'} }'.repeat(depth)} } } }`;

  it('is bounded in depth', async () => {
    const answer = await run(`{ clients ${'{ nodes '.repeat(3000)} { id } ${'}'.repeat(3000)} }`);
    expect(answer.status).toBe(400);
    expect(reason(answer)).toMatch(/token|depth/i);
    const shallower = await run(`{ ${'... on Query { '.repeat(20)} viewer { clientId } ${'}'.repeat(20)} }`);
    expect(shallower.status).toBe(400);
    expect(reason(shallower)).toMatch(/depth/i);
  });

  it('is bounded in aliases', async () => {
    const answer = await run(`{ ${Array.from({ length: 40 }, (_, index) => `a${index}: viewer { clientId }`).join(' ')} }`);
    expect(answer.status).toBe(400);
    expect(reason(answer)).toMatch(/alias/i);
  });

  it('is bounded in directives', async () => {
    const answer = await run(`{ viewer { clientId ${'@include(if: true) '.repeat(60)} } }`);
    expect(answer.status).toBe(400);
    expect(reason(answer)).toMatch(/directive/i);
  });

  it('is bounded in tokens', async () => {
    const answer = await run(`{ viewer { ${'clientId '.repeat(2000)} } }`);
    expect(answer.status).toBe(400);
    expect(reason(answer)).toMatch(/token/i);
  });

  it('cannot blow up through fragments', async () => {
    const bomb = Array.from({ length: 30 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`).join(' ');
    const answer = await run(`{ ...F0 } ${bomb} fragment F30 on Query { viewer { clientId } }`);
    expect(answer.status).toBe(400);
  });

  it('is no subscription', async () => {
    const began = app.logLines.length;
    const answer = await run('subscription { viewer { clientId } }');
    expect(answer.status).toBe(400);
    expect(reason(answer)).toMatch(/subscription/);
    expect(app.logLines.slice(began).join('')).not.toContain('"level":50');
  });

  it('cannot blow up through introspection', async () => {
    const answer = await run(nested(30));
    expect(answer.status).toBe(400);
  });

  it('with thousands of wrong values is answered briefly', async () => {
    const input = { name: 'X', clientId: 'x', scopes: Array.from({ length: 14_000 }, () => 1) };
    const query = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';
    const answer = await graphql(app, { token, query, variables: { input } });
    expect(answer.body.errors[0].extensions.fields.length).toBeLessThanOrEqual(50);
    expect(answer.text.length).toBeLessThan(20_000);
  });

  it('cannot refer to itself', async () => {
    const answer = await run('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }');
    expect(answer.status).toBe(400);
  });

  it('cannot be sent by GET', async () => {
    const mutation = encodeURIComponent('mutation { deleteClient(clientId: "admin") { clientId } }');
    for (const headers of [
      { authorization: `Bearer ${token}` },
      { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ]) {
      const { text } = await readAnswer(fetch(`${app.url}/graphql?query=${mutation}`, { headers }));
      expect(text).not.toContain('"data"');
    }
    expect((await run('{ client(clientId: "admin") { enabled } }')).body.data.client.enabled).toBe(true);
  });
});

/** A database of MySQL's kind is taken away in a test of its own; SQLite is away while another process holds it. */
if (kind === 'sqlite') {
  it('PROTOCOL 23: answers 503 while the database cannot be written, reads on, and recovers alone', async () => {
    const { default: Sqlite } = await import('better-sqlite3');
    const holder = new Sqlite(app.database.url.replace('sqlite:', ''));
    holder.exec('BEGIN IMMEDIATE');
    const create = () => app.administer('mutation { createClient(input: { name: "X", clientId: "held" }) { client { clientId } } }');
    const { status, headers, text } = await create();
    expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    expect(text).not.toMatch(/sqlite|busy|locked/i);
    expect((await requestToken(app, app.admin)).status).toBe(200);
    holder.exec('ROLLBACK');
    holder.close();
    expect((await create()).body.data.createClient.client.clientId).toBe('held');
  });
}

it('PROTOCOL 23: hides what it did not foresee, and logs it with the id of the request', async () => {
  const { lookup, status } = app.installation;
  const fail = () => Promise.reject(new Error('SELECT * FROM secrets_table failed'));
  const own = [lookup.find, status.findScopes] as const;
  [lookup.find, status.findScopes] = [fail, fail];
  const answers = [
    await run('{ viewer { clientId } }'),
    await readAnswer(
      fetch(`${app.url}/connect/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'admin', client_secret: 'x' }),
      }),
    ),
  ];
  [lookup.find, status.findScopes] = own;
  for (const { status, text, headers } of answers) {
    expect(status).toBe(500);
    expect(text).not.toContain('secrets_table');
    expect(
      app.logLines.find((line) => line.includes('secrets_table') && line.includes(headers.get('x-request-id') as string)),
    ).toBeDefined();
  }
});

it('has no refusal kept by whoever stands between, under an address that may hold a secret', async () => {
  const asked: [path: string, method: string, headers?: Record<string, string>][] = [
    ['/connect/token?client_secret=x', 'GET'],
    ['/connect/introspect?token=x', 'GET'],
    ['/connect/token?client_secret=x', 'POST'],
    ['/nowhere/x', 'GET'],
    ['/assets/none.js', 'GET'],
    ['/graphql?extensions={"persistedQuery":{"version":1,"sha256Hash":"x"}}', 'GET', { authorization: `Bearer ${token}` }],
  ];
  for (const [path, method, headers = {}] of asked) {
    const answer = await readAnswer(fetch(app.url + path, { method, headers }));
    expect([path, answer.text, answer.headers.get('cache-control')]).toEqual([path, expect.stringContaining('error'), 'no-store']);
  }
});

it('sends headers that keep browsers from doing more than they should', async () => {
  for (const path of ['/connect/token', '/graphql', '/.well-known/jwks.json', '/nowhere']) {
    const { headers } = await readAnswer(fetch(app.url + path, { method: 'POST' }));
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  }
});

it.each([
  '/nowhere',
  '/../../etc/passwd',
  '/assets/..%2f..%2fpackage.json',
  '/assets/%2e%2e%2fsrc%2fmain.js',
  '/assets/.server',
  '/%',
  '/%00',
  '//evil.example/',
])('has nothing at %s', async (path) => {
  const answer = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(app.port, '127.0.0.1').on('data', (chunk) => (text += chunk));
    socket.on('close', () => resolve(text)).write(`GET ${path} HTTP/1.1\r\nHost: localhost:${app.port}\r\nConnection: close\r\n\r\n`);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(answer).not.toMatch(/ENOENT|console|immutable/);
});

it.each(['PURGE', 'PROPFIND', 'M-SEARCH', 'TRACE'])('answers the method %s like any other that does not fit', async (method) => {
  const ask = async (path: string) => {
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(app.port, '127.0.0.1').on('data', (chunk) => (text += chunk));
      socket
        .on('close', () => resolve(text))
        .write(`${method} ${path} HTTP/1.1\r\nHost: localhost:${app.port}\r\nConnection: close\r\n\r\n`);
    });
    return answer.split('\r\n');
  };
  expect(await ask('/connect/token')).toEqual(expect.arrayContaining(['HTTP/1.1 405 Method Not Allowed', 'Allow: POST']));
  expect(await ask('/nowhere')).toContain('HTTP/1.1 404 Not Found');
});

it.each(['http://[', 'http://localhost:99999999/', 'http://a%zz/', 'http://\u00e9%/', 'x://[::/'])(
  'refuses the target %s, which is no URL',
  async (target) => {
    const began = app.logLines.length;
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(app.port, '127.0.0.1').on('data', (chunk) => (text += chunk));
      socket.on('close', () => resolve(text));
      socket.write(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: localhost:${app.port}\r\nConnection: close\r\n\r\n`, 'latin1'));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(app.logLines.slice(began).join('')).not.toContain('request failed');
  },
);

it('does not remember documents for whoever sends their hash', async () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: 'x' } };
  const began = app.logLines.length;
  const { body } = await post(JSON.stringify({ query: '{ viewer { clientId } }', extensions }));
  expect(body.errors[0].extensions.code).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
  expect(app.logLines.slice(began).join('')).not.toContain('"level":50');
});

describe('a variable that is null', () => {
  it.each([
    ['query ($v: Int = 5) { clients(first: $v) { totalCount } }', 'first'],
    ['query ($v: Int) { client(clientId: "admin") { usage(hours: $v) { from } } }', 'hours'],
    ['mutation ($v: Int) { rotateClientSecret(clientId: "admin", overlapSeconds: $v) { clientSecret } }', 'overlapSeconds'],
    ['query ($v: OrderDirection = ASC) { clients(orderBy: {field: NAME, direction: $v}) { totalCount } }', 'orderBy.direction'],
    ['query ($v: Boolean = true) { viewer { clientId @skip(if: $v) } }', 'if'],
    ['query ($v: Boolean = true) { viewer @include(if: $v) { clientId } }', 'if'],
  ])('is named as a mistake of the caller in %s', async (query, path) => {
    const began = app.logLines.length;
    const { body } = await graphql(app, { token, query, variables: { v: null } });
    expect(body.errors[0].extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [{ path, message: expect.stringContaining('not to be null') }],
    });
    expect(app.logLines.slice(began).join('')).not.toContain('"level":50');
  });
});

it('names some of thousands of unknown fields, and looks no further', async () => {
  const unknown = Object.fromEntries(Array.from({ length: 9000 }, (_, index) => [`k${index}`, 1]));
  const began = app.logLines.length;
  const used = process.cpuUsage();
  const { status, text, body } = await graphql(app, {
    token,
    query: 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }',
    variables: { input: { name: 'x', clientId: 'x', ...unknown } },
  });
  const { user } = process.cpuUsage(used);
  expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  expect(text.length).toBeLessThan(50_000);
  expect(app.logLines.slice(began).join('')).not.toContain('"level":50');
  // To look at each takes seconds, in which nobody else is answered.
  expect(user / 1e6).toBeLessThan(1);
});

it.each([5000, 14_000])('refuses a key set that is %d deep', async (depth) => {
  const deep = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const body = `{"query":"mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }","variables":{"input":{"name":"x","clientId":"deep","authMethod":"PRIVATE_KEY_JWT","jwks":{"keys":[DEEP]}}}}`;
  const answer = await post(body.replace('DEEP', deep));
  expect(answer.body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.jwks' }] });
});

import type { Answer } from '../testbed/answer.js';
import { claimsOf, createClient, getToken, graphql, requestToken, startApp, type TestApp } from '../testbed/app.js';

const CREATE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { clientId } clientSecret } }';
const UPDATE =
  'mutation ($clientId: String!, $input: UpdateClientInput!) { updateClient(clientId: $clientId, input: $input) { clientId name accessTokenLifetime scopes audiences enabled version updatedAt createdAt } }';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const codeOf = ({ body }: Answer) => body.errors?.[0].extensions.code;
const fieldsOf = ({ body }: Answer) => body.errors?.[0].extensions.fields?.map(({ path }: { path: string }) => path).sort();
const countRows = async () => Number((await app.database.query('SELECT COUNT(*) AS n FROM clients'))[0]?.n);

describe('createClient', () => {
  it('saves what was given, fills in the rest, and shows a secret that works', async () => {
    const before = Date.now();
    const { body } = await app.administer(
      `mutation { createClient(input: { name: "  Sales board  ", clientId: "Sales.board_1~x-" }) {
        clientSecret client { id name clientId accessTokenLifetime authMethod scopes audiences enabled version createdAt updatedAt secrets { id hint createdAt expiresAt } } } }`,
    );
    const { client, clientSecret } = body.data.createClient;
    expect(clientSecret).toMatch(/^lk_[0-9A-Za-z]{49}$/);
    expect(client).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'Sales board',
      clientId: 'Sales.board_1~x-',
      accessTokenLifetime: 3600,
      authMethod: 'SECRET',
      scopes: [],
      audiences: [`${app.url}/api`],
      enabled: true,
      version: 1,
      createdAt: client.updatedAt,
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      secrets: [{ id: expect.any(String), hint: `…${clientSecret.slice(-4)}`, createdAt: expect.any(String), expiresAt: null }],
    });
    expect(Date.parse(client.createdAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(client.createdAt)).toBeLessThanOrEqual(Date.now());
    expect((await requestToken(app, { clientId: client.clientId, secret: clientSecret })).status).toBe(200);
  });

  it('makes no two secrets alike', async () => {
    const secrets = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => (await createClient(app, { clientId: `alike-${index}` })).secret),
    );
    expect(new Set(secrets).size).toBe(10);
  });

  it.each([
    'مبيعات الرياض',
    '販売',
    'Ünïcödé',
    '👩‍💻 team',
    'a'.repeat(100),
    '😀'.repeat(100),
    'O\'Hara "; DROP TABLE clients; --',
    '<b>&amp;</b>',
  ])('keeps the name %p', async (name) => {
    const clientId = `name-${Buffer.from(name).toString('hex').slice(0, 40)}`;
    await createClient(app, { clientId, name });
    const { body } = await app.administer('query ($clientId: String!) { client(clientId: $clientId) { name } }', { clientId });
    expect(body.data.client.name).toBe(name);
  });

  const lifetimes = [0, -1, 1.5, 2 ** 31, '3600', 31_536_001, true, [1], {}];
  it.each(lifetimes.map((lifetime) => [JSON.stringify(lifetime), lifetime]))(
    'refuses the lifetime %s by name and writes nothing',
    async (_text, accessTokenLifetime) => {
      const before = await countRows();
      const answer = await app.administer(CREATE, { input: { name: 'X', clientId: 'never', accessTokenLifetime } });
      expect([codeOf(answer), fieldsOf(answer)]).toEqual(['BAD_USER_INPUT', ['input.accessTokenLifetime']]);
      expect(await countRows()).toBe(before);
    },
  );

  it.each([
    '',
    '   ',
    '\t\n',
    'a'.repeat(101),
    '😀'.repeat(101),
    'a\u0000b',
    'a\nb',
    'a\u202eb',
    '\ud800',
    '\u200B',
    '\u2800',
    '\u3164',
    'a\u{E0061}',
    'pay\u200Bments',
  ])('refuses the name %p by name', async (name) => {
    const answer = await app.administer(CREATE, { input: { name, clientId: 'never' } });
    expect([codeOf(answer), fieldsOf(answer)]).toEqual(['BAD_USER_INPUT', ['input.name']]);
  });

  it.each(['', 'a b', 'a/b', 'é', 'a'.repeat(101), ' a', 'a ', 'a\u0000', 'a:b', 'a%20', 'ａ'])(
    'refuses the client id %p by name',
    async (clientId) => {
      const answer = await app.administer(CREATE, { input: { name: 'X', clientId } });
      expect([codeOf(answer), fieldsOf(answer)]).toEqual(['BAD_USER_INPUT', ['input.clientId']]);
    },
  );

  it.each([
    ['scopes', ['a b']],
    ['scopes', ['']],
    ['scopes', ['a"b']],
    ['scopes', ['é']],
    ['scopes', ['a', 'a']],
    ['scopes', ['openid']],
    ['scopes', ['x'.repeat(201)]],
    ['scopes', Array.from({ length: 101 }, (_, index) => `s${index}`)],
    ['audiences', []],
    ['audiences', ['not a uri']],
    ['audiences', ['/relative']],
    ['audiences', ['https://x.example/#part']],
    ['audiences', ['https://x.example/é']],
    ['audiences', ['https://x.example/', 'https://x.example/']],
    ['audiences', Array.from({ length: 21 }, (_, index) => `https://x.example/${index}`)],
  ])('refuses %s that are %j', async (field, values) => {
    const answer = await app.administer(CREATE, { input: { name: 'X', clientId: 'never', [field]: values } });
    expect([codeOf(answer), fieldsOf(answer)]).toEqual(['BAD_USER_INPUT', [`input.${field}`]]);
  });

  it.each([
    ['in variables', CREATE, { input: { name: ' ', clientId: 'a/b', accessTokenLifetime: 0, scopes: [' '], audiences: ['x'] } }],
    [
      'in the document',
      'mutation { createClient(input: { name: " ", clientId: "a/b", accessTokenLifetime: 0, scopes: [" "], audiences: ["x"] }) { clientSecret } }',
      undefined,
    ],
    [
      'of a wrong type, in variables',
      CREATE,
      { input: { name: ' ', clientId: 'a/b', accessTokenLifetime: '3600', scopes: [' '], audiences: ['x'] } },
    ],
    [
      'of a wrong type, in the document',
      'mutation { createClient(input: { name: " ", clientId: "a/b", accessTokenLifetime: "3600", scopes: [" "], audiences: ["x"] }) { clientSecret } }',
      undefined,
    ],
    ['missing', CREATE, { input: { accessTokenLifetime: 0, scopes: [' '], audiences: ['x'] } }],
  ])('names every field at fault at once when they are %s', async (_where, query, variables) => {
    const answer = await app.administer(query, variables);
    expect(answer.body.errors).toHaveLength(1);
    expect([codeOf(answer), fieldsOf(answer)]).toEqual([
      'BAD_USER_INPUT',
      ['input.accessTokenLifetime', 'input.audiences', 'input.clientId', 'input.name', 'input.scopes'],
    ]);
    for (const { message } of answer.body.errors[0].extensions.fields) expect(message.length).toBeGreaterThan(10);
  });

  it('takes null for what is absent', async () => {
    await createClient(app, { clientId: 'nulls', accessTokenLifetime: null, scopes: null, audiences: null });
    const { body } = await app.administer('{ client(clientId: "nulls") { accessTokenLifetime scopes audiences } }');
    expect(body.data.client).toEqual({ accessTokenLifetime: 3600, scopes: [], audiences: [`${app.url}/api`] });
  });

  it('gives a client that manages Latchkey the audience for it', async () => {
    await createClient(app, { clientId: 'manages', scopes: ['clients:read'] });
    await createClient(app, { clientId: 'both', scopes: ['clients:read', 'orders:read'] });
    const { body } = await app.administer('{ a: client(clientId: "manages") { audiences } b: client(clientId: "both") { audiences } }');
    expect(body.data).toEqual({ a: { audiences: [`${app.url}/graphql`] }, b: { audiences: [`${app.url}/api`, `${app.url}/graphql`] } });
  });

  it.each([
    [['clients:read'], 'https://x.example/'],
    [['orders:read'], 'GRAPHQL'],
  ])('refuses the scopes %j for the audience %s, where no token could carry them', async (scopes, audience) => {
    const answer = await app.administer(CREATE, {
      input: { name: 'X', clientId: 'never', scopes, audiences: [audience.replace('GRAPHQL', `${app.url}/graphql`)] },
    });
    expect([codeOf(answer), fieldsOf(answer)]).toEqual(['BAD_USER_INPUT', ['input.audiences']]);
  });
});

describe('a client id', () => {
  it('is unique', async () => {
    await createClient(app, { clientId: 'unique' });
    const answer = await app.administer(CREATE, { input: { name: 'Again', clientId: 'unique' } });
    expect(codeOf(answer)).toBe('CLIENT_ID_TAKEN');
    expect(answer.text).not.toMatch(/sql|duplicate|constraint/i);
  });

  it("that differs in case only is another client's", async () => {
    const clients = [
      await createClient(app, { clientId: 'case', accessTokenLifetime: 60 }),
      await createClient(app, { clientId: 'CASE', accessTokenLifetime: 61 }),
    ];
    for (const [index, client] of clients.entries()) expect((await requestToken(app, client)).body.expires_in).toBe(60 + index);
    await app.api.deleteClient('CASE');
    expect((await requestToken(app, clients[0])).status).toBe(200);
  });

  it('goes to one of two who ask for it at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const input = { name: 'Race', clientId: `race-${round}` };
      const answers = await Promise.all([1, 2, 3, 4].map(() => app.administer(CREATE, { input })));
      expect(answers.map((answer) => codeOf(answer) ?? 'created').sort()).toEqual([
        'CLIENT_ID_TAKEN',
        'CLIENT_ID_TAKEN',
        'CLIENT_ID_TAKEN',
        'created',
      ]);
      const secret = answers.find(({ body }) => body.data?.createClient)?.body.data.createClient.clientSecret;
      expect((await requestToken(app, { clientId: input.clientId, secret })).status).toBe(200);
    }
  });

  it('is free again after its client was deleted, for another secret', async () => {
    const first = await createClient(app, { clientId: 'again' });
    await app.api.deleteClient('again');
    const second = await createClient(app, { clientId: 'again' });
    expect((await requestToken(app, first)).status).toBe(401);
    expect((await requestToken(app, second)).status).toBe(200);
  });
});

describe('updateClient', () => {
  it('changes what is given and nothing else', async () => {
    await createClient(app, { clientId: 'update', scopes: ['a', 'b'] });
    const { body } = await app.administer(UPDATE, { clientId: 'update', input: { accessTokenLifetime: 60 } });
    expect(body.data.updateClient).toMatchObject({
      name: 'Test update',
      accessTokenLifetime: 60,
      scopes: ['a', 'b'],
      audiences: [`${app.url}/api`],
      enabled: true,
      version: 2,
    });
    const more = await app.administer(UPDATE, {
      clientId: 'update',
      input: { scopes: [], audiences: ['urn:x:y', `${app.url}/other`], enabled: false, accessTokenLifetime: null },
    });
    expect(more.body.data.updateClient).toMatchObject({
      accessTokenLifetime: 60,
      scopes: [],
      audiences: ['urn:x:y', `${app.url}/other`],
      enabled: false,
      version: 3,
    });
    const read = await app.administer('{ client(clientId: "update") { accessTokenLifetime scopes audiences enabled version } }');
    expect(read.body.data.client).toEqual({
      accessTokenLifetime: 60,
      scopes: [],
      audiences: ['urn:x:y', `${app.url}/other`],
      enabled: false,
      version: 3,
    });
  });

  it.each(['name', 'clientId'])('knows no %s: the schema refuses it', async (field) => {
    const inVariables = await app.administer(UPDATE, { clientId: 'update', input: { [field]: 'new' } });
    const inDocument = await app.administer(`mutation { updateClient(clientId: "update", input: { ${field}: "new" }) { id } }`);
    for (const answer of [inVariables, inDocument]) {
      expect(answer.status).toBe(400);
      expect(answer.body.errors[0].message).toContain(`"${field}" is not defined by type "UpdateClientInput"`);
    }
    const { body } = await app.administer('{ client(clientId: "update") { name clientId } }');
    expect(body.data.client).toEqual({ name: 'Test update', clientId: 'update' });
  });

  it('of an unknown client is CLIENT_NOT_FOUND', async () => {
    expect(codeOf(await app.administer(UPDATE, { clientId: 'nobody', input: {} }))).toBe('CLIENT_NOT_FOUND');
    expect(codeOf(await app.administer(UPDATE, { clientId: 'UPDATE', input: {} }))).toBe('CLIENT_NOT_FOUND');
    expect(codeOf(await app.administer(UPDATE, { clientId: 'update ', input: {} }))).toBe('CLIENT_NOT_FOUND');
  });

  it('with a stale version is CONFLICT and changes nothing', async () => {
    await createClient(app, { clientId: 'stale' });
    expect(
      (await app.administer(UPDATE, { clientId: 'stale', input: { accessTokenLifetime: 60, version: 1 } })).body.data.updateClient.version,
    ).toBe(2);
    for (const version of [1, 3]) {
      const { body } = await app.administer(UPDATE, { clientId: 'stale', input: { accessTokenLifetime: 70, version } });
      expect(body.errors[0].extensions).toEqual({ code: 'CONFLICT', version: 2 });
    }
    const { body } = await app.administer('{ client(clientId: "stale") { accessTokenLifetime version } }');
    expect(body.data.client).toEqual({ accessTokenLifetime: 60, version: 2 });
  });

  it('lets one of two win that are based on the same version', async () => {
    await createClient(app, { clientId: 'duel' });
    const answers = await Promise.all(
      [10, 20].map((accessTokenLifetime) => app.administer(UPDATE, { clientId: 'duel', input: { accessTokenLifetime, version: 1 } })),
    );
    expect(answers.map((answer) => codeOf(answer) ?? 'saved').sort()).toEqual(['CONFLICT', 'saved']);
    const lost = answers.find(codeOf)?.body.errors[0].extensions.version;
    expect(answers.find((answer) => !codeOf(answer))?.body.data.updateClient.version).toBe(lost);
  });

  it('refuses bad values by name and changes nothing', async () => {
    await createClient(app, { clientId: 'careful' });
    const answer = await app.administer(UPDATE, { clientId: 'careful', input: { accessTokenLifetime: 0, scopes: [' '], audiences: [] } });
    expect([codeOf(answer), fieldsOf(answer)]).toEqual([
      'BAD_USER_INPUT',
      ['input.accessTokenLifetime', 'input.audiences', 'input.scopes'],
    ]);
    expect((await app.administer('{ client(clientId: "careful") { version } }')).body.data.client.version).toBe(1);
  });

  it('says when the last token of a disabled client dies', async () => {
    const client = await createClient(app, { clientId: 'dying', accessTokenLifetime: 600 });
    const { exp } = claimsOf(await getToken(app, client));
    const query = 'mutation { updateClient(clientId: "dying", input: { enabled: false }) { lastTokenExpiresAt } }';
    const last = (await app.administer(query)).body.data.updateClient.lastTokenExpiresAt;
    expect(Date.parse(last)).toBeGreaterThanOrEqual(exp * 1000);
    expect(Date.parse(last)).toBeLessThanOrEqual(Date.now() + 600_000);
    const read = await app.administer('{ client(clientId: "dying") { lastTokenExpiresAt } }');
    expect(read.body.data.client.lastTokenExpiresAt).toBe(last);
  });

  it('stops a disabled client at the next request, and lets it in again', async () => {
    const client = await createClient(app, { clientId: 'switch' });
    for (const enabled of [false, true, false]) {
      await app.administer(UPDATE, { clientId: 'switch', input: { enabled } });
      expect((await requestToken(app, client)).status).toBe(enabled ? 200 : 401);
    }
  });
});

describe('deleteClient', () => {
  const DELETE = 'mutation ($clientId: String!) { deleteClient(clientId: $clientId) { clientId lastTokenExpiresAt } }';

  it('stops the client, removes its secrets, and says when its last token dies', async () => {
    const client = await createClient(app, { clientId: 'delete', accessTokenLifetime: 600 });
    const { exp } = JSON.parse(atob((await getToken(app, client)).split('.')[1] as string));
    const { body } = await app.administer(DELETE, { clientId: 'delete' });
    const last = Date.parse(body.data.deleteClient.lastTokenExpiresAt);
    expect(body.data.deleteClient.clientId).toBe('delete');
    expect(last).toBeGreaterThanOrEqual(exp * 1000);
    expect(last).toBeLessThanOrEqual(Date.now() + 600_000);
    expect((await requestToken(app, client)).status).toBe(401);
    expect((await app.administer('{ client(clientId: "delete") { id } }')).body.data.client).toBeNull();
    const orphans = await app.database.query('SELECT id FROM client_secrets WHERE client_row_id NOT IN (SELECT id FROM clients)');
    expect(orphans).toEqual([]);
  });

  it('counts in the tokens of a longer lifetime before, and none since a client was disabled', async () => {
    await createClient(app, { clientId: 'shortened', accessTokenLifetime: 86_400 });
    await app.administer(UPDATE, { clientId: 'shortened', input: { accessTokenLifetime: 60 } });
    const shortened = await app.administer(DELETE, { clientId: 'shortened' });
    expect(Date.parse(shortened.body.data.deleteClient.lastTokenExpiresAt) - Date.now()).toBeGreaterThan(86_000_000);
    await createClient(app, { clientId: 'off', accessTokenLifetime: 1 });
    await app.administer(UPDATE, { clientId: 'off', input: { enabled: false, accessTokenLifetime: 86_400 } });
    const off = await app.administer(DELETE, { clientId: 'off' });
    expect(Date.parse(off.body.data.deleteClient.lastTokenExpiresAt) - Date.now()).toBeLessThan(80_000_000);
  });

  it('of an unknown client, or a second time, is CLIENT_NOT_FOUND', async () => {
    await createClient(app, { clientId: 'twice' });
    expect((await app.administer(DELETE, { clientId: 'twice' })).body.errors).toBeUndefined();
    expect(codeOf(await app.administer(DELETE, { clientId: 'twice' }))).toBe('CLIENT_NOT_FOUND');
  });
});

it('undoes a mutation of which a part fails', async () => {
  const { secrets, home } = app.installation;
  const insert = secrets.insert;
  secrets.insert = () => Promise.reject(new Error('made to fail: SELECT secret FROM nowhere'));
  const answer = await app.administer(CREATE, { input: { name: 'Half', clientId: 'half' } });
  secrets.insert = insert;
  expect(codeOf(answer)).toBe('INTERNAL_SERVER_ERROR');
  expect(answer.text).not.toContain('made to fail');
  expect(app.logLines.join('')).toContain('made to fail');
  expect(await app.database.query('SELECT id FROM clients WHERE client_id = ? AND tenant_id = ?', ['half', home.tenant.id])).toEqual([]);
});

it('binds clients to one tenant in the database itself', async () => {
  const [row] = await app.database.query("SELECT * FROM clients WHERE client_id = 'admin'");
  const columns = Object.keys(row as object);
  const insert = (changes: object) => {
    const values = { ...row, id: 'new', ...changes } as Record<string, unknown>;
    return app.database.query(
      `INSERT INTO clients (${columns}) VALUES (${columns.map(() => '?')})`,
      columns.map((column) => values[column]),
    );
  };
  await expect(insert({})).rejects.toThrow(/unique|duplicate/i);
  await expect(insert({ client_id: 'elsewhere', tenant_id: 'nowhere' })).rejects.toThrow(/foreign key/i);
});

it('answers each GraphQL token request for a client by its exact id', async () => {
  const token = await getToken(app, app.admin);
  const { body } = await graphql(app, {
    token,
    query: '{ a: client(clientId: "admin") { clientId } b: client(clientId: "Admin") { clientId } c: client(clientId: "") { clientId } }',
  });
  expect(body.data).toEqual({ a: { clientId: 'admin' }, b: null, c: null });
});

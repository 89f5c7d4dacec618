import { ClientAuthMethod, SenderConstraint } from '../src/clients/client.entity.js';
import { systemCaller } from '../src/tenants/caller.js';
import { createClient, requestToken, startApp, type TestApp } from '../testbed/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
});
afterAll(() => app.stop());

it('lets nobody see what is not committed', async () => {
  const { changes, clients, home, lookup } = app.installation;
  const values = {
    name: 'Ghost',
    clientId: 'ghost',
    accessTokenLifetime: 60,
    scopes: [],
    audiences: [`${app.url}/api`],
    authMethod: ClientAuthMethod.SECRET,
    jwks: null,
    jwksUri: null,
    tlsClientAuth: null,
    senderConstraint: SenderConstraint.NONE,
  };
  const undone = changes.perform(systemCaller(home, 'test'), async (change) => {
    await clients.insert(change, values);
    expect((await lookup.find(home, 'ghost')).client).toBeUndefined();
    expect((await app.administer('{ client(clientId: "ghost") { id } }')).body.data.client).toBeNull();
    throw new Error('undo');
  });
  await expect(undone).rejects.toThrow('undo');
  expect((await lookup.find(home, 'ghost')).client).toBeUndefined();
});

it('runs many writes at once, each whole', async () => {
  const created = await Promise.all(
    Array.from({ length: 30 }, (_, index) => createClient(app, { clientId: `many-${index}`, accessTokenLifetime: index + 1 })),
  );
  const answers = await Promise.all(created.map((client) => requestToken(app, client)));
  expect(answers.map(({ body }) => body.expires_in)).toEqual(created.map((_, index) => index + 1));
});

it('finds the right client for each of many who ask at the same moment', async () => {
  const { lookup, home } = app.installation;
  const ids = Array.from({ length: 150 }, (_, index) => (index % 3 === 0 ? `nobody-${index}` : `many-${index % 30}`));
  const found = await Promise.all(ids.map((clientId) => lookup.find(home, clientId)));
  expect(found.map(({ client }) => client?.clientId)).toEqual(
    ids.map((clientId) => (clientId.startsWith('nobody') ? undefined : clientId)),
  );
});

it('gives nobody more than their own rows, whoever else is asked for at the same moment', async () => {
  const { lookup, home } = app.installation;
  const elsewhere = { ...home, tenant: { ...home.tenant, id: 'elsewhere' } };
  const ids = ['admin', 'many-0', 'nobody-0', 'many-1', 'many-0', 'nobody-1'];
  for (let round = 0; round < 3; round += 1) {
    const found = await Promise.all([home, elsewhere].flatMap((tenant) => ids.map((clientId) => lookup.find(tenant, clientId))));
    expect(found.map(({ client }) => client?.secrets.length)).toEqual([1, 1, undefined, 1, 1, ...Array(7).fill(undefined)]);
  }
});

it('never answers a request from a read that began before it', async () => {
  const { lookup, home } = app.installation;
  const client = await createClient(app, { clientId: 'fresh' });
  for (let round = 0; round < 20; round += 1) {
    const enabled = round % 2 === 1;
    await Promise.all([
      app.administer('mutation ($enabled: Boolean!) { updateClient(clientId: "fresh", input: { enabled: $enabled }) { id } }', { enabled }),
      ...Array.from({ length: 5 }, () => requestToken(app, client)),
    ]);
    expect((await lookup.find(home, 'fresh')).client?.enabled).toBe(enabled);
    expect((await requestToken(app, client)).status).toBe(enabled ? 200 : 401);
  }
});

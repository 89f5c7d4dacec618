import { getToken, graphql, requestToken } from '../../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { MysqlProxy } from '../../testbed/mysql-proxy.js';
import { startProcess, type TestProcess } from '../../testbed/process.js';

let database: TestDatabase;
let proxy: MysqlProxy;
let server: TestProcess;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  const url = new URL(database.url);
  proxy = await new MysqlProxy(Number(url.port)).open();
  url.port = String(proxy.port);
  server = await startProcess({ url: url.href, folder: database.folder });
  await server.ready();
  token = await getToken(server, { clientId: 'admin', secret: server.printedSecret() as string });
});
afterAll(async () => {
  await server?.stop('SIGKILL');
  proxy?.close();
  await database.remove();
});

const change = (query: string) => graphql(server, { token, query: `mutation { ${query} }` });
const create = (clientId: string) => change(`createClient(input: { name: "A", clientId: "${clientId}" }) { clientSecret }`);
const recorded = (action: string) => database.query('SELECT id FROM audit_events WHERE action = ?', [action]);

describe.each(['before', 'after'] as const)('a connection that breaks %s the server has committed', (when) => {
  it('does not keep a client from being created, once, with a secret that works', async () => {
    const clientId = `created-${when}`;
    const before = await recorded('CREATE_CLIENT');
    const cut = proxy.cutNextCommit(when);
    const { status, body } = await change(`createClient(input: { name: "A", clientId: "${clientId}" }) { clientSecret }`);
    await cut;
    expect([status, body.errors]).toEqual([200, undefined]);
    expect((await requestToken(server, { clientId, secret: body.data.createClient.clientSecret })).status).toBe(200);
    expect(await database.query('SELECT id FROM clients WHERE client_id = ?', [clientId])).toHaveLength(1);
    expect(await recorded('CREATE_CLIENT')).toHaveLength(before.length + 1);
  });

  it('changes a client once', async () => {
    const clientId = `changed-${when}`;
    await change(`createClient(input: { name: "A", clientId: "${clientId}" }) { clientSecret }`);
    const cut = proxy.cutNextCommit(when);
    const { body } = await change(`updateClient(clientId: "${clientId}", input: { accessTokenLifetime: 60, version: 1 }) { version }`);
    await cut;
    expect(body).toEqual({ data: { updateClient: { version: 2 } } });
  });

  it('deletes a client', async () => {
    const clientId = `deleted-${when}`;
    await change(`createClient(input: { name: "A", clientId: "${clientId}" }) { clientSecret }`);
    const cut = proxy.cutNextCommit(when);
    const { body } = await change(`deleteClient(clientId: "${clientId}") { clientId }`);
    await cut;
    expect(body).toEqual({ data: { deleteClient: { clientId } } });
    expect(await database.query('SELECT id FROM clients WHERE client_id = ?', [clientId])).toEqual([]);
  });
});

describe('whoever asks is answered within seconds', () => {
  // Six, and what a slow machine takes besides; what has no bound of its own is given up after twenty.
  const LONGEST_MS = 15_000;

  it('when nobody answers the question whether it was committed either', async () => {
    const began = performance.now();
    const cut = proxy.cutNextCommit('after');
    const created = create('asked-in-vain');
    await cut;
    await proxy.holdNextAnswer('FOR UPDATE');
    const { status, body } = await created;
    expect([status, body.errors]).toEqual([200, undefined]);
    expect(performance.now() - began).toBeLessThan(LONGEST_MS);
  });

  it('when the connection breaks late and its transaction is undecided', async () => {
    const began = performance.now();
    const held = proxy.holdNextCommit(3_500);
    const created = create('undecided');
    const letArrive = await held;
    expect((await created).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(LONGEST_MS);
    letArrive();
  });
});

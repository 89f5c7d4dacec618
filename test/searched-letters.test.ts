import { administered, type TestTenant } from '../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../testbed/database.js';
import { startProcess, type TestProcess } from '../testbed/process.js';

const CREATE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { clientId } } }';
const FIND = 'query ($search: String) { clients(search: $search) { nodes { clientId } totalCount } }';
const SECRET = 'an-administrators-secret-of-32-characters';

/** Names, and what finds them. */
const NAMES: [clientId: string, name: string, searches: string[]][] = [
  ['street', 'Straße', ['strasse', 'STRASSE', 'straße']],
  ['wind', 'Ørsted', ['orsted', 'ørsted']],
  ['light', 'Işık', ['ışık', 'isik', 'IŞIK']],
  ['plain', 'Payments', ['payments']],
];

let database: TestDatabase;
let server: TestProcess;
let tenant: TestTenant;

async function start(): Promise<void> {
  server = await startProcess(database, { ADMIN_CLIENT_SECRET: SECRET });
  await server.ready();
  tenant = administered(server.url, { clientId: 'admin', secret: SECRET });
}

async function expectAllFound(): Promise<void> {
  for (const [clientId, , searches] of NAMES) {
    for (const search of searches) {
      const { body } = await tenant.administer(FIND, { search });
      expect({ search, found: body.data.clients.nodes }).toEqual({ search, found: [{ clientId }] });
    }
  }
}

beforeAll(async () => {
  database = await createTestDatabase();
  await start();
  for (const [clientId, name] of NAMES) await tenant.administer(CREATE, { input: { clientId, name } });
});
afterAll(async () => {
  await server.stop('SIGKILL');
  await database.remove();
});

it('a name is found without its strokes, and by the letters that it is made of', expectAllFound);

it('an upgrade makes what the release before stored anew, and its index goes', async () => {
  await server.stop();
  // As a release before this one left it.
  for (const [clientId, name] of NAMES)
    await database.query('UPDATE clients SET search_text = ?, name_key = ? WHERE client_id = ?', [
      `${name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()}\n${clientId}`,
      name.toLowerCase(),
      clientId,
    ]);
  const [home] = await database.query('SELECT id FROM tenants');
  await database.query("UPDATE tenants SET name = 'Großhandel', search_text = 'großhandel'");
  await database.query("INSERT INTO client_segments (id, tenant_id, first_client) VALUES (7, ?, 'x')", [home?.id]);
  await database.query("INSERT INTO client_grams (segment_id, gram, slots) VALUES (7, 'x', x'00')");
  await database.query("UPDATE clients SET search_slot = 28672 WHERE client_id = 'street'");
  await database.query("DELETE FROM migrations WHERE name LIKE 'SearchedLetters%'");
  await start();
  await expectAllFound();
  expect(await database.query('SELECT id FROM client_segments')).toEqual([]);
  expect(await database.query('SELECT gram FROM client_grams')).toEqual([]);
  expect(await database.query('SELECT id FROM clients WHERE search_slot IS NOT NULL')).toEqual([]);
  expect(await database.query("SELECT name_key FROM clients WHERE client_id = 'street'")).toEqual([{ name_key: 'strasse' }]);
  const { body } = await tenant.administer('{ tenants(search: "grosshandel") { totalCount } }');
  expect(body.data.tenants.totalCount).toBe(1);
});

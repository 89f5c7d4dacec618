import { removeWithin } from '../../src/platform/database/pieces.js';
import { createClient, startApp, type TestApp } from '../../testbed/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

/** Makes a client that was used in so many hours. @returns the id of its row */
async function makeUsed(clientId: string, hours: number): Promise<string> {
  await createClient(app, { clientId });
  const [row] = await app.database.query('SELECT id FROM clients WHERE client_id = ?', [clientId]);
  const id = row?.id as string;
  const values = Array.from({ length: hours }, (_, hour) => `('${id}', ${hour}, 1, 0)`);
  await app.database.query(`INSERT INTO client_hours (client_row_id, hour, issued, refused) VALUES ${values.join(', ')}`);
  return id;
}

it('rows that go within a transaction go in pieces, between which the event loop turns and others read', async () => {
  const id = await makeUsed('read', 500);
  let turns = 0;
  const count = () => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const seen: unknown[] = [];
  await app.installation.database.write(async (manager) => {
    turns = 0;
    const removed = removeWithin(manager, { table: 'client_hours', where: 'client_row_id = ?', parameters: [id], atATime: 100 });
    await new Promise(setImmediate);
    seen.push(await app.installation.database.rows('SELECT COUNT(*) AS n FROM client_hours WHERE client_row_id = ?', [id]));
    await removed;
    expect(turns).toBeGreaterThan(4);
  });
  clearImmediate(next);
  expect(seen).toEqual([[{ n: 500 }]]);
  expect(await app.database.query('SELECT 1 FROM client_hours WHERE client_row_id = ?', [id])).toEqual([]);
});

it('what hangs on a client has gone before it', async () => {
  await makeUsed('leaving', 300);
  const left = ['client_hours', 'client_secrets'].map((table) => `EXISTS (SELECT 1 FROM ${table} WHERE client_row_id = OLD.id)`);
  await app.database.query(
    `CREATE TRIGGER nothing_at_once BEFORE DELETE ON clients WHEN ${left.join(' OR ')} BEGIN SELECT RAISE(ABORT, 'it goes all at once'); END`,
  );
  const { body } = await app.administer('mutation { deleteClient(clientId: "leaving") { clientId } }');
  expect(body).toEqual({ data: { deleteClient: { clientId: 'leaving' } } });
});

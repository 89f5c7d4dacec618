import { removeSomeOfMany } from '../src/installation/removal.js';
import { createTenant, startApp, type TestApp, type TestTenant } from '../testbed/app.js';

/** More than go together with a tenant. */
const MANY = 6_201;

let app: TestApp;
let large: TestTenant;
let writes = 0;

beforeAll(async () => {
  app = await startApp();
  large = await createTenant(app, 'large');
  const { database } = app.installation;
  const write = database.write.bind(database);
  database.write = (work) => {
    writes += 1;
    return write(work);
  };
});
beforeEach(() => {
  writes = 0;
});
afterAll(() => app.stop());

const run = <T extends object>(sql: string, parameters: unknown[] = []): Promise<T[]> =>
  app.installation.database.write((manager) => manager.query(sql, parameters));
const idOf = async (tenant: TestTenant) =>
  (await run<{ id: string }>('SELECT id FROM tenants WHERE host = ?', [new URL(tenant.url).host]))[0]?.id;
const count = async (table: string, tenantId: unknown) =>
  Number((await run<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table} WHERE tenant_id = ?`, [tenantId]))[0]?.n);

async function use(tenantId: unknown, expiresAt: Date): Promise<void> {
  const rows = Array.from({ length: MANY }, (_, number) => [
    tenantId,
    `proof-${expiresAt.getTime()}-${number}`,
    app.installation.database.moment(expiresAt),
  ]);
  await run(`INSERT INTO used_proofs (tenant_id, id, expires_at) VALUES ${rows.map(() => '(?, ?, ?)').join(', ')}`, rows.flat());
}

it('what has ended is forgotten in pieces, and nothing else', async () => {
  const tenantId = await idOf(large);
  await use(tenantId, new Date(Date.now() - 60_000));
  await use(tenantId, new Date(Date.now() + 600_000));
  writes = 0;
  await app.installation.proofs.sweep(new Date());
  expect(writes).toBe(13);
  expect(await count('used_proofs', tenantId)).toBe(MANY);
});

it('a large tenant is removed in pieces, as one change', async () => {
  const tenantId = await idOf(large);
  const host = new URL(large.url).host;
  const change = (mutation: string) => app.administer(`mutation { ${mutation} }`);
  expect((await change(`deleteTenant(host: "${host}") { host }`)).body.errors[0].extensions.code).toBe('TENANT_ENABLED');
  expect(await count('used_proofs', tenantId)).toBe(MANY);
  await change(`updateTenant(host: "${host}", input: { enabled: false }) { host }`);
  writes = 0;
  expect((await change(`deleteTenant(host: "${host}") { host }`)).body).toEqual({ data: { deleteTenant: { host } } });
  // A hundred at a time until five hundred are left, a look, and what is left.
  expect(writes).toBe(60);
  for (const table of ['used_proofs', 'clients', 'audit_events', 'signing_keys']) expect(await count(table, tenantId)).toBe(0);
  const { body } = await app.administer('{ auditEvents(first: 5, filter: { action: DELETE_TENANT }) { nodes { objectId } } }');
  expect(body.data.auditEvents.nodes).toEqual([{ objectId: host }]);
});

it('clients of a tenant are counted anew where its removal was broken off', async () => {
  const tenantId = await idOf(await createTenant(app, 'kept'));
  await use(tenantId, new Date(Date.now() + 600_000));
  await run('UPDATE tenants SET client_count = 7 WHERE id = ?', [tenantId]);
  expect(await app.installation.database.write((manager) => removeSomeOfMany(manager, String(tenantId)))).toBe(true);
  expect(await run('SELECT client_count FROM tenants WHERE id = ?', [tenantId])).toEqual([{ client_count: null }]);
});

it('what hangs on few rows of a tenant and is very much goes in pieces as well', async () => {
  const tenant = await createTenant(app, 'busy');
  const host = new URL(tenant.url).host;
  const tenantId = await idOf(tenant);
  const [client] = await run<{ id: string }>('SELECT id FROM clients WHERE tenant_id = ?', [tenantId]);
  const hours = Array.from({ length: MANY }, (_, hour) => [client?.id, hour, 1, 0]);
  await run(
    `INSERT INTO client_hours (client_row_id, hour, issued, refused) VALUES ${hours.map(() => '(?, ?, ?, ?)').join(', ')}`,
    hours.flat(),
  );
  await run("INSERT INTO client_segments (tenant_id, first_client) VALUES (?, '')", [tenantId]);
  const [segment] = await run<{ id: number }>('SELECT id FROM client_segments WHERE tenant_id = ?', [tenantId]);
  const grams = Array.from({ length: MANY }, (_, number) => [segment?.id, String.fromCodePoint(0x4e00 + number), Buffer.alloc(2)]);
  await run(`INSERT INTO client_grams (segment_id, gram, slots) VALUES ${grams.map(() => '(?, ?, ?)').join(', ')}`, grams.flat());
  await app.api.updateTenant(host, { enabled: false });
  writes = 0;
  const { body } = await app.administer(`mutation { deleteTenant(host: "${host}") { host } }`);
  expect(body).toEqual({ data: { deleteTenant: { host } } });
  // Three pieces of each, a look, and what is left.
  expect(writes).toBe(8);
  const left =
    'SELECT (SELECT COUNT(*) FROM client_hours WHERE client_row_id = ?) AS h, (SELECT COUNT(*) FROM client_grams WHERE segment_id = ?) AS g';
  expect(await run(left, [client?.id, segment?.id]).then(([row]) => Object.values(row as object).map(Number))).toEqual([0, 0]);
});

describe('the tokens of a tenant with very many clients', () => {
  const EPOCH = 'before';
  let host: string;
  let tenantId: unknown;
  const change = (enabled: boolean) =>
    app.administer(`mutation { updateTenant(host: "${host}", input: { enabled: ${enabled} }) { enabled } }`);
  const uncut = async () =>
    Number(
      (await run<{ n: number }>('SELECT COUNT(*) AS n FROM clients WHERE tenant_id = ? AND token_epoch = ?', [tenantId, EPOCH]))[0]?.n,
    );

  beforeAll(async () => {
    const tenant = await createTenant(app, 'populous');
    host = new URL(tenant.url).host;
    tenantId = await idOf(tenant);
    const [row] = await run<Record<string, unknown>>('SELECT * FROM clients WHERE tenant_id = ?', [tenantId]);
    const columns = Object.keys(row as object);
    for (let start = 0; start < MANY; start += 500) {
      const rows = Array.from({ length: Math.min(500, MANY - start) }, (_, number) => ({
        ...row,
        id: `populous-${start + number}`,
        client_id: `client-${start + number}`,
      }));
      const marks = rows.map(() => `(${columns.map(() => '?').join(', ')})`).join(', ');
      const values = rows.flatMap((one) => columns.map((column) => one[column as keyof typeof one]));
      await run(`INSERT INTO clients (${columns.join(', ')}) VALUES ${marks}`, values);
    }
  });
  beforeEach(() => run('UPDATE clients SET token_epoch = ? WHERE tenant_id = ?', [EPOCH, tenantId]));

  it('are cut some at a time when it is disabled', async () => {
    expect(await uncut()).toBe(MANY + 1);
    writes = 0;
    expect((await change(false)).body.data.updateTenant.enabled).toBe(false);
    expect(writes).toBe(26);
    expect(await uncut()).toBe(0);
  });

  it('are cut before it is enabled again, whatever became of that when it was disabled', async () => {
    await run('UPDATE tenants SET enabled = 0 WHERE id = ?', [tenantId]);
    expect((await change(true)).body.data.updateTenant.enabled).toBe(true);
    expect(await uncut()).toBe(0);
  });

  it('are cut when somebody disables it while somebody else enables what was not disabled', async () => {
    const { changes } = app.installation;
    const make = changes.make.bind(changes);
    // The first look at it finds nothing to cut; then it is disabled, and its tokens are not cut yet.
    changes.make = async (...parameters) => {
      changes.make = make;
      const result = await make(...(parameters as Parameters<typeof make>));
      await run('UPDATE tenants SET enabled = 0, version = version + 1 WHERE id = ?', [tenantId]);
      return result as never;
    };
    expect((await change(true)).body.data.updateTenant.enabled).toBe(true);
    expect(await uncut()).toBe(0);
  });

  it('go on when it is enabled and was not disabled', async () => {
    expect((await change(true)).body.data.updateTenant.enabled).toBe(true);
    expect(await uncut()).toBe(MANY + 1);
  });
});

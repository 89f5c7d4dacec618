import { ClientIndexService } from '../src/clients/search/client-index.service.js';
import { toSearchText } from '../src/platform/search-text.js';
import type { Answer } from '../testbed/answer.js';
import { createClient, createTenant, startApp, type TestApp, type TestTenant } from '../testbed/app.js';

const PAGE = `query ($search: String, $filter: ClientFilter, $first: Int, $after: String, $orderBy: ClientOrder) {
  clients(search: $search, filter: $filter, first: $first, after: $after, orderBy: $orderBy) {
    nodes { name clientId enabled } pageInfo { hasNextPage endCursor } totalCount } }`;
const DELETE = 'mutation ($clientId: String!) { deleteClient(clientId: $clientId) { clientId } }';
const ORDERS = ['NAME', 'CLIENT_ID', 'CREATED_AT', 'LAST_USED_AT'].flatMap((field) =>
  ['ASC', 'DESC'].map((direction) => ({ field, direction })),
);
const SEGMENT = 6;
const NAMES = [
  ...[
    'Payments Gateway',
    'payments worker',
    'Payroll',
    'Éclair Zürich',
    'Eclair',
    'Žluťoučký kůň',
    'مُبِيعَات الرياض',
    'فواتير',
    '東京配送',
    '🦄 Fleet',
  ],
  ...[
    '🚚🚚',
    '🚚',
    '100% real_name',
    "O'Hara",
    'back\\slash',
    '"quoted"',
    'a',
    'aa',
    'aaa',
    'aaaa',
    'ab',
    'ba',
    'ﬁnance',
    'ＦＵＬＬ',
    'semi; DROP TABLE',
  ],
  ...['tab\u2003wide', 'null', 'x'.repeat(100), 'Twin', 'Twin', 'two  blanks', '100', '1000', '0001'],
];
const SEARCHES = [
  ...['a', 'aa', 'aaa', 'aaaa', 'aaaaa', 'ab', 'pay', 'PAYMENTS', 'ments g', 'ayro', 'z', 'zurich', 'Zürich', 'ZLUTO', 'kun', 'e'],
  ...[
    'مبيعات',
    'الرياض',
    'يا',
    'ف',
    '東京',
    '送',
    '🦄',
    '🚚',
    '🚚🚚',
    '🚚🚚🚚',
    '%',
    '_',
    '0%',
    "'",
    '\\',
    '"',
    ';',
    '\n',
    'a\nc',
    'll\nclient',
  ],
  ...[
    'fin',
    'full',
    'client-1',
    'client-',
    '-',
    '0',
    '10',
    '00',
    'null',
    'x'.repeat(40),
    'x'.repeat(101),
    'x'.repeat(3000),
    'not there',
    'abcd',
  ],
  ...['\u0000', '\uD83E', '\uDD84', '\uFFFD', '  twin  ', 'two  blanks', 'two blanks', '\u0301', ' '],
];

let app: TestApp;
let other: TestTenant;

const fill = () => new ClientIndexService(app.installation.database, { clients: SEGMENT }).fill();

beforeAll(async () => {
  app = await startApp();
  other = await createTenant(app, 'other');
  for (const [index, name] of NAMES.entries()) {
    await createClient(app, { clientId: `client-${index}`, name });
    await createClient(other, { clientId: `other-${index}`, name: `${name} other`.slice(-100) });
    if (index % 5 === 1) await app.administer(`mutation { updateClient(clientId: "client-${index}", input: { enabled: false }) { id } }`);
    if (index === 16) await fill();
  }
  await app.administer(DELETE, { clientId: 'client-3' });
});
afterAll(() => app.stop());

type Node = { name: string; clientId: string; enabled: boolean };

const nodesOf = ({ body }: Answer): Node[] => body.data.clients.nodes;
const has = ({ name, clientId }: Node, search: string) =>
  toSearchText(`${name}\n${clientId}`).includes(toSearchText(search).trim().toWellFormed());

async function walk(at: TestTenant, variables: object): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const answer: Answer = await at.administer(PAGE, { ...variables, after });
    nodes.push(...nodesOf(answer));
    ({ endCursor: after, hasNextPage: more } = answer.body.data.clients.pageInfo);
  }
  return nodes;
}

async function expectAllFound(): Promise<void> {
  const all = await walk(app, { first: 100 });
  for (const search of SEARCHES) {
    const { body } = await app.administer(PAGE, { search, first: 100 });
    const expected = all.filter((node) => has(node, search));
    expect({ search, nodes: body.data.clients.nodes }).toEqual({ search, nodes: expected });
    expect({ search, count: body.data.clients.totalCount }).toEqual({ search, count: expected.length });
  }
}

describe('among clients of whom some are indexed and some are not yet', () => {
  it('has both', async () => {
    const rows = await app.database.query('SELECT COUNT(*) AS clients, COUNT(search_slot) AS indexed FROM clients WHERE tenant_id = ?', [
      app.installation.home.tenant.id,
    ]);
    expect(Number(rows[0]?.indexed)).toBeGreaterThan(0);
    expect(Number(rows[0]?.clients)).toBeGreaterThan(Number(rows[0]?.indexed) + SEGMENT);
  });

  it('finds what a look at each would find', expectAllFound);

  it.each(ORDERS)('walks what is found by $field $direction, page by page', async (orderBy) => {
    const all = await walk(app, { first: 100, orderBy });
    for (const search of ['client-', 'a', 'pay', '🚚', '1', 'twin']) {
      const expected = all.filter((node) => has(node, search));
      for (const first of [1, 3]) expect(await walk(app, { search, first, orderBy })).toEqual(expected);
    }
  });

  it('applies a filter together with the search', async () => {
    const all = await walk(app, { first: 100 });
    for (const search of ['a', 'client-', 'real']) {
      const expected = all.filter((node) => has(node, search) && !node.enabled);
      expect(await walk(app, { search, filter: { enabled: false }, first: 2 })).toEqual(expected);
    }
  });

  it("never finds another tenant's", async () => {
    expect(await walk(app, { search: 'other' })).toEqual([]);
    expect(await walk(other, { search: 'client-' })).toEqual([]);
    expect(await walk(other, { search: 'other-' })).toHaveLength(NAMES.length);
  });
});

describe('once more are indexed', () => {
  beforeAll(async () => {
    await fill();
    await app.administer(DELETE, { clientId: 'client-0' });
    await app.administer(DELETE, { clientId: `client-${NAMES.length - 1}` });
  });

  it('finds the same, and nothing that was deleted', expectAllFound);

  it('finds a client at once that was just made, also under the id of one that was deleted', async () => {
    await createClient(app, { clientId: 'client-0', name: 'Brand new payments' });
    expect((await walk(app, { search: 'brand new' })).map(({ clientId }) => clientId)).toEqual(['client-0']);
    await expectAllFound();
  });

  it('leaves what is too few for a segment', async () => {
    expect(await fill()).toBe(0);
  });
});

it('indexes each client once when several instances do it at once', async () => {
  const tenant = await createTenant(app, 'busy');
  for (let index = 0; index < 2 * SEGMENT - 1; index += 1) await createClient(tenant, { clientId: `busy-${index}` });
  await Promise.all([fill(), fill(), fill()]);
  const rows = await app.database.query("SELECT search_slot FROM clients WHERE client_id LIKE 'busy-%'");
  const slots = rows.map(({ search_slot }) => search_slot);
  expect(slots).not.toContain(null);
  expect(new Set(slots).size).toBe(slots.length);
  expect(await walk(tenant, { search: 'busy-' })).toHaveLength(slots.length);
});

it('frees the place of clients that were deleted, and loses none of the others', async () => {
  const tenant = await createTenant(app, 'churn');
  for (let index = 0; index < SEGMENT; index += 1) await createClient(tenant, { clientId: `churn-${index}` });
  const index = new ClientIndexService(app.installation.database, { clients: SEGMENT });
  await index.fill();
  const segmentsOf = () =>
    app.database.query("SELECT s.id FROM client_segments s JOIN tenants t ON t.id = s.tenant_id WHERE t.name = 'churn'");
  const sweepAll = async () => {
    for (let round = 0; round < 10; round += 1) await index.sweep();
  };
  await sweepAll();
  expect(await segmentsOf()).toHaveLength(1);
  for (const clientId of ['churn-0', 'churn-2', 'churn-3']) await tenant.administer(DELETE, { clientId });
  await sweepAll();
  expect(await segmentsOf()).toHaveLength(0);
  expect((await walk(tenant, { search: 'churn-' })).map(({ clientId }) => clientId)).toEqual(['churn-1', 'churn-4', 'churn-5']);
});

it('searches one by one where an index would have too many trigrams', async () => {
  const tenant = await createTenant(app, 'diverse');
  for (let index = 0; index < SEGMENT; index += 1) await createClient(tenant, { clientId: `diverse-${index}` });
  const segments = "SELECT s.id FROM client_segments s JOIN tenants t ON t.id = s.tenant_id WHERE t.name = 'diverse'";
  const index = new ClientIndexService(app.installation.database, { clients: SEGMENT, trigrams: 20 });
  await index.fill();
  await index.fill();
  expect(await app.database.query(segments)).toEqual([]);
  expect(await walk(tenant, { search: 'diverse-' })).toHaveLength(SEGMENT);
  await fill();
  expect(await app.database.query(segments)).toHaveLength(1);
});

it('searches one by one where the rows of clients are large, which would be written anew at once', async () => {
  const tenant = await createTenant(app, 'large');
  for (let index = 0; index < SEGMENT; index += 1)
    await createClient(tenant, { clientId: `large-${index}`, scopes: ['x'.repeat(100)], audiences: ['https://api.example'] });
  const segments = "SELECT s.id FROM client_segments s JOIN tenants t ON t.id = s.tenant_id WHERE t.name = 'large'";
  await new ClientIndexService(app.installation.database, { clients: SEGMENT, bytes: SEGMENT * 100 }).fill();
  expect(await app.database.query(segments)).toEqual([]);
  expect(await walk(tenant, { search: 'large-' })).toHaveLength(SEGMENT);
  await new ClientIndexService(app.installation.database, { clients: SEGMENT, bytes: SEGMENT * 200 }).fill();
  expect(await app.database.query(segments)).toHaveLength(1);
});

describe('a segment that is being made', () => {
  const segmentsOf = (name: string) =>
    app.database.query('SELECT s.id, s.first_client FROM client_segments s JOIN tenants t ON t.id = s.tenant_id WHERE t.name = ?', [name]);

  /** Does something after each step of what is written. */
  async function watchSteps(work: () => Promise<unknown>, after: (step: number) => Promise<void>): Promise<void> {
    const { database } = app.installation;
    const write = database.write.bind(database);
    let steps = 0;
    database.write = async (inside) => {
      const result = await write(inside);
      steps += 1;
      await after(steps);
      return result;
    };
    await work().finally(() => {
      database.write = write;
    });
  }

  it('takes many small steps, between which others write and all are found', async () => {
    const tenant = await createTenant(app, 'steps');
    const letters = (index: number) => String.fromCodePoint(...Array.from({ length: 90 }, (_, place) => 0x4e00 + index * 90 + place));
    for (let index = 0; index < SEGMENT; index += 1) await createClient(tenant, { clientId: `steps-${index}`, name: letters(index) });
    const found: number[] = [];
    await watchSteps(fill, async () => {
      found.push((await walk(tenant, { search: 'steps-' })).length);
    });
    expect(found.length).toBeGreaterThan(3);
    expect(new Set(found)).toEqual(new Set([SEGMENT]));
    expect(await segmentsOf('steps')).toHaveLength(1);
  });

  it('goes when whoever was at it is gone, and is made anew', async () => {
    const tenant = await createTenant(app, 'undone');
    for (let index = 0; index < SEGMENT; index += 1) await createClient(tenant, { clientId: `undone-${index}` });
    await expect(watchSteps(fill, () => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
    const [left] = await segmentsOf('undone');
    expect(await walk(tenant, { search: 'undone-' })).toHaveLength(SEGMENT);
    const index = new ClientIndexService(app.installation.database, { clients: SEGMENT });
    await index.sweep();
    expect(await segmentsOf('undone')).toEqual([left]);
    await index.sweep();
    expect(await segmentsOf('undone')).toEqual([]);
    await fill();
    expect(await segmentsOf('undone')).toHaveLength(1);
    expect(await walk(tenant, { search: 'undone-' })).toHaveLength(SEGMENT);
  });

  it('is done all the same when a sweep had looked at it just before, and keeps what it has', async () => {
    const tenant = await createTenant(app, 'late');
    for (let index = 0; index < SEGMENT; index += 1) await createClient(tenant, { clientId: `late-${index}` });
    const { database } = app.installation;
    const index = new ClientIndexService(database, { clients: SEGMENT });
    const read = database.read.bind(database);
    const [seen, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let sweeping: Promise<void> | undefined;
    await watchSteps(fill, async (step) => {
      if (step !== 1) return;
      await index.sweep();
      // It is done before the sweep goes on with what it has read.
      database.read = async (work) => {
        const result = await read(work);
        const isOfUndone =
          Array.isArray(result) && result.length > 0 && result.every(({ firstClient }) => String(firstClient).startsWith('-'));
        if (isOfUndone) {
          seen.resolve();
          await done.promise;
        }
        return result;
      };
      sweeping = index.sweep();
      await seen.promise;
      database.read = read;
    });
    done.resolve();
    await sweeping;
    expect(await segmentsOf('late')).toHaveLength(1);
    expect(await walk(tenant, { search: 'late-' })).toHaveLength(SEGMENT);
    const indexed = "SELECT c.id FROM clients c JOIN tenants t ON t.id = c.tenant_id WHERE t.name = 'late' AND c.search_slot IS NOT NULL";
    expect(await app.database.query(indexed)).toHaveLength(SEGMENT);
  });

  it('is given up when somebody removes it meanwhile', async () => {
    const tenant = await createTenant(app, 'removed');
    for (let index = 0; index < SEGMENT; index += 1) await createClient(tenant, { clientId: `removed-${index}` });
    const index = new ClientIndexService(app.installation.database, { clients: SEGMENT });
    await watchSteps(fill, async (step) => {
      if (step !== 1) return;
      await index.sweep();
      await index.sweep();
    });
    expect(await segmentsOf('removed')).toEqual([]);
    expect(await walk(tenant, { search: 'removed-' })).toHaveLength(SEGMENT);
  });
});

it('ends the removal of a segment that was broken off, and tells whoever asked for it of a failure', async () => {
  const tenant = await createTenant(app, 'broken');
  for (let index = 0; index < SEGMENT; index += 1) await createClient(tenant, { clientId: `broken-${index}` });
  await fill();
  const segment = "SELECT s.id, s.first_client FROM client_segments s JOIN tenants t ON t.id = s.tenant_id WHERE t.name = 'broken'";
  const [{ id } = {}] = await app.database.query(segment);
  await app.database.query('UPDATE clients SET search_slot = NULL WHERE search_slot BETWEEN ? AND ?', [
    Number(id) * 4096,
    Number(id) * 4096 + 4095,
  ]);
  await app.database.query('UPDATE client_segments SET first_client = ? WHERE id = ?', [`-${id}`, id]);
  const { database } = app.installation;
  const index = new ClientIndexService(database, { clients: SEGMENT });
  await index.sweep();
  const { write } = database;
  database.write = () => Promise.reject(new Error('away'));
  await expect(index.sweep()).rejects.toThrow('away');
  database.write = write;
  await index.sweep();
  expect(await app.database.query(segment)).toEqual([]);
});

it('finds all in a segment that is on its way out', async () => {
  const tenant = await createTenant(app, 'leaving');
  for (let index = 0; index < SEGMENT; index += 1) await createClient(tenant, { clientId: `leaving-${index}` });
  await fill();
  for (const clientId of ['leaving-0', 'leaving-2', 'leaving-3']) await tenant.administer(DELETE, { clientId });
  const { database } = app.installation;
  const write = database.write.bind(database);
  const found: number[] = [];
  // After each step of the sweep.
  const watched: typeof database.write = async (work) => {
    const result = await write(work);
    found.push((await walk(tenant, { search: 'leaving-' })).length);
    return result;
  };
  database.write = watched;
  const index = new ClientIndexService(database, { clients: SEGMENT });
  for (let round = 0; round < 10; round += 1) await index.sweep();
  database.write = write;
  expect(found.length).toBeGreaterThan(2);
  expect(new Set(found)).toEqual(new Set([3]));
});

it('takes what was indexed of a tenant with it', async () => {
  const gone = await createTenant(app, 'gone');
  for (let index = 0; index < SEGMENT; index += 1) await createClient(gone, { clientId: `gone-${index}` });
  const count = async (table: string) => Number((await app.database.query(`SELECT COUNT(*) AS count FROM ${table}`))[0]?.count);
  const before = [await count('client_segments'), await count('client_grams')];
  await fill();
  expect(await count('client_segments')).toBe((before[0] as number) + 1);
  const host = new URL(gone.url).host;
  await app.administer('mutation ($host: String!) { updateTenant(host: $host, input: { enabled: false }) { id } }', { host });
  await app.administer('mutation ($host: String!) { deleteTenant(host: $host) { host } }', { host });
  expect([await count('client_segments'), await count('client_grams')]).toEqual(before);
});

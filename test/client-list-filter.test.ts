import type { Answer } from '../testbed/answer.js';
import { createClient, createTenant, getToken, startApp, type TestApp } from '../testbed/app.js';
import { advanceClock, resetClock } from '../testbed/clock.js';

const PAGE = `query ($search: String, $filter: ClientFilter, $first: Int, $after: String, $orderBy: ClientOrder) {
  clients(search: $search, filter: $filter, first: $first, after: $after, orderBy: $orderBy) {
    nodes { clientId } pageInfo { hasNextPage endCursor } totalCount } }`;
const ROTATE = `mutation ($clientId: String!, $overlapSeconds: Int) {
  rotateClientSecret(clientId: $clientId, overlapSeconds: $overlapSeconds) { client { secrets { expiresAt } } } }`;
const OLD = '2025-01-01T00:00:00.000Z';
const LAST_YEAR = '2025-06-01T12:00:00.500Z';
const LATELY = '2025-11-01T00:00:00.000Z';

/** By client id: when it was created and last used, and whether it is enabled. */
const CLIENTS: Record<string, { createdAt: string; lastUsedAt: string | null; enabled: boolean }> = {
  admin: { createdAt: LATELY, lastUsedAt: LATELY, enabled: true },
  busy: { createdAt: OLD, lastUsedAt: LATELY, enabled: true },
  fresh: { createdAt: LATELY, lastUsedAt: null, enabled: true },
  idle: { createdAt: OLD, lastUsedAt: LAST_YEAR, enabled: true },
  'off-fresh': { createdAt: LATELY, lastUsedAt: null, enabled: false },
  'off-idle': { createdAt: OLD, lastUsedAt: LAST_YEAR, enabled: false },
  stale: { createdAt: LAST_YEAR, lastUsedAt: null, enabled: true },
};

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  for (const [clientId, { createdAt, lastUsedAt, enabled }] of Object.entries(CLIENTS)) {
    if (clientId !== 'admin') await createClient(app, { clientId, name: `Name ${clientId}` });
    if (!enabled) await app.administer(`mutation { updateClient(clientId: "${clientId}", input: { enabled: false }) { id } }`);
    const moments = [stored(createdAt), lastUsedAt && stored(lastUsedAt), clientId];
    await app.database.query('UPDATE clients SET created_at = ?, last_used_at = ? WHERE client_id = ?', moments);
  }
});
afterEach(resetClock);
afterAll(() => app.stop());

/** A moment as both databases keep it. */
const stored = (moment: string) => moment.replace('T', ' ').slice(0, -1);
const after = (moment: string) => new Date(Date.parse(moment) + 1).toISOString();
const idsOf = ({ body }: Answer): string[] => body.data.clients.nodes.map(({ clientId }: { clientId: string }) => clientId);
const list = async (variables: object) => idsOf(await app.administer(PAGE, variables)).toSorted();

/** Walks a list to its end. */
async function walk(variables: object): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const answer: Answer = await app.administer(PAGE, { ...variables, after });
    ids.push(...idsOf(answer));
    ({ endCursor: after, hasNextPage: more } = answer.body.data.clients.pageInfo);
  }
  return ids;
}

const FILTERS: [filter: object, expected: string[]][] = [
  [{}, Object.keys(CLIENTS)],
  [{ enabled: null, neverUsed: null, unusedSince: null, secretExpiresBefore: null }, Object.keys(CLIENTS)],
  [{ enabled: true }, ['admin', 'busy', 'fresh', 'idle', 'stale']],
  [{ enabled: false }, ['off-fresh', 'off-idle']],
  [{ neverUsed: true }, ['fresh', 'off-fresh', 'stale']],
  [{ neverUsed: false }, ['admin', 'busy', 'idle', 'off-idle']],
  [{ unusedSince: LAST_YEAR }, []],
  [{ unusedSince: after(LAST_YEAR) }, ['idle', 'off-idle', 'stale']],
  [{ unusedSince: LATELY }, ['idle', 'off-idle', 'stale']],
  [{ unusedSince: after(LATELY) }, Object.keys(CLIENTS)],
  [{ unusedSince: '2025-06-01T14:00:00.501+02:00' }, ['idle', 'off-idle', 'stale']],
  [{ secretExpiresBefore: '2999-01-01T00:00:00Z' }, []],
  [{ enabled: true, neverUsed: true }, ['fresh', 'stale']],
  [{ neverUsed: true, unusedSince: LATELY }, ['stale']],
  [{ neverUsed: false, unusedSince: LATELY }, ['idle', 'off-idle']],
  [{ enabled: false, neverUsed: false, unusedSince: LATELY }, ['off-idle']],
  [{ enabled: false, neverUsed: true, unusedSince: LATELY }, []],
];

it.each(FILTERS)('lists and counts with %j', async (filter, expected) => {
  const answer = await app.administer(PAGE, { filter });
  expect(idsOf(answer)).toEqual(expected);
  expect(answer.body.data.clients.totalCount).toBe(expected.length);
});

it.each(['NAME', 'CLIENT_ID', 'CREATED_AT', 'LAST_USED_AT'])('walks what a filter leaves by %s, in both directions', async (field) => {
  for (const [filter, expected] of FILTERS) {
    const whole = await walk({ first: 100, filter, orderBy: { field } });
    expect(whole.toSorted()).toEqual(expected.toSorted());
    for (const first of [1, 2]) expect(await walk({ first, filter, orderBy: { field } })).toEqual(whole);
    expect(await walk({ first: 2, filter, orderBy: { field, direction: 'DESC' } })).toEqual(whole.toReversed());
  }
});

it.each([
  ['idle', { enabled: true }, ['idle']],
  ['OFF-', { unusedSince: LATELY }, ['off-idle']],
  ['e', { neverUsed: true, enabled: true }, ['fresh', 'stale']],
  ['busy', { enabled: false }, []],
])('applies the search %p and %j together', async (search, filter, expected) => {
  const answer = await app.administer(PAGE, { search, filter, first: 1 });
  expect(idsOf(answer)).toEqual(expected.slice(0, 1));
  expect(answer.body.data.clients.totalCount).toBe(expected.length);
  for (const direction of ['ASC', 'DESC'])
    expect((await walk({ search, filter, first: 1, orderBy: { field: 'LAST_USED_AT', direction } })).toSorted()).toEqual(expected);
});

it('counts what matches on all pages, on each of them', async () => {
  const { endCursor } = (await app.administer(PAGE, { filter: { enabled: true }, first: 2 })).body.data.clients.pageInfo;
  const { clients } = (await app.administer(PAGE, { filter: { enabled: true }, first: 2, after: endCursor })).body.data;
  expect([clients.nodes.length, clients.totalCount, clients.pageInfo.hasNextPage]).toEqual([2, 5, true]);
});

it('knows of a use once it is flushed', async () => {
  const filter = { neverUsed: true };
  const client = await createClient(app, { clientId: 'first-use' });
  expect(await list({ filter, search: 'first-use' })).toEqual(['first-use']);
  await getToken(app, client);
  await app.installation.use.flush();
  expect(await list({ filter, search: 'first-use' })).toEqual([]);
  await app.api.deleteClient('first-use');
});

describe('secretExpiresBefore', () => {
  const endOf = async (clientId: string, overlapSeconds: number): Promise<string> => {
    const { body } = await app.administer(ROTATE, { clientId, overlapSeconds });
    const ends = body.data.rotateClientSecret.client.secrets.map(({ expiresAt }: { expiresAt: string | null }) => expiresAt);
    return ends.find((expiresAt: string | null) => expiresAt !== null);
  };
  const expiring = (secretExpiresBefore: string) => list({ search: 'secret-', filter: { secretExpiresBefore } });

  beforeEach(async () => {
    for (const clientId of ['secret-a', 'secret-b', 'secret-c']) await createClient(app, { clientId });
  });
  afterEach(async () => {
    resetClock();
    for (const clientId of ['secret-a', 'secret-b', 'secret-c'])
      await app.administer('mutation ($clientId: String!) { deleteClient(clientId: $clientId) { clientId } }', { clientId });
  });

  it('finds a secret that ends before the moment, and not one that ends at it', async () => {
    const [first, second] = [await endOf('secret-a', 3600), await endOf('secret-b', 7200)];
    expect(await expiring(first)).toEqual([]);
    expect(await expiring(after(first))).toEqual(['secret-a']);
    expect(await expiring(second)).toEqual(['secret-a']);
    expect(await expiring(after(second))).toEqual(['secret-a', 'secret-b']);
  });

  it('passes over a secret that works no more', async () => {
    await endOf('secret-a', 3600);
    await endOf('secret-b', 7200);
    await endOf('secret-c', 0);
    expect(await expiring('2999-01-01T00:00:00Z')).toEqual(['secret-a', 'secret-b']);
    advanceClock(3600);
    expect(await expiring('2999-01-01T00:00:00Z')).toEqual(['secret-b']);
  });

  it('finds a client with two such secrets once', async () => {
    await endOf('secret-a', 3600);
    await app.database.query(
      `UPDATE client_secrets SET expires_at = '2998-12-31 23:59:59.999'
       WHERE client_row_id = (SELECT id FROM clients WHERE client_id = 'secret-a')`,
    );
    const answer = await app.administer(PAGE, { filter: { secretExpiresBefore: '2999-01-01T00:00:00Z' } });
    expect([idsOf(answer), answer.body.data.clients.totalCount]).toEqual([['secret-a'], 1]);
  });

  it('goes together with the rest', async () => {
    for (const clientId of ['secret-a', 'secret-b']) await endOf(clientId, 3600);
    await app.api.updateClient('secret-a', { enabled: false });
    const filter = { secretExpiresBefore: '2999-01-01T00:00:00Z', neverUsed: true };
    for (const field of ['NAME', 'LAST_USED_AT']) {
      const orderBy = { field, direction: 'DESC' };
      expect(await walk({ first: 1, filter, orderBy })).toHaveLength(2);
      expect(await walk({ first: 1, filter: { ...filter, enabled: false }, orderBy })).toEqual(['secret-a']);
      expect(await walk({ first: 1, filter: { ...filter, unusedSince: LATELY }, orderBy })).toEqual([]);
    }
  });

  it("knows nothing of another tenant's", async () => {
    const other = await createTenant(app, 'other');
    await createClient(other, { clientId: 'secret-z' });
    await other.administer(ROTATE, { clientId: 'secret-z', overlapSeconds: 3600 });
    expect(await expiring('2999-01-01T00:00:00Z')).toEqual([]);
    expect(idsOf(await other.administer(PAGE, { filter: { secretExpiresBefore: '2999-01-01T00:00:00Z' } }))).toEqual(['secret-z']);
  });
});

it.each(['unusedSince', 'secretExpiresBefore'])('takes any moment for %s', async (field) => {
  for (const moment of ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+12:00', '0999-06-01T00:00:00Z'])
    expect(await list({ filter: { [field]: moment } })).toEqual([]);
  const { body } = await app.administer(PAGE, { filter: { [field]: '9999-12-31T23:59:59.999-12:00' } });
  expect(body.data.clients.totalCount).toBe(field === 'unusedSince' ? Object.keys(CLIENTS).length : 0);
});

it.each([
  [{ enabled: 'yes' }, 'filter.enabled'],
  [{ neverUsed: 1 }, 'filter.neverUsed'],
  [{ unusedSince: 'yesterday' }, 'filter.unusedSince'],
  [{ unusedSince: '2025-02-30T00:00:00Z' }, 'filter.unusedSince'],
  [{ secretExpiresBefore: '' }, 'filter.secretExpiresBefore'],
])('refuses the filter %j', async (filter, path) => {
  const { body } = await app.administer(PAGE, { filter });
  expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
});

import fc from 'fast-check';
import { ClientSecret } from '../src/clients/client-secret.entity.js';
import { ClientOrderField, OrderDirection } from '../src/clients/list/client-filter.input.js';
import { ClientListService, type SearchLimits } from '../src/clients/list/client-list.service.js';
import { ClientIndexService } from '../src/clients/search/client-index.service.js';
import { toSearchText } from '../src/platform/search-text.js';
import type { TenantContext } from '../src/tenants/caller.js';
import { createClient, createTenant, startApp, type TestApp, type TestTenant } from '../testbed/app.js';

const DELETE = 'mutation ($clientId: String!) { deleteClient(clientId: $clientId) { clientId } }';
const SEGMENT = 3;
const ADMINISTRATOR = { name: 'Administrator', isEnabled: true, used: null, ends: [] };

/** What may happen to a tenant. */
type Step = { make: Made } | { remove: number } | { index: true } | Search;
/** What a client is like. */
interface Made {
  name: string;
  isEnabled: boolean;
  /** When it was used last, in days ago. */
  used: number | null;
  /** When secrets of it end, in days from now. */
  ends: number[];
}
interface Search {
  search: string;
  filter: { enabled: boolean | null; neverUsed: boolean | null; unusedSince: number | null; secretExpiresBefore: number | null };
  first: number;
  orderBy: { field: ClientOrderField; direction: OrderDirection };
  limits: SearchLimits;
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', 'ع', '🦄', '1', '-'), minLength: 1, maxLength: 5 });
const oneOf = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { freq: 2 });
/** So small that a search goes each of its ways, and stops in the middle of it. */
const limit = fc.constantFrom(0, 1, 3, 10);
const size = fc.constantFrom(1, 2, 5, 100);
const made = fc.record<Made>({
  name: text,
  isEnabled: fc.boolean(),
  used: oneOf(1, 2, 3),
  ends: fc.array(fc.constantFrom(1, 2, 3), { maxLength: 3 }),
});
const search = fc.record<Search>({
  search: fc.oneof(text, fc.constant('')),
  filter: fc.record({
    enabled: oneOf(true, false),
    neverUsed: oneOf(true, false),
    unusedSince: oneOf(-1.5, -2.5),
    secretExpiresBefore: oneOf(1.5, 2.5),
  }),
  first: fc.integer({ min: 1, max: 4 }),
  orderBy: fc.record({
    field: fc.constantFrom(...Object.values(ClientOrderField)),
    direction: fc.constantFrom(...Object.values(OrderDirection)),
  }),
  limits: fc.record({
    firstLook: limit,
    few: limit,
    secondLook: limit,
    lookedAtOnce: size,
    many: limit,
    inIndex: size,
    inRows: size,
    byId: size,
    ending: size,
  }),
});
const step = fc.oneof(
  { weight: 5, arbitrary: made.map((make): Step => ({ make })) },
  { weight: 1, arbitrary: fc.nat(20).map((remove): Step => ({ remove })) },
  { weight: 1, arbitrary: fc.constant<Step>({ index: true }) },
  { weight: 4, arbitrary: search as fc.Arbitrary<Step> },
);

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

/** A tenant beside what should be in it, by client id. */
interface Pair {
  tenant: TestTenant;
  context: TenantContext;
  clients: Map<string, Made>;
}

const DAY_MS = 24 * 3_600_000;
const began = Date.now();
const momentOf = (days: number) => new Date(began + days * DAY_MS);

const filterOf = ({ enabled, neverUsed, unusedSince, secretExpiresBefore }: Search['filter']) => ({
  enabled,
  neverUsed,
  unusedSince: unusedSince === null ? null : momentOf(unusedSince),
  secretExpiresBefore: secretExpiresBefore === null ? null : momentOf(secretExpiresBefore),
});

async function walk({ context }: Pair, { limits, filter, ...request }: Partial<Search>): Promise<string[]> {
  const list = new ClientListService(app.installation.database, limits);
  const found: string[] = [];
  for (let after: string | null = null, more = true; more; ) {
    // One object a request, as it is outside of tests.
    const wanted = { first: 100, ...request, ...(filter && { filter: filterOf(filter) }), after };
    const page: Awaited<ReturnType<typeof list.list>> = await list.list({ ...context }, wanted);
    found.push(...page.nodes.map(({ clientId }) => clientId));
    ({ endCursor: after, hasNextPage: more } = page.pageInfo);
  }
  return found;
}

async function make({ tenant, clients }: Pair, made: Made): Promise<void> {
  const clientId = String(clients.size + 1000 * Math.random());
  await createClient(tenant, { clientId, name: made.name });
  clients.set(clientId, made);
  await app.installation.database.write(async (manager) => {
    const secret = await manager.findOneByOrFail(ClientSecret, { client: { clientId } });
    const used = made.used === null ? null : app.installation.database.moment(momentOf(-made.used));
    await manager.query('UPDATE clients SET enabled = ?, last_used_at = ? WHERE client_id = ?', [Number(made.isEnabled), used, clientId]);
    for (const [index, days] of made.ends.entries())
      await manager.insert(ClientSecret, { ...secret, id: `${index} ${clientId}`, lookupDigest: null, expiresAt: momentOf(days) });
  });
}

async function take(pair: Pair, one: Step): Promise<void> {
  const { tenant, clients } = pair;
  if ('make' in one) {
    await make(pair, one.make);
  } else if ('remove' in one) {
    const clientId = [...clients.keys()][one.remove + 1];
    if (!clientId) return;
    await tenant.administer(DELETE, { clientId });
    clients.delete(clientId);
  } else if ('index' in one) {
    await new ClientIndexService(app.installation.database, { clients: SEGMENT }).fill();
  } else {
    await expectAlike(pair, one);
  }
}

function applies({ enabled, neverUsed, unusedSince, secretExpiresBefore }: Search['filter'], { isEnabled, used, ends }: Made): boolean {
  return (
    (enabled ?? isEnabled) === isEnabled &&
    (neverUsed ?? used === null) === (used === null) &&
    // All were made just now.
    (unusedSince === null || (used !== null && -used < unusedSince)) &&
    (secretExpiresBefore === null || ends.some((days) => days < secretExpiresBefore))
  );
}

/** The order is that of the whole list, which no search has part in. */
async function expectAlike(pair: Pair, one: Search): Promise<void> {
  const all = await walk(pair, { orderBy: one.orderBy });
  expect(all.toSorted()).toEqual([...pair.clients.keys()].toSorted());
  const wanted = toSearchText(one.search);
  const expected = all.filter((clientId) => {
    const made = pair.clients.get(clientId) as Made;
    return toSearchText(`${made.name}\n${clientId}`).includes(wanted) && applies(one.filter, made);
  });
  expect(await walk(pair, one)).toEqual(expected);
  const asked = { search: one.search, filter: filterOf(one.filter) };
  expect(await new ClientListService(app.installation.database, one.limits).count(pair.context, asked)).toBe(expected.length);
}

it('searches as a model does, whatever is made, deleted and indexed between', async () => {
  let run = 0;
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
    const tenant = await createTenant(app, `model-${run++}`);
    const context = await app.installation.directory.find(new URL(tenant.url).host);
    if (!context) throw new Error('there is no such tenant');
    const pair = { tenant, context, clients: new Map([['admin', ADMINISTRATOR]]) };
    for (const one of steps) await take(pair, one);
  });
  await fc.assert(property, { numRuns: 12 });
});

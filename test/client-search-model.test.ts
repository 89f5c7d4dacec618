import fc from 'fast-check';
import { ClientOrderField, OrderDirection } from '../src/clients/client.input.js';
import { ClientListService, type SearchLimits } from '../src/clients/list/client-list.service.js';
import { ClientIndexService } from '../src/clients/search/client-index.service.js';
import { toSearchText } from '../src/platform/search-text.js';
import type { TenantContext } from '../src/tenants/caller.js';
import { createClient, createTenant, startApp, type TestApp, type TestTenant } from './support/app.js';

const DELETE = 'mutation ($clientId: String!) { deleteClient(clientId: $clientId) { clientId } }';
const SEGMENT = 3;

/** What may happen to a tenant. */
type Step = { make: string } | { remove: number } | { index: true } | Search;
interface Search {
  search: string;
  first: number;
  orderBy: { field: ClientOrderField; direction: OrderDirection };
  limits: SearchLimits;
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', 'ع', '🦄', '1', '-'), minLength: 1, maxLength: 5 });
/** So small that a search goes each of its ways, and stops in the middle of it. */
const limit = fc.constantFrom(0, 1, 3, 10);
const search = fc.record<Search>({
  search: text,
  first: fc.integer({ min: 1, max: 4 }),
  orderBy: fc.record({
    field: fc.constantFrom(...Object.values(ClientOrderField)),
    direction: fc.constantFrom(...Object.values(OrderDirection)),
  }),
  limits: fc.record({ firstLook: limit, few: limit, secondLook: limit, many: limit }),
});
const step = fc.oneof(
  { weight: 5, arbitrary: text.map((make): Step => ({ make })) },
  { weight: 1, arbitrary: fc.nat(20).map((remove): Step => ({ remove })) },
  { weight: 1, arbitrary: fc.constant<Step>({ index: true }) },
  { weight: 4, arbitrary: search as fc.Arbitrary<Step> },
);

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

/** A tenant beside what should be in it: the names by client id. */
interface Pair {
  tenant: TestTenant;
  context: TenantContext;
  names: Map<string, string>;
}

async function walk({ context }: Pair, { limits, ...request }: Partial<Search>): Promise<string[]> {
  const list = new ClientListService(app.installation.database, limits);
  const found: string[] = [];
  for (let after: string | null = null, more = true; more; ) {
    // One object a request, as it is outside of tests.
    const page: Awaited<ReturnType<typeof list.list>> = await list.list({ ...context }, { first: 100, ...request, after });
    found.push(...page.nodes.map(({ clientId }) => clientId));
    ({ endCursor: after, hasNextPage: more } = page.pageInfo);
  }
  return found;
}

async function take(pair: Pair, one: Step): Promise<void> {
  const { tenant, names } = pair;
  if ('make' in one) {
    const clientId = String(names.size + 1000 * Math.random());
    await createClient(tenant, { clientId, name: one.make });
    names.set(clientId, one.make);
  } else if ('remove' in one) {
    const clientId = [...names.keys()][one.remove + 1];
    if (!clientId) return;
    await tenant.administer(DELETE, { clientId });
    names.delete(clientId);
  } else if ('index' in one) {
    await new ClientIndexService(app.installation.database, SEGMENT).fill();
  } else {
    await expectAlike(pair, one);
  }
}

/** The order is that of the whole list, which no search has part in. */
async function expectAlike(pair: Pair, one: Search): Promise<void> {
  const all = await walk(pair, { orderBy: one.orderBy });
  expect(all.toSorted()).toEqual([...pair.names.keys()].toSorted());
  const wanted = toSearchText(one.search);
  const expected = all.filter((clientId) => toSearchText(`${pair.names.get(clientId)}\n${clientId}`).includes(wanted));
  expect(await walk(pair, one)).toEqual(expected);
  expect(await new ClientListService(app.installation.database).count(pair.context, one)).toBe(expected.length);
}

it('searches as a model does, whatever is made, deleted and indexed between', async () => {
  let run = 0;
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
    const tenant = await createTenant(app, `model-${run++}`);
    const context = await app.installation.directory.find(new URL(tenant.url).host);
    if (!context) throw new Error('there is no such tenant');
    const pair = { tenant, context, names: new Map([['admin', 'Administrator']]) };
    for (const one of steps) await take(pair, one);
  });
  await fc.assert(property, { numRuns: 12 });
});

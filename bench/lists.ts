import { loadBuilt, openBuilt } from './built.ts';
import { administer, median } from './client.ts';
import { recordQueries } from './recorded-queries.ts';
import { startLatchkey } from './subject.ts';

const ROUNDS = 15;
const MOST_COUNTS = 3;
const PAGE = 50;
const FIELDS = ['NAME', 'CLIENT_ID', 'CREATED_AT', 'LAST_USED_AT'];
const DIRECTIONS = ['ASC', 'DESC'];
/** How much of a list is before a page. */
const PLACES: [string, number][] = [
  ['first', 0],
  ['middle', 0.5],
  ['last', 1],
];
const SEARCHES: [what: string, search: string][] = [
  ['many: a quarter', 'prod'],
  ['many: all', 'r'],
  ['some: one in a hundred', 'zoning'],
  ['some: two words', 'invoice gateway'],
  ['some: parts of words', 'ner-wo'],
  ['few', 'zoning validator zurich'],
  ['one', '0000777'],
  ['none', 'nothing like it'],
  ['none, of frequent parts', 'staging-production-gateway'],
  ['none, of a number', '987654321'],
  ['two letters, many', 'st'],
  ['two letters, few', 'qz'],
  ['one letter', 'x'],
  ['one sign', '%'],
  ['accents', 'Žluťoučký'],
  ['Arabic', 'الرياض'],
  ['two Arabic letters', 'يا'],
  ['emoji', '🦄'],
];
const FILTERS: [what: string, match: object][] = [
  ['never used', { filter: { neverUsed: true } }],
  ['disabled', { filter: { enabled: false } }],
  ['unused for 300 days', { filter: { unusedSince: new Date(Date.now() - 300 * 86_400_000) } }],
  ['unused for 900 days', { filter: { unusedSince: new Date(Date.now() - 900 * 86_400_000) } }],
  ['secret that expires', { filter: { secretExpiresBefore: new Date('2999-01-01T00:00:00Z') } }],
  ['disabled, search prod', { filter: { enabled: false }, search: 'prod' }],
  ['disabled, search zoning', { filter: { enabled: false }, search: 'zoning' }],
];
const LIST = `query ($search: String, $filter: ClientFilter, $after: String, $orderBy: ClientOrder) {
  clients(first: ${PAGE}, search: $search, filter: $filter, after: $after, orderBy: $orderBy) {
    nodes { name clientId accessTokenLifetime enabled createdAt lastUsedAt } pageInfo { endCursor hasNextPage } } }`;
const COUNT = 'query ($search: String, $filter: ClientFilter) { clients(first: 1, search: $search, filter: $filter) { totalCount } }';

/** What one list or count took. */
export interface ListRow {
  database: string;
  clients: number;
  list: string;
  /** How many clients were on the page, or were counted. */
  found: number;
  /** Of the service alone, hydration included; medians. */
  'service, ms': number;
  'slowest, ms': number;
  /** Of a request to `/graphql`; medians. */
  'endpoint, ms'?: number;
  /** What the database says of each query of it. */
  plans: string[];
}

interface Case {
  list: string;
  variables: Record<string, unknown>;
  isCount?: boolean;
}

/**
 * Lists, searches and counts the clients of the home tenant.
 * @param place a database that was seeded, as the tables call it, and the settings of its server
 * @param rounds how often each is asked
 */
export async function measureLists(place: { database: string; env: Record<string, string> }, rounds = ROUNDS): Promise<ListRow[]> {
  const installation = await openBuilt(place.env);
  await installation.index.fill();
  const { ClientListService } = await loadBuilt('clients/list/client-list.service.js');
  const service = new ClientListService(installation.database);
  const context = () => ({ ...installation.home });
  const clients: number = await service.count(context(), {});
  const cases = [...(await orderCases(service, context)), ...searchCases()];
  const rows: ListRow[] = [];
  for (const { isCount = false, list, variables } of cases) {
    const run = () => (isCount ? service.count(context(), variables) : service.list(context(), { ...variables, first: PAGE }));
    const plans = await recordQueries(installation.database, run);
    const result = await run();
    const times = await repeat(isCount ? Math.min(rounds, MOST_COUNTS) : rounds, run);
    const found = isCount ? result : result.nodes.length;
    rows.push({
      database: place.database,
      clients,
      list,
      found,
      ...{ 'service, ms': round(median(times)), 'slowest, ms': round(Math.max(...times)) },
      plans,
    });
  }
  await installation.database.close();
  await measureEndpoint(place, { cases, rows, rounds });
  return rows;
}

/** Apart from the rest, which would block this thread and let connections go stale. */
async function measureEndpoint(
  { database, env }: { database: string; env: Record<string, string> },
  { cases, rows, rounds }: { cases: readonly Case[]; rows: readonly ListRow[]; rounds: number },
): Promise<void> {
  // Without an issuer the home tenant is wherever the server listens.
  const { ISSUER: _, ...here } = env;
  const subject = await startLatchkey(database, here);
  for (const [index, { isCount, variables }] of cases.entries()) {
    const run = () => administer(subject, isCount ? COUNT : LIST, variables);
    const times = await repeat(isCount ? Math.min(rounds, MOST_COUNTS) : rounds, run);
    Object.assign(rows[index] as ListRow, { 'endpoint, ms': round(median(times)) });
  }
  await subject.stop();
}

/** Prints what {@link measureLists} measured. */
export function printLists(rows: readonly ListRow[]): void {
  console.table(rows.map(({ plans: _, ...shown }) => shown));
}

type Lister = { list(caller: object, request: object): Promise<{ pageInfo: { startCursor: string; endCursor: string }; nodes: object[] }> };

async function orderCases(
  service: Lister & { count(caller: object, match: object): Promise<number> },
  context: () => object,
): Promise<Case[]> {
  const cases: Case[] = [];
  for (const field of FIELDS) {
    for (const direction of DIRECTIONS) {
      const orderBy = { field, direction };
      for (const [name, part] of PLACES) {
        const after = part === 0 ? null : await cursorAt(service, context, orderBy, part);
        cases.push({ list: `${field} ${direction}, ${name} page`, variables: { orderBy, after } });
      }
    }
  }
  return cases;
}

/** The cursor after which half a list follows, or its last page. */
async function cursorAt(
  service: Lister,
  context: () => object,
  orderBy: { field: string; direction: string },
  part: number,
): Promise<string> {
  const { toCursor } = await loadBuilt('platform/graphql/connection.js');
  const opposite = { ...orderBy, direction: orderBy.direction === 'ASC' ? 'DESC' : 'ASC' };
  if (part === 1) return (await service.list(context(), { orderBy: opposite, first: PAGE })).pageInfo.endCursor;
  const middles: Record<string, string> = {
    NAME: 'market',
    CLIENT_ID: 'market',
    CREATED_AT: new Date(Date.now() - 500 * 86_400_000).toISOString(),
    LAST_USED_AT: new Date(Date.now() - 40 * 86_400_000).toISOString(),
  };
  return toCursor(orderBy.field, middles[orderBy.field], '0');
}

function searchCases(): Case[] {
  const matches: [string, object][] = [
    ...SEARCHES.map(([what, search]): [string, object] => [`search: ${what} (${search})`, { search }]),
    ...FILTERS,
  ];
  const orders: [string, object][] = [
    ['', {}],
    [', by use DESC', { orderBy: { field: 'LAST_USED_AT', direction: 'DESC' } }],
  ];
  return [
    ...matches.flatMap(([list, match]) => orders.map(([by, order]) => ({ list: list + by, variables: { ...match, ...order } }))),
    ...[['all', {}] as [string, object], ...matches].map(([list, match]) => ({
      list: `count ${list}`,
      variables: { ...match },
      isCount: true,
    })),
  ];
}

async function repeat(rounds: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return times;
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

import type { Answer } from '../testbed/answer.js';
import { createClient, startApp, type TestApp } from '../testbed/app.js';

const PAGE = `query ($search: String, $first: Int, $after: String, $orderBy: ClientOrder) {
  clients(search: $search, first: $first, after: $after, orderBy: $orderBy) {
    edges { cursor node { clientId } } nodes { clientId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`;
const NAMES: [string, string][] = [
  ['zebra', 'Zebra'],
  ['apple', 'apple'],
  ['emile', 'Émile'],
  ['eve', 'Eve'],
  ['twin-b', 'Twin'],
  ['twin-a', 'Twin'],
  ['arabic', 'مبيعات الرياض'],
  ['percent', '100% real_name'],
  ['quote', "O'Hara"],
];

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  for (const [clientId, name] of NAMES) await createClient(app, { clientId, name });
});
afterAll(() => app.stop());

const idsOf = ({ body }: Answer): string[] => body.data.clients.nodes.map(({ clientId }: { clientId: string }) => clientId);
const fieldsOf = ({ body }: Answer) => body.errors?.[0].extensions.fields.map(({ path }: { path: string }) => path);

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

it('lists by name, upper and lower case and accents aside, and keeps an order among equal names', async () => {
  const ids = await walk({ first: 50 });
  expect(ids.filter((id) => !id.startsWith('twin'))).toEqual(['percent', 'admin', 'apple', 'emile', 'eve', 'quote', 'zebra', 'arabic']);
  expect(await walk({ first: 50 })).toEqual(ids);
});

it.each(['NAME', 'CLIENT_ID', 'CREATED_AT'])('walks every client once by %s, page by page and in both directions', async (field) => {
  const whole = await walk({ first: 100, orderBy: { field } });
  expect(new Set(whole).size).toBe(NAMES.length + 1);
  for (const first of [1, 2, 3, 7]) expect(await walk({ first, orderBy: { field } })).toEqual(whole);
  expect(await walk({ first: 2, orderBy: { field, direction: 'DESC' } })).toEqual(whole.toReversed());
});

it('sorts client ids character by character', async () => {
  const ids = await walk({ orderBy: { field: 'CLIENT_ID' } });
  expect(ids).toEqual(ids.toSorted());
});

it('says where a page stands', async () => {
  const first = (await app.administer(PAGE, { first: 4 })).body.data.clients;
  expect(first.pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: first.edges[0].cursor,
    endCursor: first.edges[3].cursor,
  });
  const last = (await app.administer(PAGE, { first: 100, after: first.pageInfo.endCursor })).body.data.clients;
  expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  expect([first.totalCount, last.totalCount]).toEqual([10, 10]);
});

it('keeps its place when clients come and go', async () => {
  const { endCursor } = (await app.administer(PAGE, { first: 3 })).body.data.clients.pageInfo;
  const rest = idsOf(await app.administer(PAGE, { after: endCursor }));
  await createClient(app, { clientId: 'early', name: '000' });
  await app.api.deleteClient('apple');
  expect(idsOf(await app.administer(PAGE, { after: endCursor }))).toEqual(rest);
  await app.api.deleteClient('early');
  await createClient(app, { clientId: 'apple', name: 'apple' });
});

it.each([
  ['EBR', ['zebra']],
  ['emile', ['emile']],
  ['ÉMILE', ['emile']],
  ['TWIN-', ['twin-a', 'twin-b']],
  ['  zebra  ', ['zebra']],
  ['الرياض', ['arabic']],
  ['%', ['percent']],
  ['_', ['percent']],
  ["'", ['quote']],
  ['\\', []],
  ['nothing like it', []],
  ['', undefined],
])('finds %p within name and client id', async (search, expected) => {
  const answer = await app.administer(PAGE, { search });
  expect(idsOf(answer).toSorted()).toEqual(expected ?? expect.arrayContaining(['zebra', 'admin']));
  expect(answer.body.data.clients.totalCount).toBe(idsOf(answer).length);
});

it('answers an empty list with nothing before and after', async () => {
  const { body } = await app.administer(PAGE, { search: 'nothing like it' });
  expect(body.data.clients).toEqual({
    edges: [],
    nodes: [],
    totalCount: 0,
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  });
});

it('counts only when asked', async () => {
  const queries = await queriesOf('{ clients { nodes { clientId } } }');
  expect(queries.filter((sql) => /count\(/i.test(sql))).toEqual([]);
  expect((await queriesOf('{ clients { totalCount } }')).filter((sql) => /count\(/i.test(sql))).toHaveLength(1);
});

it('reads the secrets of a whole page in one query', async () => {
  const queries = await queriesOf('{ clients { nodes { secrets { hint } } } }');
  expect(queries.filter((sql) => /^SELECT .*lookup_digest.* FROM .?client_secrets/.test(sql))).toHaveLength(1);
});

it.each([0, -1, 101, 2_000_000_000])('refuses a page of %p', async (first) => {
  expect(fieldsOf(await app.administer(PAGE, { first }))).toEqual(['first']);
});

it.each([
  '',
  'x',
  'bm90IGpzb24',
  Buffer.from('[]').toString('base64url'),
  Buffer.from('["CLIENT_ID","a","b"]').toString('base64url'),
  Buffer.from('["NAME",1,2]').toString('base64url'),
  Buffer.from('{"a":1}').toString('base64url'),
])('refuses the cursor %p', async (after) => {
  expect(fieldsOf(await app.administer(PAGE, { after }))).toEqual(['after']);
});

it('refuses a cursor of another order', async () => {
  const { endCursor } = (await app.administer(PAGE, { first: 2 })).body.data.clients.pageInfo;
  expect(fieldsOf(await app.administer(PAGE, { after: endCursor, orderBy: { field: 'CREATED_AT' } }))).toEqual(['after']);
});

it('names the argument when its type is wrong', async () => {
  expect(fieldsOf(await app.administer('{ clients(first: "ten") { totalCount } }'))).toEqual(['first']);
});

/** The SQL that an operation runs. */
async function queriesOf(query: string): Promise<string[]> {
  const { database } = app.installation;
  const seen: string[] = [];
  const read = database.read;
  database.read = (work) =>
    read.call(database, (manager) => {
      const runner = manager.connection.createQueryRunner();
      const run = runner.query;
      const log = (sql: string) => seen.push(sql);
      runner.query = (sql: string, ...rest: unknown[]) => {
        log(sql);
        return run.call(runner, sql, ...(rest as []));
      };
      return work(manager.connection.createEntityManager(runner)).finally(() => {
        runner.query = run;
        return runner.release();
      });
    }) as never;
  await app.administer(query);
  database.read = read;
  return seen;
}

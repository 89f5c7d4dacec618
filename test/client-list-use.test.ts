import type { Answer } from '../testbed/answer.js';
import { createClient, startApp, type TestApp } from '../testbed/app.js';

const PAGE = `query ($first: Int, $after: String, $orderBy: ClientOrder) {
  clients(first: $first, after: $after, orderBy: $orderBy) {
    edges { cursor node { id clientId lastUsedAt } } nodes { clientId } pageInfo { hasNextPage endCursor } totalCount } }`;
const BY_USE = { field: 'LAST_USED_AT' };
const [SPRING, SUMMER] = ['2025-03-01 08:00:00.000', '2025-07-01 08:00:00.001'];
/** By client id, when it was last used. */
const USES: [clientId: string, lastUsedAt: string | null][] = [
  ['admin', '2025-01-01 00:00:00.000'],
  ['never-a', null],
  ['never-b', null],
  ['never-c', null],
  ['never-d', null],
  ['spring-a', SPRING],
  ['spring-b', SPRING],
  ['spring-c', SPRING],
  ['summer-a', SUMMER],
  ['summer-b', SUMMER],
  ['before-summer', '2025-07-01 08:00:00.000'],
];

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  for (const [clientId, lastUsedAt] of USES) {
    if (clientId !== 'admin') await createClient(app, { clientId });
    await app.database.query('UPDATE clients SET last_used_at = ? WHERE client_id = ?', [lastUsedAt, clientId]);
  }
});
afterAll(() => app.stop());

interface Edge {
  cursor: string;
  node: { id: string; clientId: string; lastUsedAt: string | null };
}

const edgesOf = ({ body }: Answer): Edge[] => body.data.clients.edges;
const fieldsOf = ({ body }: Answer) => body.errors?.[0].extensions.fields.map(({ path }: { path: string }) => path);
const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

/** Walks the list to its end. */
async function walk(variables: object): Promise<Edge[]> {
  const edges: Edge[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const answer: Answer = await app.administer(PAGE, { ...variables, after });
    edges.push(...edgesOf(answer));
    ({ endCursor: after, hasNextPage: more } = answer.body.data.clients.pageInfo);
  }
  return edges;
}

/** Those that were never used first, then by the use, then by id. */
function inOrder(edges: readonly Edge[]): Edge[] {
  const keyOf = ({ node }: Edge) => `${node.lastUsedAt ?? ''} ${node.id}`;
  return edges.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

it('lists by the last use, those that were never used before the oldest, and equal ones by id', async () => {
  const whole = await walk({ first: 100, orderBy: BY_USE });
  expect(whole).toHaveLength(USES.length);
  expect(whole).toEqual(inOrder(whole));
  expect(whole.map(({ node }) => node.clientId.split('-')[0])).toEqual([
    ...Array.from({ length: 4 }, () => 'never'),
    'admin',
    ...Array.from({ length: 3 }, () => 'spring'),
    'before',
    ...Array.from({ length: 2 }, () => 'summer'),
  ]);
});

it.each([1, 2, 3, 7])('walks every client once in both directions, %p at a time', async (first) => {
  const whole = await walk({ first: 100, orderBy: BY_USE });
  expect(await walk({ first, orderBy: BY_USE })).toEqual(whole);
  expect(await walk({ first, orderBy: { ...BY_USE, direction: 'DESC' } })).toEqual(whole.toReversed());
});

it('goes on after each client, in both directions', async () => {
  const whole = await walk({ first: 100, orderBy: BY_USE });
  for (const [index, { cursor: after }] of whole.entries()) {
    expect(edgesOf(await app.administer(PAGE, { after, orderBy: BY_USE }))).toEqual(whole.slice(index + 1));
    const backwards = await app.administer(PAGE, { after, orderBy: { ...BY_USE, direction: 'DESC' } });
    expect(edgesOf(backwards)).toEqual(whole.slice(0, index).toReversed());
  }
});

it('keeps its place when the client that it names is used', async () => {
  const whole = await walk({ first: 100, orderBy: BY_USE });
  const [first, second] = whole as [Edge, Edge];
  await app.database.query('UPDATE clients SET last_used_at = ? WHERE id = ?', ['2025-12-01 00:00:00.000', first.node.id]);
  const rest = edgesOf(await app.administer(PAGE, { after: first.cursor, orderBy: BY_USE }));
  expect(rest[0]).toEqual(second);
  expect(rest.at(-1)?.node.clientId).toBe(first.node.clientId);
  await app.database.query('UPDATE clients SET last_used_at = NULL WHERE id = ?', [first.node.id]);
});

it.each(
  [
    [],
    ['LAST_USED_AT'],
    ['LAST_USED_AT', ''],
    ['LAST_USED_AT', '', 'a', 'b'],
    ['LAST_USED_AT', null, 'a'],
    ['LAST_USED_AT', '', 1],
    ['LAST_USED_AT', 'null', 'a'],
    ['LAST_USED_AT', 'x', 'a'],
    ['LAST_USED_AT', '1', 'a'],
    ['LAST_USED_AT', '2025-07-01', 'a'],
    ['LAST_USED_AT', '2025-07-01 08:00:00.001', 'a'],
    ['LAST_USED_AT', '2025-02-30T00:00:00.000Z', 'a'],
    ['LAST_USED_AT', '-000001-01-01T00:00:00.000Z', 'a'],
    ['LAST_USED_AT', '0000-01-01T00:00:00.000Z', 'a'],
    ['LAST_USED_AT', '+275760-09-13T00:00:00.000Z', 'a'],
    ['CREATED_AT', '2025-07-01T08:00:00.001Z', 'a'],
    ['NAME', '', 'a'],
  ].map((parts) => [parts]),
)('refuses a cursor of %j', async (parts) => {
  for (const direction of ['ASC', 'DESC'])
    expect(fieldsOf(await app.administer(PAGE, { after: cursor(...parts), orderBy: { ...BY_USE, direction } }))).toEqual(['after']);
});

it.each(['-000001-01-01T00:00:00.000Z', '+275760-09-13T00:00:00.000Z', ''])('refuses %p in a cursor by creation', async (moment) => {
  const after = cursor('CREATED_AT', moment, 'a');
  expect(fieldsOf(await app.administer(PAGE, { after, orderBy: { field: 'CREATED_AT' } }))).toEqual(['after']);
});

it('refuses a cursor that is longer than any of ours', async () => {
  expect(fieldsOf(await app.administer(PAGE, { after: cursor('LAST_USED_AT', '', 'x'.repeat(5000)), orderBy: BY_USE }))).toEqual(['after']);
});

it.each(['', "' OR 1=1 --", '\u0000', '\uD800', 'x'.repeat(1000)])('takes any text for the id of a cursor', async (id) => {
  for (const key of ['', '2025-07-01T08:00:00.001Z', '9999-12-31T23:59:59.999Z']) {
    for (const direction of ['ASC', 'DESC']) {
      const { status, body } = await app.administer(PAGE, {
        after: cursor('LAST_USED_AT', key, id),
        orderBy: { ...BY_USE, direction },
      });
      expect([status, body.data.clients.totalCount]).toEqual([200, USES.length]);
    }
  }
});

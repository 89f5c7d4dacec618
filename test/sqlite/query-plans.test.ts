import Sqlite from 'better-sqlite3';
import { startMaintenance } from '../../src/installation/maintenance.js';
import { keepPrepared } from '../../src/platform/database/sqlite-statements.js';
import { createClient } from '../../testbed/app.js';
import { TABLES } from '../../testbed/database.js';
import { probes } from '../../testbed/endpoints.js';
import { MUTATIONS } from '../../testbed/mutations.js';
import { type Neighbours, ownName, startNeighbours } from '../../testbed/neighbours.js';
import { listOperations } from '../../testbed/operations.js';

/** What there may be very many of, of a tenant or in all; of the others there are a few, or as many as there are tenants. */
const SMALL = ['tenants', 'signing_keys', 'identity_providers', 'client_segments', 'trusted_issuers', 'certificate_authorities'];
const LARGE = TABLES.filter((table) => !SMALL.includes(table));

/** Of what one of these names there are few: a row, or what belongs to one and has a bound. */
const NARROW = [
  /\b(rowid|id|client_row_id|segment_id|lookup_digest|search_slot|jti)=\?/,
  /\btenant_id=\? AND (client_id|id|sequence|source)=\?/,
];

/** Statements that go through more with good reason. */
const KNOWN: [is: RegExp, why: string][] = [
  [
    /^SELECT COUNT\(\S+\) AS \S+ FROM "?clients"?( "client")? WHERE \S+ = \?$/,
    'the number is asked for; along one index, a million in some thirty milliseconds',
  ],
  [
    /FROM "sessions" "Session" WHERE .* LIMIT 100 OFFSET (20|5000)$/,
    'there are no more than a few over the number after which those before are ended',
  ],
  [/^DELETE FROM "sessions" WHERE \("tenant_id" = \? AND "subject" >= \?\)$/, 'of people 5,000 go on at most'],
  [/^DELETE FROM "\w+" WHERE "tenant_id" = \?$/, 'with a tenant: what is many has gone in pieces before'],
  [/^DELETE FROM "tenants" WHERE "id" = \?$/, 'with a tenant: whether a secret is left of it is looked for among all, along one index'],
  [/^UPDATE "clients" SET "token_epoch" = \? WHERE \("tenant_id" = \? AND "client_id" >/, 'of as many as were counted before'],
  [/"search_slot" BETWEEN \d+ AND \d+/, 'of one segment of the search index'],
  [
    /FROM federated_credentials f JOIN clients c .* WHERE f\.tenant_id = \? AND f\.issuer_key = \? AND f\.manages_latchkey = 1/,
    'of those that manage Latchkey itself by one issuer, when that changes',
  ],
  [/^SELECT COUNT\(1\) AS "cnt" FROM "client_secrets"/, 'at a start, before anybody is served'],
  [/^SELECT COUNT\(1\) AS "cnt" FROM "key_sets"/, 'a tenant has 2,000 at most'],
];

let neighbours: Neighbours;
/** By the connection that they were prepared on. */
const statements = new Map<Sqlite.Database, Set<string>>();
const { prepare } = Sqlite.prototype;

beforeAll(async () => {
  Sqlite.prototype.prepare = function recording(this: Sqlite.Database, sql: string) {
    statements.set(this, (statements.get(this) ?? new Set()).add(sql));
    return prepare.call(this, sql) as never;
  };
  neighbours = await startNeighbours();
});
afterAll(async () => {
  Sqlite.prototype.prepare = prepare;
  await neighbours.stop();
});

interface Step {
  /** Of the part of the statement that it belongs to. */
  parent: number;
  detail: string;
}

/** What SQLite does for a statement, step by step. */
function planOf(connection: Sqlite.Database, sql: string): Step[] {
  const parameters = sql.replaceAll(/'[^']*'/g, '').match(/\?/g) ?? [];
  return connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters.map(() => null)) as Step[];
}

/** The table that a step is about, whatever the statement calls it. */
function tableOf(sql: string, name: string): string {
  const [, table] = sql.match(new RegExp(`["\`]?(\\w+)["\`]? (?:AS )?["\`]?${name}["\`]?(?![\\w."\`])`, 'i')) ?? [];
  return TABLES.includes(table ?? '') ? (table as string) : name;
}

/** Steps that take longer the more there is, of what there may be very much of. One in the order that is wanted ends where there is enough. */
function longSteps(sql: string, plan: readonly Step[]): string[] {
  const sorted = new Set(plan.filter(({ detail }) => detail.includes('TEMP B-TREE')).map(({ parent }) => parent));
  const long = plan.filter(({ parent, detail }) => {
    const [, how, name = '', condition = ''] = detail.match(/^(SCAN|SEARCH) (\w+)(.*)/) ?? [];
    if (!how || !LARGE.includes(tableOf(sql, name))) return false;
    const ends = /\bLIMIT\b/i.test(sql) && !sorted.has(parent);
    return !ends && (how === 'SCAN' || !NARROW.some((narrow) => narrow.test(condition)));
  });
  return long.map(({ detail }) => detail);
}

it('nothing that is asked of the database goes through all that a tenant has', async () => {
  const { app, worlds, keys } = neighbours;
  const { home } = worlds;
  for (const operation of listOperations().filter(({ isMutation }) => !isMutation)) {
    const { body } = await home.administer(
      operation.query,
      operation.fill((identifier) => (identifier.kind === 'cursor' ? undefined : ownName(neighbours, home, identifier))),
    );
    expect(body.errors).toBeUndefined();
  }
  for (const probe of probes(keys)) await probe.send(home, home);
  for (const [name, prepareMutation] of Object.entries(MUTATIONS)) {
    const { query, variables } = await prepareMutation(app, `planned-${name.toLowerCase()}`);
    expect((await app.administer(query, variables)).body.errors).toBeUndefined();
  }
  await createClient(app, { clientId: 'manager', scopes: ['clients:read', 'clients:write', 'audit:read', 'keys:write'] });
  expect((await app.administer('mutation { deleteClient(clientId: "manager") { clientId } }')).body.errors).toBeUndefined();
  const { sweep, stop } = startMaintenance(app.installation, { info() {}, warn() {}, error() {} } as never, { sweepsByItself: false });
  await sweep();
  await stop();
  // The tests' own connections are closed by now.
  const prepared = new Set([...statements].filter(([{ open }]) => open).flatMap(([, ofConnection]) => [...ofConnection]));
  expect(prepared.size).toBeGreaterThan(80);
  const connection = new Sqlite(app.database.url.slice('sqlite:'.length), { readonly: true });
  const long = [...prepared]
    .filter((sql) => /^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)/i.test(sql))
    .map((sql) => [sql.replaceAll(/\s+/g, ' ').replaceAll('+?', '?'), longSteps(sql, planOf(connection, sql))] as const)
    .filter(([sql, steps]) => steps.length > 0 && !KNOWN.some(([is]) => is.test(sql)));
  connection.close();
  expect(long).toEqual([]);
  // It would be prepared anew for each value, which takes ten times as long as to run it.
  expect([...prepared].filter((sql) => /= ?\?/.test(sql))).toEqual([]);
});

it('a value under a plus is what it was, in all that it may be, and what is no value stays', () => {
  const connection = new Sqlite(':memory:');
  keepPrepared(connection);
  connection.exec("CREATE TABLE t (a TEXT UNIQUE, b INTEGER, c BLOB, d TEXT DEFAULT '= ?')");
  const values = ['07', 7n, Buffer.from([0, 255]), '= ?'];
  connection.prepare('INSERT INTO t (a, b, c, d) VALUES (?, ?, ?, ?)').run(...values);
  const kinds = 'typeof(a) AS a, typeof(b) AS b, typeof(c) AS c, typeof(d) AS d';
  expect(
    connection
      .prepare(`SELECT ${kinds} FROM t WHERE a = ? AND b = ? AND c = ? AND d = '= ?' AND a IN (?, ?)`)
      .all(...values.slice(0, 3), '07', ''),
  ).toEqual([{ a: 'text', b: 'integer', c: 'blob', d: 'text' }]);
  expect(connection.prepare('SELECT a FROM t WHERE a LIKE ? AND d = "d" LIMIT ? OFFSET ?').all('0%', 1, 0)).toEqual([{ a: '07' }]);
  expect(connection.prepare('SELECT typeof(?) AS none, a = ? AS same FROM t').get(null, 7)).toEqual({ none: 'null', same: 0 });
  connection.close();
});

it('a page of clients begins where the one before ended, however many have the same key', async () => {
  const { app } = neighbours;
  for (const number of [1, 2, 3]) await app.api.createClient({ name: 'The same', clientId: `same-${number}` });
  await app.database.query("UPDATE clients SET last_used_at = '2026-01-01 00:00:00.000' WHERE client_id = 'same-3'");
  const page =
    'query ($order: ClientOrder!, $after: String) { clients(first: 1, orderBy: $order, after: $after) { pageInfo { endCursor } } }';
  const places: string[] = [];
  for (const field of ['NAME', 'CREATED_AT', 'LAST_USED_AT', 'CLIENT_ID'])
    for (const direction of ['ASC', 'DESC']) {
      const first = await app.administer(page, { order: { field, direction } });
      for (const prepared of statements.values()) prepared.clear();
      const after = first.body.data.clients.pageInfo.endCursor;
      expect((await app.administer(page, { order: { field, direction }, after })).body.errors).toBeUndefined();
      const connection = new Sqlite(app.database.url.slice('sqlite:'.length), { readonly: true });
      const plans = [...statements.values()]
        .flatMap((ofOne) => [...ofOne])
        .filter((sql) => /FROM "clients" "client" WHERE .* LIMIT/.test(sql));
      expect(plans.length).toBeGreaterThan(0);
      for (const sql of plans)
        places.push(
          ...planOf(connection, sql).flatMap(({ detail }) => (/^SEARCH client /.test(detail) ? [`${field} ${direction} ${detail}`] : [])),
        );
      connection.close();
    }
  expect(places.length).toBeGreaterThanOrEqual(8);
  expect(places.filter((place) => !/\(id=\?\)$|\b(client_)?id\)?[<>]/.test(place))).toEqual([]);
});

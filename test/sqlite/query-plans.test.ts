import Sqlite from 'better-sqlite3';
import { startMaintenance } from '../../src/installation/maintenance.js';
import { TABLES } from '../support/database.js';
import { probes } from '../support/endpoints.js';
import { MUTATIONS } from '../support/mutations.js';
import { type Neighbours, ownName, startNeighbours } from '../support/neighbours.js';
import { listOperations } from '../support/operations.js';

/** What there may be very many of, of a tenant or in all; of the others there are a few, or as many as there are tenants. */
const LARGE = TABLES.filter((table) => !['tenants', 'signing_keys', 'identity_providers', 'client_segments'].includes(table));

/** Of what one of these names there are few: a row, or what belongs to one and has a bound. */
const NARROW = [/\b(rowid|id|client_row_id|segment_id|lookup_digest|search_slot|jti)=\?/, /\btenant_id=\? AND (client_id|id|sequence)=\?/];

/** Statements that go through more with good reason. */
const KNOWN: [is: RegExp, why: string][] = [
  [
    /^SELECT COUNT\(\S+\) AS \S+ FROM "?clients"?( "client")? WHERE \S+ = \?$/,
    'the number is asked for; along one index, a million in some thirty milliseconds',
  ],
  [/^DELETE FROM "sessions" WHERE \("tenant_id" = \? AND NOT\("subject" IS NULL\)\)$/, 'of people 5,000 go on at most'],
  [/^DELETE FROM "\w+" WHERE "tenant_id" = \?$/, 'with a tenant: what is many has gone in pieces before'],
  [/^DELETE FROM "tenants" WHERE "id" = \?$/, 'with a tenant: whether a secret is left of it is looked for among all, along one index'],
  [/"search_slot" BETWEEN \d+ AND \d+/, 'of one segment of the search index'],
];

let neighbours: Neighbours;
const statements = new Set<string>();
const { prepare } = Sqlite.prototype;

beforeAll(async () => {
  neighbours = await startNeighbours();
  Sqlite.prototype.prepare = function recording(sql: string) {
    statements.add(sql);
    return prepare.call(this, sql) as never;
  };
});
afterAll(async () => {
  Sqlite.prototype.prepare = prepare;
  await neighbours.stop();
});

/** What SQLite does for a statement, step by step. */
function planOf(connection: Sqlite.Database, sql: string): string[] {
  const parameters = sql.replaceAll(/'[^']*'/g, '').match(/\?/g) ?? [];
  const rows = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters.map(() => null)) as { detail: string }[];
  return rows.map(({ detail }) => detail);
}

/** The table that a step is about, whatever the statement calls it. */
function tableOf(sql: string, name: string): string {
  const [, table] = sql.match(new RegExp(`["\`]?(\\w+)["\`]? (?:AS )?["\`]?${name}["\`]?(?![\\w.])`, 'i')) ?? [];
  return TABLES.includes(table ?? '') ? (table as string) : name;
}

/** Steps that take longer the more there is, of what there may be very much of. */
function longSteps(sql: string, plan: readonly string[]): string[] {
  const ends = /\bLIMIT\b/i.test(sql) && !plan.some((step) => step.includes('TEMP B-TREE'));
  return plan.filter((step) => {
    const [, how, name = '', condition = ''] = step.match(/^(SCAN|SEARCH) (\w+)(.*)/) ?? [];
    if (!how || !LARGE.includes(tableOf(sql, name))) return false;
    return how === 'SCAN' ? !ends : !NARROW.some((narrow) => narrow.test(condition)) && !ends;
  });
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
  const { sweep, stop } = startMaintenance(app.installation, { info() {}, warn() {}, error() {} } as never, { sweepsByItself: false });
  await sweep();
  await stop();
  expect(statements.size).toBeGreaterThan(80);
  const connection = new Sqlite(app.database.url.slice('sqlite:'.length), { readonly: true });
  const long = [...statements]
    .filter((sql) => /^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)/i.test(sql))
    .map((sql) => [sql.replaceAll(/\s+/g, ' '), longSteps(sql, planOf(connection, sql))] as const)
    .filter(([sql, steps]) => steps.length > 0 && !KNOWN.some(([is]) => is.test(sql)));
  connection.close();
  expect(long).toEqual([]);
});

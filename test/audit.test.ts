import { jest } from '@jest/globals';
import { Ledger } from '../src/changes/ledger.service.js';
import { createSchema } from '../src/server/graphql/operations.js';
import { createClient, getToken, graphql, postForm, requestToken, startApp, type TestApp } from '../testbed/app.js';
import { advanceClock, resetClock } from '../testbed/clock.js';
import { kind } from '../testbed/database.js';
import { MUTATIONS, type RunnableMutation } from '../testbed/mutations.js';
import { deleteSession, postSession } from '../testbed/session.js';

const EVENTS = `query ($filter: AuditFilter, $first: Int! = 50, $after: String) { auditEvents(filter: $filter, first: $first, after: $after) {
  nodes { id at action actorType actorId actorName objectType objectId before after requestId address }
  edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;
const DAY = 86_400;

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterEach(resetClock);
afterAll(() => app.stop());

type Event = Record<string, unknown> & { at: string; action: string; objectId: string };
const read = async (variables: object = {}) => (await app.administer(EVENTS, variables)).body.data.auditEvents;
const events = async (filter: object = {}): Promise<Event[]> => (await read({ filter })).nodes;
const toAction = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

const names = Object.keys(createSchema().getMutationType()?.getFields() ?? {});
let prepared = 0;
const prepare = (name: string) => {
  prepared += 1;
  return MUTATIONS[name]?.(app, String(prepared)) as Promise<RunnableMutation>;
};

const countEntries = async () => Number((await app.database.query('SELECT COUNT(*) AS n FROM audit_events'))[0]?.n);

/** Everything that is stored, but for how often changes took turns. */
const dump = async () => (await app.database.dump()).replace(/"(revision|expires_at)":\d+/g, '');

describe('every mutation', () => {
  it('is among those that are tried here', () => {
    expect(Object.keys(MUTATIONS).sort()).toEqual([...names].sort());
  });

  it.each(names)('%s writes one entry of its name: who, what, on what, by which request, from where, when', async (name) => {
    const mutation = await prepare(name);
    const from = Date.now();
    const { body, headers } = await app.administer(mutation.query, mutation.variables);
    expect(body.errors).toBeUndefined();
    const requestId = headers.get('x-request-id');
    const [entry, ...others] = await events({ requestId });
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      action: toAction(name),
      actorType: 'CLIENT',
      actorId: 'admin',
      actorName: null,
      objectId: expect.stringMatching(/./),
      requestId,
      address: '127.0.0.1',
    });
    expect(entry?.before ?? entry?.after).toBeTruthy();
    expect(Date.parse(entry?.at as string)).toBeGreaterThanOrEqual(from - 1);
    expect(JSON.stringify(entry)).not.toMatch(/lk_|the-secret-of-the-provider|digest|encrypted/i);
  });

  it.each(names)('%s leaves nothing behind when its entry cannot be written', async (name) => {
    const mutation = await prepare(name);
    const before = await dump();
    await forbidEntries();
    const { body } = await app.administer(mutation.query, mutation.variables);
    await app.database.query('DROP TRIGGER no_entries');
    expect(body.errors[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');
    expect(await dump()).toBe(before);
  });

  it.each(names)('%s is not made when nothing is recorded of it', async (name) => {
    const mutation = await prepare(name);
    const before = await dump();
    const append = jest.spyOn(Ledger.prototype, 'append').mockResolvedValue();
    const { body } = await app.administer(mutation.query, mutation.variables);
    append.mockRestore();
    expect(body.errors[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');
    expect(await dump()).toBe(before);
  });

  it.each(names)('%s leaves no entry behind when it fails after that was written', async (name) => {
    const mutation = await prepare(name);
    const before = await dump();
    const { body } = await failingAtTheEnd(() => app.administer(mutation.query, mutation.variables));
    expect(body.errors[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');
    expect(await dump()).toBe(before);
  });
});

/** Lets every attempt to write an entry fail, past the server. */
function forbidEntries(): Promise<unknown> {
  const body = kind === 'sqlite' ? "BEGIN SELECT RAISE(ABORT, 'no'); END" : "FOR EACH ROW SIGNAL SQLSTATE '45000'";
  return app.database.query(`CREATE TRIGGER no_entries BEFORE INSERT ON audit_events ${body}`);
}

/** Lets every transaction fail once all its work is done. */
async function failingAtTheEnd<T>(work: () => Promise<T>): Promise<T> {
  const { database } = app.installation;
  const { write } = database;
  database.write = (inside) =>
    write.call(database, async (manager, commit) => {
      await inside(manager, commit);
      throw new Error('at the end');
    }) as never;
  try {
    return await work();
  } finally {
    database.write = write;
  }
}

describe('what is no mutation and is recorded all the same', () => {
  it('signing in and out', async () => {
    const { cookie } = await postSession(app, app.admin);
    const [signIn] = await events({ action: 'SIGN_IN' });
    expect(signIn).toMatchObject({ actorType: 'CLIENT', actorId: 'admin', objectType: 'SESSION', address: '127.0.0.1' });
    expect(signIn?.after).toMatchObject({ scopes: expect.arrayContaining(['audit:read']) });
    await deleteSession(app, cookie);
    expect(await events({ action: 'SIGN_OUT' })).toMatchObject([{ actorId: 'admin', objectId: signIn?.objectId }]);
    expect(JSON.stringify(await events())).not.toContain(cookie.split('=')[1]);
  });

  it('signing in that fails is not', async () => {
    const before = await events({ action: 'SIGN_IN' });
    await postSession(app, { clientId: 'admin', secret: 'wrong' });
    expect(await events({ action: 'SIGN_IN' })).toEqual(before);
  });

  it('a session does not begin when its entry cannot be written', async () => {
    await forbidEntries();
    const before = await dump();
    const { status, cookie } = await postSession(app, app.admin);
    await app.database.query('DROP TRIGGER no_entries');
    expect([status, cookie]).toEqual([500, '']);
    expect(await dump()).toBe(before);
  });

  it('the report of a leak, by somebody nobody knows', async () => {
    const client = await createClient(app, { clientId: 'leaky' });
    await postForm(app, '/connect/leaked', { body: { token: client.secret, url: 'https://paste.example/1' } });
    const [entry, ...others] = await events({ action: 'REPORT_LEAK' });
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ actorType: 'ANONYMOUS', actorId: null, objectType: 'CLIENT', objectId: 'leaky', address: '127.0.0.1' });
    expect(entry?.after).toEqual({ liveSecrets: [], foundAt: 'https://paste.example/1' });
    expect(JSON.stringify(entry)).not.toContain(client.secret);
  });

  it('the report of a leak ends nothing when its entry cannot be written', async () => {
    const client = await createClient(app, { clientId: 'kept' });
    await forbidEntries();
    expect((await postForm(app, '/connect/leaked', { body: { token: client.secret } })).status).toBe(500);
    await app.database.query('DROP TRIGGER no_entries');
    expect((await requestToken(app, client)).status).toBe(200);
  });

  it('a signing key that is replaced because of its age, by the server itself', async () => {
    const { signingKeys, directory } = app.installation;
    advanceClock(91 * DAY);
    await signingKeys.rotateWhenDue(90, (tenant) => directory.contextOf(tenant), { onRotated: () => undefined });
    const [entry] = await events({ action: 'ROTATE_SIGNING_KEY' });
    expect(entry).toMatchObject({
      actorType: 'SYSTEM',
      actorId: 'SIGNING_KEY_DAYS',
      objectType: 'SIGNING_KEY',
      requestId: null,
      address: null,
    });
  });

  it('the first administrator', async () => {
    expect(await events({ action: 'RESET_ADMINISTRATOR' })).toMatchObject([{ actorType: 'SYSTEM', objectId: 'admin' }]);
  });
});

describe('what an entry says', () => {
  it('of a change: what differs, before and after', async () => {
    await createClient(app, { clientId: 'told', accessTokenLifetime: 900, scopes: ['orders:read'] });
    await app.api.updateClient('told', { accessTokenLifetime: 60 });
    const [update, creation] = await events({ objectId: 'told' });
    expect([update?.before, update?.after]).toEqual([{ accessTokenLifetime: 900 }, { accessTokenLifetime: 60 }]);
    expect(creation?.before).toBeNull();
    expect(creation?.after).toMatchObject({ name: 'Test told', accessTokenLifetime: 900, scopes: ['orders:read'], enabled: true });
  });

  it('of a refused mutation: nothing', async () => {
    const before = await events();
    await app.administer('mutation { createClient(input: { name: "X", clientId: "told" }) { clientSecret } }');
    await app.administer('mutation { deleteClient(clientId: "nobody") { clientId } }');
    expect(await events()).toEqual(before);
  });
});

describe('auditEvents', () => {
  it('comes page by page, the newest first, each entry once', async () => {
    await Promise.all(Array.from({ length: 7 }, (_, index) => createClient(app, { clientId: `page-${index}` })));
    const filter = { action: 'CREATE_CLIENT' };
    const seen: Event[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const page = await read({ filter, first: 3, after });
      expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(...page.nodes);
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    expect(seen).toEqual((await read({ filter, first: 100 })).nodes);
    expect(seen.map(({ at }) => at)).toEqual(
      seen
        .map(({ at }) => at)
        .toSorted()
        .reverse(),
    );
  });

  it('is narrowed by all that is given together', async () => {
    const from = new Date().toISOString();
    const { headers } = await app.administer('mutation { createClient(input: { name: "X", clientId: "narrow" }) { clientSecret } }');
    const requestId = headers.get('x-request-id');
    const narrow = async (filter: object) => (await events(filter)).map(({ objectId }) => objectId);
    expect(await narrow({ requestId })).toEqual(['narrow']);
    expect(await narrow({ actorId: 'admin', objectType: 'CLIENT', objectId: 'narrow', since: from })).toEqual(['narrow']);
    expect(await narrow({ objectId: 'narrow', until: from })).toEqual([]);
    expect(await narrow({ objectId: 'NARROW' })).toEqual([]);
    expect(await narrow({ actorId: null })).not.toEqual([]);
  });

  it('finds what contains a text, upper and lower case aside, as it stands', async () => {
    await createClient(app, { clientId: 'part-of_it' });
    const found = async (filter: object) => (await events({ action: 'CREATE_CLIENT', ...filter })).map(({ objectId }) => objectId);
    for (const text of ['part-of_it', 'T-OF_', 'part']) expect(await found({ objectIdContains: text })).toContain('part-of_it');
    for (const text of ['part%', 'part-of-it', 'of*', "' OR 1=1", 'é', '\u{1F511}', '\\'])
      expect(await found({ objectIdContains: text })).toEqual([]);
    expect(await found({ actorContains: 'DMI', objectIdContains: 'part-' })).toEqual(['part-of_it']);
    expect(await found({ actorContains: 'admin%' })).toEqual([]);
    for (const [name, text] of [
      ['objectIdContains', ''],
      ['actorContains', 'x'.repeat(256)],
    ]) {
      const { body } = await app.administer(EVENTS, { filter: { [name as string]: text } });
      expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: `filter.${name}` }] });
    }
  });

  it('looks through 20,000 entries for a page, and says where to go on', async () => {
    const [row] = await app.database.query('SELECT id, tenant_id FROM audit_events LIMIT 1');
    const columns = '(id, tenant_id, at, action, actor_type, actor_id, object_type, object_id)';
    const moment = (second: number) => new Date(Date.UTC(2021, 0, 1) + second * 1000).toISOString().replace('T', ' ').replace('Z', '');
    for (let start = 0; start < 40_000; start += 1_000) {
      const rows = Array.from({ length: 1_000 }, (_, index) => start + index);
      const values = rows.map(
        (number) =>
          `('many-${number}', '${row?.tenant_id}', '${moment(number)}', 'SIGN_IN', 'CLIENT', 'crowd', 'SESSION', 'session-${number}')`,
      );
      await app.database.query(`INSERT INTO audit_events ${columns} VALUES ${values.join(', ')}`);
    }
    const until = '2022-01-01T00:00:00Z';
    try {
      const pages: string[][] = [];
      let after: string | null = null;
      do {
        const page = await read({ filter: { until, objectIdContains: 'SESSION-1999' }, first: 100, after });
        pages.push(page.nodes.map(({ objectId }: Event) => objectId));
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      } while (after !== null);
      const tens = Array.from({ length: 10 }, (_, digit) => `session-${19_999 - digit}`);
      expect(pages).toEqual([[], [...tens, 'session-1999'], []]);
      const { nodes, pageInfo } = await read({ filter: { until, actorId: 'nobody' }, first: 100 });
      expect([nodes, pageInfo.hasNextPage]).toEqual([[], true]);
      expect((await read({ filter: { until, actorId: 'crowd' }, first: 100 })).nodes).toHaveLength(100);
    } finally {
      await app.database.query("DELETE FROM audit_events WHERE id LIKE 'many-%'");
    }
  });

  it.each([[{ first: 0 }], [{ first: 101 }], [{ after: 'x' }], [{ after: btoa('["NAME","a","b"]') }]])('refuses %p', async (variables) => {
    const { body } = await app.administer(EVENTS, variables);
    expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: Object.keys(variables)[0] }] });
  });

  it('tells what is very long by its digest', async () => {
    const scopes = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(200, 'x'));
    await createClient(app, { clientId: 'long', scopes });
    const [entry] = await events({ objectId: 'long' });
    expect(entry?.after).toHaveProperty('scopes', {
      sha256: expect.stringMatching(/^[\w-]{43}$/),
      bytes: expect.any(Number),
    });
  });

  it('needs audit:read', async () => {
    const blind = await createClient(app, { clientId: 'blind', scopes: ['clients:read'] });
    const { body } = await graphql(app, { token: await getToken(app, blind), query: EVENTS });
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
  });
});

it('forgets entries that are older than AUDIT_RETENTION_DAYS, in small steps, and no others', async () => {
  const { audit } = app.installation;
  const entries = await countEntries();
  await audit.sweep(new Date(Date.now() + 399 * DAY * 1000), 400);
  expect(await countEntries()).toBe(entries);
  const [row] = await app.database.query('SELECT id, tenant_id FROM audit_events LIMIT 1');
  for (let index = 0; index < 1203; index += 1) {
    await app.database.query(
      `INSERT INTO audit_events (id, tenant_id, at, action, actor_type, object_type, object_id)
       VALUES (?, ?, '2020-01-01 00:00:00.000', 'SIGN_IN', 'CLIENT', 'SESSION', 'x')`,
      [`old-${index}`, row?.tenant_id],
    );
  }
  await audit.sweep(new Date(), 400);
  expect(await app.database.query("SELECT id FROM audit_events WHERE id LIKE 'old-%'")).toEqual([]);
  expect(await countEntries()).toBe(entries);
});

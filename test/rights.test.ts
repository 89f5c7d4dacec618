import { decodeJwt, decodeProtectedHeader } from 'jose';
import { createSchema } from '../src/server/graphql/operations.js';
import { ActorType } from '../src/tenants/caller.js';
import type { Answer } from '../testbed/answer.js';
import { type Credentials, createClient, getToken, graphql, startApp, type TestApp } from '../testbed/app.js';
import { MUTATIONS, type RunnableMutation } from '../testbed/mutations.js';
import { cookieName, deleteSession, graphqlBySession, postSession } from '../testbed/session.js';

const SCOPES = ['clients:read', 'clients:write', 'tenants:read', 'tenants:write', 'audit:read', 'keys:write'];
const PAST = '2026-01-01 00:00:00.000';
const names = Object.keys(createSchema().getMutationType()?.getFields() ?? {});

/** Whoever makes a change: what they showed, and how they send a mutation. */
interface Caller {
  boss: Credentials;
  token: string;
  send(query: string, variables?: object): Promise<Answer>;
}

let app: TestApp;
let home: string;
let spare: string;
let count = 0;
let withdrawn: string | undefined;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
  await app.api.createTenant({ name: 'Spare', host: 'spare.example' });
  [home, spare] = (await run('SELECT id FROM tenants ORDER BY is_home DESC')).map(({ id }) => String(id)) as [string, string];
});
afterAll(() => app.stop());

const run = (sql: string, parameters: unknown[] = []) => app.database.query(sql, parameters);
const codeOf = ({ body }: Answer) => body.errors?.[0].extensions.code;
const prepare = (name: string) => MUTATIONS[name]?.(app, String(count)) as Promise<RunnableMutation>;

async function makeBoss(): Promise<Credentials> {
  count += 1;
  return createClient(app, { clientId: `boss-${count}`, scopes: SCOPES });
}

async function byToken(): Promise<Caller> {
  const boss = await makeBoss();
  const token = await getToken(app, boss);
  return { boss, token, send: (query, variables) => graphql(app, { token, query, variables }) };
}

async function bySession(): Promise<Caller> {
  const boss = await makeBoss();
  const { cookie } = await postSession(app, boss);
  return { boss, token: '', send: (query, variables) => graphqlBySession(app, cookie, { query, variables }) };
}

async function asPerson(): Promise<Caller> {
  const { changes, sessions, home: context } = app.installation;
  const caller = { ...context, actor: { type: ActorType.PERSON, id: `person-${count}`, name: null }, request: { id: null, address: null } };
  const { token } = await changes.perform(caller, (change) => sessions.beginForPerson(change, SCOPES));
  const cookie = `${cookieName(app, 'session')}=${token}`;
  const send = (query: string, variables?: object) => graphqlBySession(app, cookie, { query, variables });
  return { boss: await makeBoss(), token: '', send };
}

const ofClient =
  (sql: string) =>
  ({ boss }: Caller) =>
    run(sql, [boss.clientId]);
const DISABLED = ofClient('UPDATE clients SET enabled = 0 WHERE client_id = ?');
const REVOKED = ofClient(
  `UPDATE client_secrets SET revoked_at = '${PAST}' WHERE client_row_id = (SELECT id FROM clients WHERE client_id = ?)`,
);

/** How a caller loses every right, past the server, while a request is on its way. */
const LOSSES: [how: string, come: () => Promise<Caller>, lose: (caller: Caller) => Promise<unknown>][] = [
  ['a client that is disabled', byToken, DISABLED],
  ['a client that is deleted', byToken, ofClient('DELETE FROM clients WHERE client_id = ?')],
  ['a client whose tokens are cut', byToken, ofClient("UPDATE clients SET token_epoch = 'other' WHERE client_id = ?")],
  ['a client whose secret is revoked', byToken, REVOKED],
  [
    'a token that is revoked',
    byToken,
    ({ token }) =>
      run(`INSERT INTO revoked_tokens (tenant_id, jti, expires_at) VALUES (?, ?, '2036-01-01 00:00:00.000')`, [home, decodeJwt(token).jti]),
  ],
  [
    'a token whose signing key is withdrawn',
    byToken,
    ({ token }) => {
      withdrawn = decodeProtectedHeader(token).kid;
      return run('UPDATE signing_keys SET tenant_id = ? WHERE id = ?', [spare, withdrawn]);
    },
  ],
  ['a session of a client that is disabled', bySession, DISABLED],
  ['a session whose secret is revoked', bySession, REVOKED],
  ['a session that has ended', bySession, () => run('DELETE FROM sessions')],
  ['a session that has expired', bySession, () => run(`UPDATE sessions SET expires_at = '${PAST}'`)],
  ['a person who was signed out', asPerson, () => run('DELETE FROM sessions')],
];

/** Takes rights away once the caller was let in, before the change begins. @returns the answer, and whether anything was changed */
async function whileLosing(lose: () => Promise<unknown>, work: () => Promise<Answer>): Promise<{ code: unknown; isUntouched: boolean }> {
  const { database } = app.installation;
  const { write } = database;
  let before = 'nobody wrote';
  database.write = async (inside) => {
    database.write = write;
    await lose();
    before = await app.database.dump();
    return write.call(database, inside) as never;
  };
  const answer = await work().finally(() => {
    database.write = write;
  });
  return { code: codeOf(answer), isUntouched: (await app.database.dump()) === before };
}

describe.each(LOSSES)('a request that has begun changes nothing more: %s', (_how, come, lose) => {
  afterEach(() => run('UPDATE signing_keys SET tenant_id = ? WHERE id = ?', [home, withdrawn ?? '']));

  it.each(names)('%s', async (name) => {
    const { query, variables } = await prepare(name);
    const caller = await come();
    const outcome = await whileLosing(
      () => lose(caller),
      () => caller.send(query, variables),
    );
    expect(outcome).toEqual({ code: 'UNAUTHENTICATED', isUntouched: true });
  });
});

describe.each([
  ['a token', byToken],
  ['a session', bySession],
])('a right that is taken away meanwhile is used no more, with %s:', (_what, come) => {
  it.each(names)('%s', async (name) => {
    const { query, variables } = await prepare(name);
    const caller = await come();
    const outcome = await whileLosing(
      () => run(`UPDATE clients SET scopes = '["orders:read"]' WHERE client_id = ?`, [caller.boss.clientId]),
      () => caller.send(query, variables),
    );
    expect(outcome).toEqual({ code: 'FORBIDDEN', isUntouched: true });
  });
});

it('a request stops at the field after the one that deletes its client', async () => {
  const { boss, send } = await byToken();
  const answer = await send(`mutation {
    a: deleteClient(clientId: "${boss.clientId}") { clientId }
    b: createClient(input: { name: "Heir", clientId: "heir", scopes: ["clients:write"] }) { clientSecret }
    c: rotateSigningKey { kid }
  }`);
  expect([answer.status, codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED']);
  expect(await run("SELECT client_id FROM clients WHERE client_id IN ('heir', ?)", [boss.clientId])).toEqual([]);
});

it('a right that a change gives away is gone in the field after it', async () => {
  const { boss, send } = await byToken();
  const answer = await send(`mutation {
    a: updateClient(clientId: "${boss.clientId}", input: { scopes: ["clients:read"] }) { id }
    b: createClient(input: { name: "Heir", clientId: "late-heir" }) { clientSecret }
  }`);
  expect(answer.body.errors).toMatchObject([{ path: ['b'], extensions: { code: 'FORBIDDEN' } }]);
});

it('a right that was handed out with a token of fewer is refused by what the client has now', async () => {
  const { boss, token } = await byToken();
  const { code } = await whileLosing(
    () => run(`UPDATE clients SET scopes = '["clients:write"]' WHERE client_id = ?`, [boss.clientId]),
    () =>
      graphql(app, {
        token,
        query: 'mutation { createClient(input: { name: "X", clientId: "too-much", scopes: ["keys:write"] }) { clientSecret } }',
      }),
  );
  expect(code).toBe('FORBIDDEN');
});

it('signing out ends what the session had begun', async () => {
  const boss = await makeBoss();
  const { cookie } = await postSession(app, boss);
  const query = 'mutation { createClient(input: { name: "X", clientId: "after-sign-out" }) { clientSecret } }';
  const { changes } = app.installation;
  const { make } = changes;
  let signedOut: Answer | undefined;
  // Signing out is a change as well: it comes before this one, or waits for it.
  changes.make = async (...change) => {
    changes.make = make;
    signedOut = await deleteSession(app, cookie);
    return make.apply(changes, change as never) as never;
  };
  const answer = await graphqlBySession(app, cookie, query);
  expect([signedOut?.status, codeOf(answer)]).toEqual([204, 'UNAUTHENTICATED']);
});

import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { startProcess, type TestProcess } from '../../testbed/process.js';
import { compare } from './support/comparison.js';
import { Ledger } from './support/ledger.js';
import { startLoad } from './support/load.js';

let database: TestDatabase;
let server: TestProcess;
let ledger: Ledger;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startProcess(database, { FAILURE_LIMIT: '0' });
  await server.ready();
  const admin = { clientId: 'admin', secret: server.printedSecret() as string };
  ledger = new Ledger({ issuer: server.url, admin });
  const load = await startLoad(ledger, { clients: 12 });
  await load.done;
  await load.stop();
});
afterAll(async () => {
  await server.stop('SIGKILL');
  await database.remove();
});

/** The ids of clients of the ledger in whose record this is what was done. */
const idsWith = (...actions: string[]) =>
  [...ledger.states()].filter(([, states]) => states[0]?.actions.join() === actions.join()).map(([clientId]) => clientId);
const findings = async () => (await compare(ledger)).map(({ what, clientId }) => `${what}: ${clientId}`);

it('finds nothing where nothing was done', async () => {
  expect(ledger.tally('writes')).toMatchObject({ early: {} });
  expect(ledger.tally('tokens').acknowledged).toBeGreaterThan(4);
  const kinds = new Set(ledger.writes.map(({ deed }) => deed.kind));
  expect(kinds.size).toBe(5);
  expect(await compare(ledger)).toEqual([]);
});

describe('notices', () => {
  it('a lost client, and one that came back', async () => {
    const [kept] = idsWith('CREATE_CLIENT');
    const [gone] = idsWith('CREATE_CLIENT', 'UPDATE_CLIENT', 'ROTATE_CLIENT_SECRET', 'DELETE_CLIENT');
    await database.query('UPDATE clients SET client_id = ? WHERE client_id = ?', [gone, kept]);
    const found = await findings();
    for (const clientId of [kept, gone]) expect(found).toContain(`a client is not as acknowledged: ${clientId}`);
    await database.query('UPDATE clients SET client_id = ? WHERE client_id = ?', [kept, gone]);
    expect(await findings()).toEqual([]);
  });

  it('a lost change', async () => {
    const [clientId] = idsWith('CREATE_CLIENT', 'UPDATE_CLIENT', 'ROTATE_CLIENT_SECRET');
    await database.query('UPDATE clients SET access_token_lifetime = access_token_lifetime + 1 WHERE client_id = ?', [clientId]);
    expect(await findings()).toEqual([`a client is not as acknowledged: ${clientId}`]);
    await database.query('UPDATE clients SET access_token_lifetime = access_token_lifetime - 1 WHERE client_id = ?', [clientId]);
  });

  it('a lost entry of the record', async () => {
    const [clientId] = idsWith('CREATE_CLIENT');
    const [entry] = await database.query('SELECT id FROM audit_events WHERE object_id = ?', [clientId]);
    await database.query("UPDATE audit_events SET object_id = 'another' WHERE id = ?", [entry?.id]);
    expect(await findings()).toEqual([`a client is not as acknowledged: ${clientId}`]);
    await database.query('UPDATE audit_events SET object_id = ? WHERE id = ?', [clientId, entry?.id]);
  });

  it('a secret that was lost, and one that does not work', async () => {
    const [clientId] = idsWith('CREATE_CLIENT');
    const where = 'WHERE client_row_id = (SELECT id FROM clients WHERE client_id = ?)';
    const [row] = await database.query(`SELECT digest, expires_at AS ends FROM client_secrets ${where}`, [clientId]);
    await database.query(`UPDATE client_secrets SET digest = 'x' ${where}`, [clientId]);
    expect(await findings()).toEqual([`a secret: ${clientId}`]);
    await database.query(`UPDATE client_secrets SET digest = ?, expires_at = '2020-01-01 00:00:00.000' ${where}`, [row?.digest, clientId]);
    expect(await findings()).toEqual([`a client is not as acknowledged: ${clientId}`]);
    await database.query(`UPDATE client_secrets SET expires_at = NULL ${where}`, [clientId]);
    expect(await findings()).toEqual([]);
  });

  it('a token that does not verify, and one that was issued after the end of its client', async () => {
    const taken = ledger.tokens[0] as (typeof ledger.tokens)[number];
    const [gone] = idsWith('CREATE_CLIENT', 'UPDATE_CLIENT', 'ROTATE_CLIENT_SECRET', 'DELETE_CLIENT');
    ledger.tokens.push({ ...taken, token: `${taken.token?.slice(0, -8)}AAAAAAAA` });
    ledger.tokens.push({ ...taken, clientId: gone as string, begin: performance.now() });
    const found = await findings();
    ledger.tokens.splice(-2);
    expect(found.toSorted()).toEqual(
      [`a token of a client that is gone: ${gone}`, `a token: ${gone}`, `a token: ${taken.clientId}`].toSorted(),
    );
  });
});

it('takes either for what nobody has answered, and nothing in between', async () => {
  const [clientId] = idsWith('CREATE_CLIENT', 'UPDATE_CLIENT', 'ROTATE_CLIENT_SECRET');
  const write = ledger.writes.filter((one) => one.clientId === clientId).at(-1) as (typeof ledger.writes)[number];
  const known = { ...write };
  Object.assign(write, { outcome: 'unknown', secret: undefined });
  expect(await findings()).toEqual([]);
  await database.query('UPDATE clients SET version = version + 1 WHERE client_id = ?', [clientId]);
  expect(await findings()).toEqual([`a client is not as acknowledged: ${clientId}`]);
  await database.query('UPDATE clients SET version = version - 1 WHERE client_id = ?', [clientId]);
  Object.assign(write, known);
});

it('measures from the first failure to the next success', async () => {
  const lone = new Ledger(ledger.party);
  const entry = (outcome: 'acknowledged' | 'unknown', begin: number, end: number) => {
    lone.tokens.push({ url: '', clientId: '', outcome, begin, end, at: 0 });
  };
  entry('acknowledged', 0, 10);
  entry('unknown', 5, 500);
  entry('unknown', 500, 501);
  entry('acknowledged', 501, 900);
  entry('acknowledged', 901, 9000);
  expect(lone.tally('tokens')).toMatchObject({ acknowledged: 3, unknown: 2, interruptionMs: 890, slowestMs: 8099 });
  entry('unknown', 9000, 11_000);
  expect(lone.tally('tokens').interruptionMs).toBe(2000);
});

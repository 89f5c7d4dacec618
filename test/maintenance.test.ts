import { jest } from '@jest/globals';
import { type Maintenance, startMaintenance } from '../src/installation/maintenance.js';
import { createLog } from '../src/platform/log.js';
import {
  createClient,
  createTenant,
  getToken,
  introspect,
  postForm,
  requestToken,
  startApp,
  type TestApp,
  type TestTenant,
} from '../testbed/app.js';
import { advanceClock, resetClock } from '../testbed/clock.js';

const DAY = 86_400;
const EVEN = 3601;

let app: TestApp;
let maintenance: Maintenance;
/** How far the clock that only goes forward is ahead, in seconds. */
let passed: number;

beforeEach(async () => {
  app = await startApp({ SIGNING_KEY_DAYS: '90' });
  passed = 0;
  const now = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + passed * 1000);
  maintenance = startMaintenance(app.installation, createLog('silent'), { sweepsByItself: false });
});
afterEach(async () => {
  await maintenance.stop();
  jest.restoreAllMocks();
  resetClock();
  await app.stop();
});

/** Both clocks go on. */
function pass(seconds: number): void {
  passed += seconds;
  advanceClock(seconds);
}

const count = async (sql: string) => Number((await app.database.query(sql))[0]?.n);
const entries = () => count('SELECT COUNT(*) AS n FROM audit_events');

it('forgets what is old once the clock has gone evenly for an hour', async () => {
  const client = await createClient(app, { clientId: 'board', accessTokenLifetime: 60 });
  const token = await getToken(app, client);
  await postForm(app, '/connect/revocation', { body: { token, client_id: 'board', client_secret: client.secret } });
  const revoked = () => count('SELECT COUNT(*) AS n FROM revoked_tokens');
  expect(await revoked()).toBe(1);
  pass(EVEN - 61);
  await maintenance.sweep();
  expect(await revoked()).toBe(1);
  pass(61);
  await maintenance.sweep();
  expect(await revoked()).toBe(0);
  pass(500 * DAY);
  await maintenance.sweep();
  expect(await count("SELECT COUNT(*) AS n FROM audit_events WHERE action = 'CREATE_CLIENT'")).toBe(0);
});

it('a clock that is wrong for a while ends nothing for good: tokens, secrets, keys, the record', async () => {
  pass(EVEN);
  const client = await createClient(app, { clientId: 'board', accessTokenLifetime: 2 * DAY });
  const [kept, ended] = [await getToken(app, client), await getToken(app, client)];
  await postForm(app, '/connect/revocation', { body: { token: ended, client_id: 'board', client_secret: client.secret } });
  await app.api.rotateClientSecret('board', 86400);
  pass(601);
  await app.api.rotateSigningKey();
  const before = [await entries(), await count('SELECT COUNT(*) AS n FROM signing_keys')];
  for (const leap of [3 * 365 * DAY, -3 * 365 * DAY, -3 * 365 * DAY, 3 * 365 * DAY]) {
    advanceClock(leap);
    await maintenance.sweep();
    pass(60);
    await maintenance.sweep();
  }
  expect([await entries(), await count('SELECT COUNT(*) AS n FROM signing_keys')]).toEqual(before);
  const active = async (token: string) => (await introspect(app, client, token)).body.active;
  expect([await active(kept), await active(ended)]).toEqual([true, false]);
  expect((await requestToken(app, client)).status).toBe(200);
  const { body } = await app.administer('mutation { rotateSigningKey { kid } }');
  expect(body.errors?.[0].extensions.code).not.toBe('CONFLICT');
});

it('what cannot be read of one tenant keeps nothing from the others', async () => {
  const tenants: TestTenant[] = [];
  for (const name of ['a', 'b', 'c']) tenants.push(await createTenant(app, name));
  const broken = `(SELECT id FROM tenants WHERE host = '${new URL((tenants[0] as TestTenant).url).host}')`;
  await app.database.query(`UPDATE signing_keys SET public_jwk = '{' WHERE tenant_id = ${broken}`).catch(async () => {
    // MariaDB looks at what is stored as JSON.
    await app.database.query(`UPDATE signing_keys SET algorithm = 'none' WHERE tenant_id = ${broken}`);
    await app.database.query(`UPDATE tenants SET signing_algorithm = 'none' WHERE id IN ${broken}`);
  });
  await app.database.query("UPDATE sessions SET expires_at = '2000-01-01 00:00:00.000'");
  pass(91 * DAY);
  await maintenance.sweep();
  const rotated = await app.database.query("SELECT DISTINCT tenant_id AS t FROM audit_events WHERE action = 'ROTATE_SIGNING_KEY'");
  expect(rotated).toHaveLength(3);
});

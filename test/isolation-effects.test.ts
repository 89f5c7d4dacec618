import { readAnswer } from '../testbed/answer.js';
import {
  createClient,
  createTenant,
  getToken,
  graphql,
  postForm,
  requestToken,
  startApp,
  type TestApp,
  type TestTenant,
} from '../testbed/app.js';
import { postSession } from '../testbed/session.js';

const FAILURE_LIMIT = 3;
const KEYS = '/.well-known/jwks.json';

let home: TestApp;
let acme: TestTenant;

beforeAll(async () => {
  home = await startApp({ TRUST_PROXY: 'true', TRUST_FORWARDED_HOST: 'true', FAILURE_LIMIT: String(FAILURE_LIMIT) });
  acme = await createTenant(home, 'acme');
});
afterAll(() => home.stop());

const hostOf = ({ url }: TestTenant) => ({ 'x-forwarded-host': new URL(url).host });

it('behind a proxy, the host that the proxy names decides, not the one that it is reached by', async () => {
  const keysOf = async (at: TestTenant, headers = {}) => (await readAnswer(fetch(at.url + KEYS, { headers }))).body.keys;
  expect(await keysOf(home, hostOf(acme))).toEqual(await keysOf(acme));
  expect(await keysOf(acme, hostOf(home))).toEqual(await keysOf(home));
  expect(await keysOf(home)).not.toEqual(await keysOf(acme));
});

it('behind a proxy, no token opens but what the proxy names', async () => {
  const open = async (at: TestTenant, token: string) => {
    const headers = { ...hostOf(at), authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return (await fetch(`${home.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ viewer { clientId } }"}' })).status;
  };
  const [own, foreign] = [await getToken(home, home.admin), await getToken(acme, acme.admin)];
  expect([await open(acme, foreign), await open(acme, own), await open(home, foreign)]).toEqual([200, 401, 401]);
});

it.each([
  ['secrets', (url: string) => requestToken({ url }, { clientId: 'admin', secret: 'wrong' }), 401],
  ['reports of leaks', (url: string) => postForm({ url }, '/connect/leaked', { body: { token: 'wrong' } }), 200],
  ['sign-ins', (url: string) => postSession({ url }, { clientId: 'lone', secret: 'wrong' }), 401],
])('failures of one tenant are not counted at another: %s', async (_what, fail, status) => {
  for (let failures = 0; failures < FAILURE_LIMIT; failures += 1) await fail(home.url);
  expect((await fail(home.url)).status).toBe(429);
  expect((await fail(acme.url)).status).toBe(status);
});

it('a key stays for as long as tokens of its own tenant live, whatever others allow', async () => {
  await createClient(acme, { clientId: 'long-lived', accessTokenLifetime: 31_536_000 });
  const daysLeft = async ({ administer }: TestTenant) => {
    const { body } = await administer('mutation { rotateSigningKey { publishedUntil } }');
    const ends: number[] = body.data.rotateSigningKey.map(({ publishedUntil }: { publishedUntil: string }) => Date.parse(publishedUntil));
    return Math.round((Math.max(...ends.filter(Number.isFinite)) - Date.now()) / 86_400_000);
  };
  expect([await daysLeft(home), await daysLeft(acme)]).toEqual([0, 365]);
});

it.each([
  ['home', () => home],
  ['acme', () => acme],
])('the last administrator of %s stays, however many others have', async (_name, tenantOf) => {
  const { url, admin } = tenantOf();
  const token = await getToken({ url }, admin);
  const { body } = await graphql({ url }, { token, query: 'mutation { deleteClient(clientId: "admin") { clientId } }' });
  expect(body.errors[0].extensions.code).toBe('LAST_ADMINISTRATOR');
});

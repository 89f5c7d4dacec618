import { getToken, graphql, postForm, requestToken } from '../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../testbed/database.js';
import { freePort } from '../testbed/free-port.js';
import { startProcess, type TestProcess } from '../testbed/process.js';
import { startWorkloadIssuer, type WorkloadIssuer } from '../testbed/workload-issuer.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Of each loop before the change, and after it. */
const TOKENS = 40;
const LOOPS = 4;

let database: TestDatabase;
let issuer: WorkloadIssuer;
let instances: TestProcess[];
let admin: { clientId: string; secret: string };
/** Both answer for one issuer, as behind a load balancer. */
let name: string;
const bare = fetch;

beforeAll(async () => {
  database = await createTestDatabase();
  issuer = await startWorkloadIssuer();
  const settings = { ISSUER: `http://localhost:${await freePort()}`, TRUST_PROXY: 'true', TRUST_FORWARDED_HOST: 'true' };
  name = settings.ISSUER;
  const one = await startProcess(database, settings);
  await one.ready();
  const two = await startProcess(database, settings);
  await two.ready();
  instances = [one, two];
  admin = { clientId: 'admin', secret: one.printedSecret() as string };
  // Every request names the issuer's host, whichever instance it goes to.
  globalThis.fetch = (url, init) =>
    bare(url, { ...init, headers: { ...(init?.headers as Record<string, string>), 'x-forwarded-host': new URL(name).host } });
});
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.stop('SIGKILL')));
  await issuer.stop();
  await database.remove();
});

async function administer(query: string, variables: object = {}) {
  const [one] = instances as [TestProcess];
  const { body, text } = await graphql(one, { token: await getToken(one, admin), query, variables });
  if (!body.data || body.errors) throw new Error(text);
  return body.data;
}

/** Both instances are asked in turn. */
async function repeat(times: number, ask: (at: TestProcess) => Promise<{ status: number }>): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time += 1) statuses.push((await ask(instances[time % instances.length] as TestProcess)).status);
  return statuses;
}

const inLoops = async (ask: (at: TestProcess) => Promise<{ status: number }>) =>
  (await Promise.all(Array.from({ length: LOOPS }, () => repeat(TOKENS, ask)))).flat();

it('a client comes from a secret to federation under load, and no token fails', async () => {
  const create = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';
  const { createClient } = await administer(create, { input: { name: 'Moving', clientId: 'moving' } });
  await administer('mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }', {
    input: { name: 'Platform', issuer: issuer.url },
  });
  const credentials = { clientId: 'moving', secret: createClient.clientSecret };
  const bySecret = (at: TestProcess) => requestToken(at, credentials);
  const byPlatform = async (at: TestProcess) => {
    const assertion = await issuer.sign(name, { claims: { sub: 'moving' } });
    const body = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
    return postForm(at, '/connect/token', { body });
  };
  const throughout = inLoops(bySecret);
  const change =
    'mutation ($input: ChangeClientAuthMethodInput!) { changeClientAuthMethod(clientId: "moving", input: $input) { client { id } } }';
  const federatedCredentials = [{ issuer: issuer.url, subject: 'moving' }];
  await administer(change, { input: { authMethod: 'FEDERATED_JWT', federatedCredentials, overlapSeconds: 3600 } });
  const statuses = [...(await inLoops(byPlatform)), ...(await throughout), ...(await inLoops(bySecret))];
  expect(statuses).toHaveLength(3 * LOOPS * TOKENS);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(issuer.paths.filter((path) => path === '/jwks')).toHaveLength(1);
  await administer('mutation { endPreviousAuthMethod(clientId: "moving") { id } }');
  expect(new Set(await repeat(4, bySecret))).toEqual(new Set([401]));
  expect(new Set(await repeat(4, byPlatform))).toEqual(new Set([200]));
});

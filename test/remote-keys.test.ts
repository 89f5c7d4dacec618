import { RemoteKeys } from '../src/authentication/federation/remote-keys.service.js';
import type { TenantContext } from '../src/tenants/caller.js';
import { createTenant, postForm, startApp, type TestApp, type TestTenant } from '../testbed/app.js';
import { advanceClock, resetClock } from '../testbed/clock.js';
import { makeIssuerKey, startWorkloadIssuer, type TokenParts, type WorkloadIssuer } from '../testbed/workload-issuer.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 24 * HOUR;

let app: TestApp;
let issuer: WorkloadIssuer;
let tenant: TestTenant;
let made = 0;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
});
afterAll(() => app.stop());

// Each has an issuer and a tenant of its own: what is known of keys is known for long.
beforeEach(async () => {
  made += 1;
  issuer = await startWorkloadIssuer();
  tenant = await createTenant(app, `keys-${made}`);
  await trust({});
  const input = {
    name: 'Job',
    clientId: 'job',
    authMethod: 'FEDERATED_JWT',
    federatedCredentials: [{ issuer: issuer.url, subject: 'job' }],
  };
  await administer('mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }', { input });
});
afterEach(async () => {
  resetClock();
  await issuer.stop();
});

async function administer(query: string, variables: object = {}) {
  const { body, text } = await tenant.administer(query, variables);
  if (body.errors) throw new Error(text);
  return body.data;
}

function trust(input: object): Promise<unknown> {
  const query = 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }';
  return administer(query, { input: { name: 'Platform', issuer: issuer.url, ...input } });
}

async function ask(parts: TokenParts = {}) {
  const token = await issuer.sign(tenant.url, { ...parts, claims: { sub: 'job', ...parts.claims } });
  const body = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion: token };
  return postForm(tenant, '/connect/token', { body });
}

const statusOf = async (parts?: TokenParts) => (await ask(parts)).status;

/** How often keys were asked for. */
const fetches = () => issuer.paths.filter((path) => path === '/jwks').length;

async function state() {
  const { trustedIssuers } = await administer('{ trustedIssuers { keys { kid algorithms } keysFetchedAt keysError } }');
  return trustedIssuers[0];
}

function failWith(status: number): void {
  issuer.answers['/jwks'] = (_request, response) => response.writeHead(status).end('{}');
}

it('tells of an issuer which keys are at hand, since when, and why they could not be had', async () => {
  expect(await state()).toEqual({ keys: [], keysFetchedAt: null, keysError: null });
  expect(await statusOf()).toBe(200);
  const known = await state();
  expect(known).toMatchObject({ keys: [{ kid: 'one', algorithms: ['ES256'] }], keysError: null });
  expect(Date.parse(known.keysFetchedAt)).toBeGreaterThan(Date.now() - 60_000);
  failWith(500);
  advanceClock(2 * HOUR);
  expect(await statusOf()).toBe(200);
  expect(await state()).toEqual({ ...known, keysError: expect.stringContaining('the status 500') });
});

it.each([
  ['no word of it', undefined, HOUR],
  ['less than five minutes', 'public, max-age=1', 5 * MINUTE],
  ['half an hour', 'max-age=1800', 30 * MINUTE],
  ['a year', 'max-age=31536000', DAY],
  ['no store', 'no-store, max-age=31536000', 5 * MINUTE],
])('asks anew when the time of its keys is over: %s', async (_name, header, seconds) => {
  if (header) issuer.headers['cache-control'] = header;
  expect(await statusOf()).toBe(200);
  advanceClock(seconds - 30);
  expect(await statusOf()).toBe(200);
  expect(fetches()).toBe(1);
  advanceClock(60);
  expect(await statusOf()).toBe(200);
  expect(fetches()).toBe(2);
});

it('learns of a new key when a token names it, and forgets one that is published no more', async () => {
  expect(await statusOf()).toBe(200);
  const [former] = issuer.keys;
  const next = await makeIssuerKey('two');
  issuer.keys = [next];
  expect(await statusOf({ key: former })).toBe(200);
  // So soon after the first time nobody is asked again.
  expect(await statusOf()).toBe(401);
  advanceClock(31);
  expect(await statusOf()).toBe(200);
  expect(await statusOf({ key: former })).toBe(401);
  expect((await state()).keys).toEqual([{ kid: 'two', algorithms: ['ES256'] }]);
});

it('PROTOCOL 27: asks once in thirty seconds for keys that it does not know, however many tokens name other ones', async () => {
  expect(await statusOf()).toBe(200);
  advanceClock(31);
  const key = issuer.keys[0];
  if (!key) throw new Error('there is no key');
  const unknown = (kid: string) => statusOf({ key: { ...key, jwk: { ...key.jwk, kid } } });
  const statuses = await Promise.all(Array.from({ length: 200 }, (_, index) => unknown(`unknown-${index}`)));
  expect(new Set(statuses)).toEqual(new Set([401]));
  for (let index = 0; index < 50; index += 1) await unknown(`later-${index}`);
  expect(fetches()).toBe(2);
  advanceClock(31);
  await unknown('much-later');
  expect(fetches()).toBe(3);
  expect(await statusOf()).toBe(200);
});

it('goes on for a day with the keys that it has while new ones cannot be had, and asks less and less often', async () => {
  expect(await statusOf()).toBe(200);
  failWith(503);
  advanceClock(HOUR + 1);
  expect(await statusOf()).toBe(200);
  expect(fetches()).toBe(2);
  expect(await statusOf()).toBe(200);
  expect(fetches()).toBe(2);
  for (const seconds of [31, 61, 121, 241, 481]) {
    advanceClock(seconds);
    expect(await statusOf()).toBe(200);
  }
  expect(fetches()).toBe(7);
  advanceClock(599);
  expect(await statusOf()).toBe(200);
  expect(fetches()).toBe(7);
  advanceClock(DAY);
  const late = await ask();
  expect([late.status, late.body.error]).toEqual([503, 'temporarily_unavailable']);
  expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
  delete issuer.answers['/jwks'];
  advanceClock(601);
  expect(await statusOf()).toBe(200);
});

const text = (content: string) => (_request: unknown, response: { end(content: string): void }) => response.end(content);

it.each<[string, (at: WorkloadIssuer) => void, RegExp]>([
  [
    'is down',
    (at) => Object.assign(at.answers, { '/jwks': (_: unknown, response: { destroy(): void }) => response.destroy() }),
    /cannot be reached/,
  ],
  [
    'has another status',
    (at) => {
      at.answers['/jwks'] = (_request, response) => response.writeHead(404).end('{}');
    },
    /status 404/,
  ],
  [
    'says nothing',
    (at) => {
      at.answers['/jwks'] = () => undefined;
    },
    /too slowly/,
  ],
  [
    'redirects',
    (at) => {
      at.answers['/jwks'] = (_request, response) => response.writeHead(302, { location: `${at.url}/other` }).end();
    },
    /redirects/,
  ],
  [
    'goes on without end',
    (at) => {
      at.answers['/jwks'] = (_request, response) => {
        const more = () => response.write('['.repeat(10_000)) && setImmediate(more);
        response.on('drain', more);
        more();
      };
    },
    /too much/,
  ],
  ['sends no JSON', (at) => Object.assign(at.answers, { '/jwks': text('<html>') }), /no JSON/],
  ['sends a list', (at) => Object.assign(at.answers, { '/jwks': text('[]') }), /no object/],
  ['sends no keys', (at) => Object.assign(at.answers, { '/jwks': text('{"keys":[]}') }), /no key/],
  [
    'sends keys of which none will do',
    (at) => Object.assign(at.answers, { '/jwks': text('{"keys":[{"kty":"oct","k":"AAAA"},null,7]}') }),
    /no key/,
  ],
  [
    'sends too many keys',
    (at) => Object.assign(at.answers, { '/jwks': text(JSON.stringify({ keys: Array(101).fill({}) })) }),
    /more than 100/,
  ],
  ['describes another issuer', (at) => Object.assign(at.metadata, { issuer: `${at.url}/` }), /another issuer/],
  ['does not say where its keys are', (at) => Object.assign(at.metadata, { jwks_uri: null }), /where its keys are/],
  ['has its keys on a private address', (at) => Object.assign(at.metadata, { jwks_uri: 'https://10.0.0.1/jwks' }), /cannot be reached/],
])(
  'PROTOCOL 27: an issuer that %s and whose keys are not at hand is 503 with Retry-After, only for what fits a credential',
  async (_name, spoil, reason) => {
    spoil(issuer);
    expect(await statusOf({ claims: { sub: 'another' } })).toBe(401);
    expect(issuer.paths).toEqual([]);
    const answer = await ask();
    expect([answer.status, answer.body.error]).toEqual([503, 'temporarily_unavailable']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await state()).keysError).toMatch(reason);
    // A failure is remembered.
    const asked = issuer.paths.length;
    expect(await statusOf()).toBe(503);
    expect(issuer.paths).toHaveLength(asked);
  },
);

it.each(['{"keys":[]}', '{}', 'nothing'])('keeps the keys that it has when others make no sense: %s', async (content) => {
  expect(await statusOf()).toBe(200);
  issuer.answers['/jwks'] = text(content);
  advanceClock(2 * HOUR);
  expect(await statusOf()).toBe(200);
  expect(fetches()).toBe(2);
  expect((await state()).keys).toHaveLength(1);
});

it('looks at no key that a token brings or points at', async () => {
  expect(await statusOf()).toBe(200);
  const own = await makeIssuerKey('own');
  const paths = issuer.paths.length;
  const headers = [
    { jwk: own.jwk, kid: undefined },
    { jku: `${issuer.url}/own` },
    { x5u: `${issuer.url}/own` },
    { x5c: ['MIIB'] },
    { kid: 'one', jwk: own.jwk },
  ];
  for (const header of headers) expect(await statusOf({ key: own, header })).toBe(401);
  expect(issuer.paths).toHaveLength(paths);
  expect(await statusOf({ header: { jwk: own.jwk, jku: `${issuer.url}/own` } })).toBe(200);
});

it('passes over keys that are for something else, and takes a bundle of SPIFFE', async () => {
  const [key] = issuer.keys;
  if (!key) throw new Error('there is no key');
  const other = await makeIssuerKey('other');
  issuer.answers['/jwks'] = text(
    JSON.stringify({
      keys: [
        { ...other.jwk, use: 'x509-svid', x5c: ['MIIB'] },
        { ...key.jwk, use: 'jwt-svid', alg: undefined },
        { kty: 'EC', crv: 'secp256k1' },
      ],
      spiffe_sequence: 1,
      spiffe_refresh_hint: 300,
    }),
  );
  expect(await statusOf()).toBe(200);
  expect(await statusOf({ key: other })).toBe(401);
});

it('has the keys of a start before, and is one of two that ask at once', async () => {
  const { database, outbound, directory } = app.installation;
  const context = (await directory.find(new URL(tenant.url).host)) as TenantContext;
  const source = { kind: 'discovery', url: issuer.url } as const;
  const instances = [1, 2, 3].map(() => new RemoteKeys(database, outbound));
  const found = await Promise.all(instances.map((keys) => keys.find(context, source, (found) => found.size > 0)));
  expect(found.map(({ size }) => size)).toEqual([1, 1, 1]);
  expect(fetches()).toBe(1);
  const later = await new RemoteKeys(database, outbound).find(context, source, (found) => found.size > 0);
  expect([later.size, fetches()]).toEqual([1, 1]);
});

it('forgets keys for which nobody has asked for long', async () => {
  const rows = () =>
    app.database.query('SELECT source FROM key_sets WHERE tenant_id = (SELECT id FROM tenants WHERE host = ?)', [new URL(tenant.url).host]);
  expect(await statusOf()).toBe(200);
  await app.installation.remoteKeys.sweep(new Date());
  expect(await rows()).toHaveLength(1);
  await app.installation.remoteKeys.sweep(new Date(Date.now() + 9 * DAY * 1000));
  expect(await rows()).toHaveLength(0);
  expect(await statusOf()).toBe(200);
});

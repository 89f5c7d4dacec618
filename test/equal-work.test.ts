import * as actual from 'node:crypto';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import type { Credentials, TestApp } from '../testbed/app.js';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** How often each was done since it was last asked. */
const work: Record<string, number> = {};

function note(name: string, amount = 1): void {
  work[name] = (work[name] ?? 0) + amount;
}

/** The real function, counted; of an RSA key that it is given its size as well, for that is what a check takes. */
function counted<F extends (...parameters: never[]) => unknown>(name: string, real: F): F {
  const count = (...parameters: Parameters<F>) => {
    note(name);
    const [first, second] = parameters as unknown as [{ key?: { n?: string; e?: string } }, { n?: string; e?: string }?];
    const { n, e } = first?.key ?? second ?? {};
    if (n && e) note('bits of exponents', Number.parseInt(Buffer.from(e, 'base64url').toString('hex'), 16).toString(2).length);
    if (n && e) note('bytes of moduli', Buffer.from(n, 'base64url').length);
    return real(...parameters);
  };
  return count as unknown as F;
}

const { createHmac, timingSafeEqual, createPublicKey, createDecipheriv, verify } = actual;
const functions = Object.entries({ createHmac, timingSafeEqual, createPublicKey, createDecipheriv, verify });
const wrapped: Record<string, unknown> = Object.fromEntries(
  functions.map(([name, real]) => [name, counted(name, real as (...parameters: never[]) => unknown)]),
);

/** The private parts of all pairs that are made, those of the keys that are nobody's among them, which the server does not keep. */
const privateKeys: actual.KeyObject[] = [];
const makePair = promisify(actual.generateKeyPair) as (type: string, options: object) => Promise<{ privateKey: actual.KeyObject }>;
wrapped.generateKeyPair = Object.assign((...parameters: never[]) => (actual.generateKeyPair as (...all: never[]) => void)(...parameters), {
  [promisify.custom]: async (type: string, options: object) => {
    const pair = await makePair(type, options);
    privateKeys.push(pair.privateKey);
    return pair;
  },
});
jest.unstable_mockModule('node:crypto', () => ({ ...actual, ...wrapped, default: { ...actual, ...wrapped } }));
const { subtle } = globalThis.crypto;
for (const name of ['importKey', 'verify'] as const) {
  Object.defineProperty(subtle, name, { configurable: true, value: counted(`subtle.${name}`, subtle[name].bind(subtle) as never) });
}

const { createClient, postForm, requestToken, startApp } = await import('../testbed/app.js');
const { makeSecret } = await import('../src/clients/secret.js');

let app: TestApp;
/** Two secrets each, the most that a client may have. */
let secret: Credentials;
let signing: Credentials;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
  secret = await createClient(app, { clientId: 'secret' });
  signing = await createClient(app, { clientId: 'signing', authMethod: 'CLIENT_SECRET_JWT' });
  await createClient(app, { clientId: 'signing-once', authMethod: 'CLIENT_SECRET_JWT' });
  await createClient(app, { clientId: 'secret-once' });
  for (const { clientId } of [secret, signing])
    await app.administer('mutation ($id: String!) { rotateClientSecret(clientId: $id, overlapSeconds: 600) { clientSecret } }', {
      id: clientId,
    });
  for (const [clientId, keys] of Object.entries(keySets()))
    await createClient(app, { clientId, authMethod: 'PRIVATE_KEY_JWT', jwks: { keys } });
  await createClient(app, { clientId: 'disabled' });
  await app.api.updateClient('disabled', { enabled: false });
});
afterAll(() => app.stop());

function makeKey(type: string, options: object = {}): object {
  const make = actual.generateKeyPairSync as unknown as (type: string, options: object) => { publicKey: actual.KeyObject };
  return make(type, options).publicKey.export({ format: 'jwk' });
}

function keySets(): Record<string, object[]> {
  const curve = () => makeKey('ec', { namedCurve: 'P-256' });
  return {
    'one-curve': [curve()],
    'many-curves': Array.from({ length: 10 }, (_, index) => ({ ...curve(), kid: `${index}` })),
    'p-384': [makeKey('ec', { namedCurve: 'P-384' })],
    edwards: [makeKey('ed25519')],
    'rsa-2048': [makeKey('rsa', { modulusLength: 2048 })],
    'rsa-large-exponent': [makeKey('rsa', { modulusLength: 2048, publicExponent: 4_294_967_291 })],
    'rsa-4096': [{ ...makeKey('rsa', { modulusLength: 2048 }), n: Buffer.alloc(512, 0xc1).toString('base64url') }],
    'rsa-8192': [{ ...makeKey('rsa', { modulusLength: 2048 }), n: Buffer.alloc(1024, 0xc1).toString('base64url') }],
  };
}

const CLIENT_IDS = ['nobody', 'secret', 'secret-once', 'disabled', 'signing', 'signing-once', ...Object.keys(keySets())];

/** What is done for a request that is refused. */
async function workOf(send: () => Promise<{ status: number }>): Promise<Record<string, number>> {
  for (const name of Object.keys(work)) delete work[name];
  expect((await send()).status).toBe(401);
  return { ...work };
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

function sendAssertion(clientId: string, header: object, signature: Buffer | ((input: string) => Buffer)) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: clientId, sub: clientId, aud: app.url, iat: now, exp: now + 60, jti: actual.randomUUID() };
  const input = `${encode(header)}.${encode(claims)}`;
  const bytes = typeof signature === 'function' ? signature(input) : signature;
  const client_assertion = `${input}.${bytes.toString('base64url')}`;
  return postForm(app, '/connect/token', { body: { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion } });
}

describe('a refused secret', () => {
  it.each(CLIENT_IDS)('takes as many digests and comparisons when the client is %s', async (clientId) => {
    const sent = await workOf(() => requestToken(app, { clientId, secret: makeSecret() }));
    expect(sent).toEqual({ createHmac: 2, timingSafeEqual: 2 });
  });
});

describe('a refused assertion', () => {
  it.each(
    [
      { alg: 'ES256', bytes: 64 },
      { alg: 'ES256', bytes: 64, kid: '3' },
      { alg: 'ES256', bytes: 10 },
      { alg: 'ES384', bytes: 96 },
      { alg: 'EdDSA', bytes: 64 },
      { alg: 'Ed25519', bytes: 64 },
    ].flatMap((sent) => CLIENT_IDS.map((clientId) => ({ ...sent, clientId }))),
  )('in $alg with $bytes bytes and kid $kid takes one import and one check when the client is $clientId', async (sent) => {
    const { alg, bytes, kid, clientId } = sent;
    expect(await workOf(() => sendAssertion(clientId, { alg, kid }, Buffer.alloc(bytes, 7)))).toEqual({
      'subtle.importKey': 1,
      'subtle.verify': 1,
    });
  });

  it.each(
    ['RS256', 'PS256'].flatMap((alg) =>
      [256, 512, 1024, 10, 2000].flatMap((bytes) => CLIENT_IDS.map((clientId) => ({ alg, bytes, clientId }))),
    ),
  )('in $alg with $bytes bytes takes two imports and two checks when the client is $clientId', async ({ alg, bytes, clientId }) => {
    expect(await workOf(() => sendAssertion(clientId, { alg }, Buffer.alloc(bytes, 7)))).toEqual({
      'subtle.importKey': 1,
      'subtle.verify': 1,
      createPublicKey: 1,
      verify: 1,
      'bytes of moduli': bytes === 10 || bytes === 2000 ? 2 * 256 : 2 * bytes,
      'bits of exponents': 17 + 32,
    });
  });

  it.each(CLIENT_IDS)('in HS256 takes two secrets when the client is %s', async (clientId) => {
    expect(await workOf(() => sendAssertion(clientId, { alg: 'HS256' }, Buffer.alloc(32, 7)))).toEqual({
      createDecipheriv: 2,
      'subtle.importKey': 2,
      'subtle.verify': 2,
    });
  });
});

describe('a refused token of an issuer', () => {
  const ISSUER = 'https://ci.example.com';

  beforeAll(async () => {
    const keys = [
      { ...makeKey('ec', { namedCurve: 'P-256' }), kid: 'ec', alg: 'ES256' },
      { ...makeKey('rsa', { modulusLength: 2048 }), kid: 'rsa', alg: 'RS256' },
    ];
    const trust = 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }';
    await app.administer(trust, { input: { name: 'CI', issuer: ISSUER, jwks: { keys } } });
    const create = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }';
    for (const clientId of ['federated', 'federated-too']) {
      const federatedCredentials = [{ issuer: ISSUER, subject: clientId }];
      await app.administer(create, { input: { name: clientId, clientId, authMethod: 'FEDERATED_JWT', federatedCredentials } });
    }
    // The keys are at hand from the first token on that fits.
    await sendToken('federated', 'federated', { alg: 'ES256', kid: 'ec' });
  });

  function sendToken(clientId: string, sub: string, header: object) {
    const claims = { iss: ISSUER, sub, aud: app.url, exp: Math.floor(Date.now() / 1000) + 60 };
    const client_assertion = `${encode(header)}.${encode(claims)}.${Buffer.alloc(64, 7).toString('base64url')}`;
    const body = { grant_type: 'client_credentials', client_id: clientId, client_assertion_type: TYPE, client_assertion };
    return postForm(app, '/connect/token', { body });
  }

  it.each(
    [
      { alg: 'ES256', kid: 'ec' },
      { alg: 'RS256', kid: 'rsa' },
    ].flatMap((header) =>
      ['federated', 'federated-too', 'nobody', 'secret', 'disabled'].flatMap((clientId) =>
        ['federated', 'somebody else'].map((subject) => ({ ...header, clientId, subject })),
      ),
    ),
  )('in $alg takes one check when the client is $clientId and the subject $subject', async ({ alg, kid, clientId, subject }) => {
    expect(await workOf(() => sendToken(clientId, subject, { alg, kid }))).toEqual({ verify: 1 });
  });
});

it("proves nothing by a key that is nobody's, whoever has it", async () => {
  await sendAssertion('nobody', { alg: 'ES256' }, Buffer.alloc(64, 7));
  const curveKeys = privateKeys.filter((key) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1');
  expect(curveKeys).not.toHaveLength(0);
  for (const key of curveKeys)
    for (const clientId of ['nobody', 'secret', 'disabled', 'many-curves']) {
      const sign = (input: string) => actual.sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
      expect((await sendAssertion(clientId, { alg: 'ES256' }, sign)).status).toBe(401);
    }
});

import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWK, SignJWT } from 'jose';
import { verifyProof } from '../src/authentication/dpop-proof.js';
import { readAnswer } from '../testbed/answer.js';
import { claimsOf, createClient, introspect, postForm, startApp, type TestApp } from '../testbed/app.js';

let app: TestApp;
let client: { clientId: string; secret: string };
let keys: GenerateKeyPairResult;
let jwk: JWK;

beforeAll(async () => {
  app = await startApp();
  client = await createClient(app, { clientId: 'bound', scopes: ['clients:read'] });
  keys = await generateKeyPair('ES256', { extractable: true });
  jwk = await exportJWK(keys.publicKey);
});
afterAll(() => app.stop());

const now = () => Math.floor(Date.now() / 1000);
const athOf = (token: string) => createHash('sha256').update(token).digest('base64url');

function makeProof(path: string, claims: object = {}, { header = {}, by = keys }: { header?: object; by?: GenerateKeyPairResult } = {}) {
  return new SignJWT({ htm: 'POST', htu: app.url + path, iat: now(), jti: randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
    .sign(by.privateKey);
}

const getBoundToken = async (proof?: string) =>
  postForm(app, '/connect/token', {
    credentials: client,
    body: { grant_type: 'client_credentials' },
    headers: { dpop: proof ?? (await makeProof('/connect/token')) },
  });

const ask = (headers: Record<string, string>) =>
  readAnswer(
    fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"query":"{ viewer { clientId } }"}',
    }),
  );

it('binds a token to the key of the proof, and says so everywhere', async () => {
  const { status, body } = await getBoundToken();
  expect([status, body.token_type]).toEqual([200, 'DPoP']);
  const jkt = await calculateJwkThumbprint(jwk);
  expect(claimsOf(body.access_token).cnf).toEqual({ jkt });
  expect((await introspect(app, client, body.access_token)).body).toMatchObject({ active: true, cnf: { jkt }, token_type: 'DPoP' });
});

it('refuses a proof at the token endpoint that is used, old, or about something else', async () => {
  const used = await makeProof('/connect/token');
  expect((await getBoundToken(used)).status).toBe(200);
  const proofs = [
    used,
    await makeProof('/connect/token', { iat: now() - 1000 }),
    await makeProof('/connect/token', { htm: 'GET' }),
    await makeProof('/connect/introspect'),
    'garbage',
  ];
  for (const proof of proofs) {
    const { status, body } = await getBoundToken(proof);
    expect(status).toBe(400);
    expect(['invalid_dpop_proof', 'use_dpop_nonce']).toContain(body.error);
  }
});

it('takes a proof with the nonce of the last answer, and with an empty one, and none that is made up', async () => {
  const nonce = (await getBoundToken()).headers.get('dpop-nonce');
  expect((await getBoundToken(await makeProof('/connect/token', { nonce }))).status).toBe(200);
  expect((await getBoundToken(await makeProof('/connect/token', { nonce: '' }))).status).toBe(200);
  const { status, body } = await getBoundToken(await makeProof('/connect/token', { nonce: 'made up' }));
  expect([status, body.error]).toEqual([400, 'use_dpop_nonce']);
});

it('opens the GraphQL API with a proof of the same key, once', async () => {
  const token = (await getBoundToken()).body.access_token;
  const dpop = await makeProof('/graphql', { ath: athOf(token) });
  const answers = await Promise.all([1, 2, 3].map(() => ask({ authorization: `DPoP ${token}`, dpop })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
  expect(answers.find(({ status }) => status === 200)?.body.data.viewer.clientId).toBe('bound');
  const refused = answers.find(({ status }) => status === 401);
  expect(refused?.headers.get('www-authenticate')).toMatch(/^DPoP algs="ES256 .*", error="invalid_dpop_proof"/);
});

it('is worth nothing as a bearer token, and a bearer token nothing with a proof', async () => {
  const bound = (await getBoundToken()).body.access_token;
  const asBearer = await ask({ authorization: `Bearer ${bound}` });
  expect([asBearer.status, asBearer.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringMatching(/^Bearer error="invalid_token"/),
  ]);
  const { body } = await postForm(app, '/connect/token', { credentials: client, body: { grant_type: 'client_credentials' } });
  expect(body.token_type).toBe('Bearer');
  const dpop = await makeProof('/graphql', { ath: athOf(body.access_token) });
  const asBound = await ask({ authorization: `DPoP ${body.access_token}`, dpop });
  expect([asBound.status, asBound.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringMatching(/^DPoP algs="ES256 .*", error="invalid_token"/),
  ]);
});

it.each([
  ['an exponent of 1', { e: 'AQ' }],
  ['an exponent below 65,537', { e: 'Aw' }],
  ['a modulus of 1,024 bits', { n: Buffer.alloc(128, 0xc1).toString('base64url') }],
])('binds no token to an RSA key with %s', async (_what, change) => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 'e' in change && change.e === 'Aw' ? 3 : 65_537 });
  const weakJwk = { ...(await exportJWK(weak.publicKey)), ...change };
  const text = await new SignJWT({ htm: 'POST', htu: `${app.url}/connect/token`, iat: now(), jti: randomUUID() })
    .setProtectedHeader({ alg: 'RS256', typ: 'dpop+jwt', jwk: weakJwk })
    .sign(weak.privateKey);
  const input = text.slice(0, text.lastIndexOf('.'));
  const digest = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  const hash = createHash('sha256').update(input).digest();
  const padded = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(202, 0xff), Buffer.from([0]), digest, hash]);
  for (const proof of [text, `${input}.${padded.toString('base64url')}`]) {
    const { status, body } = await getBoundToken(proof);
    expect([status, body.error]).toEqual([400, 'invalid_dpop_proof']);
  }
});

it('parses no proof that is longer than any needs to be', async () => {
  const { status, body } = await getBoundToken(`e30.${'a'.repeat(8_000)}.e30`);
  expect([status, body.error]).toEqual([400, 'invalid_dpop_proof']);
  expect(body.error_description).toContain('8000 characters');
});

it('checks no signature with a key that makes that slow', async () => {
  const long = () => Buffer.alloc(1024, 0xc1).toString('base64url');
  const header = { alg: 'RS256', typ: 'dpop+jwt', jwk: { kty: 'RSA', n: long(), e: long() } };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const slow = (path: string, claims: object = {}) =>
    `${part(header)}.${part({ htm: 'POST', htu: app.url + path, iat: now(), jti: randomUUID(), ...claims })}.${long()}`;
  const { body } = await getBoundToken(slow('/connect/token'));
  expect(body).toMatchObject({ error: 'invalid_dpop_proof', error_description: expect.stringMatching(/exponent/) });
  const about = { method: 'POST', url: `${app.url}/graphql`, token: 'x', thumbprint: await calculateJwkThumbprint(jwk) };
  await expect(verifyProof(slow('/graphql', { ath: athOf('x') }), about)).rejects.toThrow(/exponent/);
});

it('takes a proof by a clock that is up to ten seconds beyond the minute, at the GraphQL API', async () => {
  const token = (await getBoundToken()).body.access_token;
  for (const offset of [-67, 67]) {
    const dpop = await makeProof('/graphql', { ath: athOf(token), iat: now() + offset });
    expect((await ask({ authorization: `DPoP ${token}`, dpop })).status).toBe(200);
  }
  const late = await makeProof('/graphql', { ath: athOf(token), iat: now() - 75 });
  expect((await ask({ authorization: `DPoP ${token}`, dpop: late })).status).toBe(401);
});

it('refuses at the GraphQL API every proof that is not about this request, this token and this key', async () => {
  const token = (await getBoundToken()).body.access_token;
  const ath = athOf(token);
  const other = await generateKeyPair('ES256', { extractable: true });
  const otherJwk = await exportJWK(other.publicKey);
  const good = await makeProof('/graphql', { ath });
  const proofs = [
    undefined,
    '',
    'garbage',
    `${good}, ${good}`,
    await makeProof('/graphql'),
    await makeProof('/graphql', { ath: athOf('another token') }),
    await makeProof('/connect/token', { ath }),
    await makeProof('/graphql', { ath, htu: 'https://evil.example/graphql' }),
    await makeProof('/graphql', { ath, htu: 7 }),
    await makeProof('/graphql', { ath, htu: [`${app.url}/graphql`] }),
    await makeProof('/graphql', { ath, htm: 'GET' }),
    await makeProof('/graphql', { ath, iat: now() - 100 }),
    await makeProof('/graphql', { ath, iat: now() + 100 }),
    await makeProof('/graphql', { ath, jti: undefined }),
    await makeProof('/graphql', { ath, jti: { a: 1 } }),
    await makeProof('/graphql', { ath, jti: '' }),
    await makeProof('/graphql', { ath }, { header: { typ: 'JWT' } }),
    await makeProof('/graphql', { ath }, { by: other }),
    await makeProof('/graphql', { ath }, { by: other, header: { jwk: otherJwk } }),
    await makeProof('/graphql', { ath }, { header: { jwk: await exportJWK(keys.privateKey) } }),
    await makeProof('/graphql', { ath }, { header: { jwk: undefined } }),
  ];
  for (const proof of proofs) {
    const { status, headers } = await ask({ authorization: `DPoP ${token}`, ...(proof === undefined ? {} : { dpop: proof }) });
    expect([status, headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^DPoP algs="ES256 .*", error="invalid_dpop_proof"/),
    ]);
  }
  expect((await ask({ authorization: `DPoP ${token}`, dpop: good })).status).toBe(200);
});

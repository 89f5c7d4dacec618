import { createHmac } from 'node:crypto';
import { jest } from '@jest/globals';
import { CompactSign, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { HourlyCounts } from '../src/platform/hourly-counts.js';
import type { Answer } from '../testbed/answer.js';
import { createClient, getToken, graphql, introspect, postForm, requestToken, startApp, type TestApp } from '../testbed/app.js';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const CREATE =
  'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret client { authMethod jwks secrets { id } } } }';
const UPDATE =
  'mutation ($clientId: String!, $jwks: JSONObject) { updateClient(clientId: $clientId, input: { jwks: $jwks }) { jwks version } }';

interface Signer {
  privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  publicJwk: JWK;
  alg: string;
}

async function makeSigner(alg: string, kid = alg): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid }, alg };
}

let app: TestApp;
let own: Signer;
let foreign: Signer;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
  own = await makeSigner('ES256', 'own');
  foreign = await makeSigner('ES256', 'own');
  await createClient(app, { clientId: 'keyed', scopes: ['orders:read'], authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [own.publicJwk] } });
});
afterAll(() => app.stop());

const codeOf = ({ body }: Answer) => body.errors?.[0].extensions.code;
const now = () => Math.floor(Date.now() / 1000);
let counter = 0;

function claims(clientId: string, changes: object = {}): Record<string, unknown> {
  counter += 1;
  return { iss: clientId, sub: clientId, aud: app.url, iat: now(), exp: now() + 60, jti: `jti-${counter}-${Math.random()}`, ...changes };
}

function sign(signer: Signer, payload: object, header: object = {}): Promise<string> {
  return new SignJWT(payload as Record<string, unknown>)
    .setProtectedHeader({ alg: signer.alg, kid: signer.publicJwk.kid as string, ...header })
    .sign(signer.privateKey);
}

/** Signs claims that no JSON writer would write. */
async function signText(signer: Signer, payload: object, [before, after]: [string, string]): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(payload).replace(before, after));
  return new CompactSign(text).setProtectedHeader({ alg: signer.alg }).sign(signer.privateKey);
}

const prove = (assertion: string, form: Record<string, string> = {}, to: { url: string } = app) =>
  postForm(to, '/connect/token', {
    body: { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion: assertion, ...form },
  });

const hs256 = (secret: string, payload: object) => {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg: 'HS256' })}.${encode(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};

describe('PROTOCOL 21: private_key_jwt', () => {
  it.each([
    ['the issuer', () => app.url],
    ['the token endpoint', () => `${app.url}/connect/token`],
    ['a list of one', () => [app.url]],
  ])('gets a token when its audience is %s', async (_what, aud) => {
    const { status, body } = await prove(await sign(own, claims('keyed', { aud: aud() })));
    expect([status, body.token_type, body.scope]).toEqual([200, 'Bearer', 'orders:read']);
  });

  it.each([
    ['ends an hour ahead by a clock that is fast', { exp: 3600 + 8 }],
    ['has ended by a clock that is slow', { iat: -60, exp: -8 }],
    ['begins by a clock that is fast', { nbf: 8 }],
    ['was made by a clock that is fast', { iat: 8 }],
  ])('is taken when it %s by no more than ten seconds', async (_when, offsets) => {
    const moments = Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, now() + offset]));
    expect((await prove(await sign(own, claims('keyed', moments)))).status).toBe(200);
  });

  it.each([
    'JWT',
    'jwt',
    'application/jwt',
    'client-authentication+jwt',
    'Client-Authentication+JWT',
    'application/client-authentication+jwt',
  ])('is taken when its type is %s', async (typ) => expect((await prove(await sign(own, claims('keyed'), { typ }))).status).toBe(200));

  it('is taken beside a client id that is the same, and without a kid', async () => {
    expect((await prove(await sign(own, claims('keyed')), { client_id: 'keyed' })).status).toBe(200);
    expect((await prove(await sign(own, claims('keyed'), { kid: undefined }))).status).toBe(200);
  });

  it.each(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])('may be signed with %s', async (alg) => {
    const signer = await makeSigner(alg);
    await createClient(app, { clientId: `with-${alg}`, authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [signer.publicJwk] } });
    expect((await prove(await sign(signer, claims(`with-${alg}`)))).status).toBe(200);
  });

  const wrong: [string, () => Promise<string>][] = [
    ['has expired', () => sign(own, claims('keyed', { iat: now() - 100, exp: now() - 12 }))],
    ['has an audience besides us', () => sign(own, claims('keyed', { aud: [app.url, 'https://other.example'] }))],
    ['has two audiences that are both ours', () => sign(own, claims('keyed', { aud: [app.url, `${app.url}/connect/token`] }))],
    ['has an empty list of audiences', () => sign(own, claims('keyed', { aud: [] }))],
    ['has an audience that is no text', () => sign(own, claims('keyed', { aud: { a: 1 } }))],
    ['has an expiry beyond all numbers', () => signText(own, claims('keyed'), ['"exp":', '"exp":1e999,"x":'])],
    ['begins before all numbers', () => signText(own, claims('keyed'), ['"iat":', '"nbf":-1e999,"iat":'])],
    ['was made before all numbers', () => signText(own, claims('keyed'), ['"iat":', '"iat":-1e999,"x":'])],
    ['has an expiry that is a text', () => sign(own, claims('keyed', { exp: `${now() + 60}` }))],
    ['was made at a text', () => sign(own, claims('keyed', { iat: `${now()}` }))],
    ['lives for an hour and more than the clocks may differ', () => sign(own, claims('keyed', { exp: now() + 3600 + 15 }))],
    ['is an access token', () => sign(own, claims('keyed'), { typ: 'at+jwt' })],
    ['is a DPoP proof', () => sign(own, claims('keyed'), { typ: 'dpop+jwt' })],
    ['has a type that is no text', () => sign(own, claims('keyed'), { typ: ['JWT'] })],
    ['has an empty type', () => sign(own, claims('keyed'), { typ: '' })],
    ['has no expiry', () => sign(own, claims('keyed', { exp: undefined }))],
    ['lives for years', () => sign(own, claims('keyed', { exp: now() + 100_000_000 }))],
    ['is not valid yet', () => sign(own, claims('keyed', { nbf: now() + 15 }))],
    ['was made in the future', () => sign(own, claims('keyed', { iat: now() + 15, exp: now() + 200 }))],
    ['has another audience', () => sign(own, claims('keyed', { aud: 'https://other.example' }))],
    ['has an audience that only begins like ours', () => sign(own, claims('keyed', { aud: `${app.url}.evil.example` }))],
    ['has no audience', () => sign(own, claims('keyed', { aud: undefined }))],
    ['has another issuer', () => sign(own, claims('keyed', { iss: 'board' }))],
    ['has no issuer', () => sign(own, claims('keyed', { iss: undefined }))],
    ['has another subject', () => sign(own, claims('keyed', { sub: 'admin' }))],
    ['has no subject', () => sign(own, claims('keyed', { sub: undefined }))],
    ['has no jti', () => sign(own, claims('keyed', { jti: undefined }))],
    ['has a jti that is no text', () => sign(own, claims('keyed', { jti: { a: 1 } }))],
    ['is signed by another key', () => sign(foreign, claims('keyed'))],
    ['names another kid', () => sign(own, claims('keyed'), { kid: 'other' })],
    ['brings its own key', () => sign(foreign, claims('keyed'), { jwk: foreign.publicJwk })],
    ['is of a client that does not exist', () => sign(own, claims('nobody'))],
    ['is of a client with a secret', () => sign(own, claims('admin'))],
    ['is signed with HS256 and the public key', async () => hs256(JSON.stringify(own.publicJwk), claims('keyed'))],
    [
      'is unsigned',
      async () =>
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims('keyed'))).toString('base64url')}.`,
    ],
    ['is garbage', async () => 'garbage'],
    ['has half a header', async () => 'eyJ.e30.x'],
  ];

  it.each(wrong)('is refused when it %s', async (_how, make) => {
    const { status, text } = await prove(await make());
    expect({ status, text }).toEqual({ status: 401, text: '{"error":"invalid_client"}' });
  });

  it.each([7, null, true, {}, ['ES256'], '', 'none', 'HS512', 'constructor', '__proto__', 'toString'])(
    'whose alg is %j tells nothing of its client',
    async (alg) => {
      const secret = await createClient(app, { clientId: `alg-${counter}`, authMethod: 'CLIENT_SECRET_JWT' });
      const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
      for (const clientId of ['keyed', 'admin', 'nobody', secret.clientId]) {
        const { status, text } = await prove(`${encode({ alg })}.${encode(claims(clientId))}.AAAA`);
        expect({ status, text }).toEqual({ status: 401, text: '{"error":"invalid_client"}' });
      }
    },
  );

  it.each([[[['x']]], [7], [{ toString: 1 }], [['keyed']], ['x'.repeat(3_000)], ['']])(
    'whose subject is %j is refused, and keeps nobody else from a token',
    async (sub) => {
      const client = await createClient(app, { clientId: `beside-${counter}` });
      const strange = await sign(own, claims('keyed', { sub, iss: sub }));
      const answers = await Promise.all([prove(strange), requestToken(app, client), prove(strange), requestToken(app, client)]);
      expect(answers.map(({ status }) => status)).toEqual([401, 200, 401, 200]);
      const header = `e30.${Buffer.from(JSON.stringify({ sub })).toString('base64url')}.AA`;
      const attested = await postForm(app, '/connect/token', {
        body: { grant_type: 'client_credentials' },
        headers: { 'oauth-client-attestation': header, 'oauth-client-attestation-pop': header },
      });
      expect(attested.status).toBe(401);
    },
  );

  it.each([
    ['an unknown scope', { scope: 'nope' }, 'invalid_scope'],
    ['an unknown resource', { resource: 'https://nope.example' }, 'invalid_target'],
    ['another grant', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['no grant', { grant_type: '' }, 'invalid_request'],
  ])('does not hide what is wrong besides: %s', async (_what, form, error) => {
    const { status, body } = await prove(await sign(own, claims('keyed')), form as Record<string, string>);
    expect([status, body.error]).toEqual([400, error]);
  });

  it('is refused for a reason that the log has, and the answer has not', async () => {
    await prove(await sign(own, claims('keyed', { aud: 'https://other.example' })));
    expect(JSON.parse(app.logLines.at(-1) ?? '')).toMatchObject({
      clientId: 'keyed',
      error: 'invalid_client',
      reason: expect.stringContaining('aud'),
    });
    await prove(await sign(own, claims('keyed', { exp: now() - 60 })));
    expect(JSON.parse(app.logLines.at(-1) ?? '').reason).toContain('expired');
  });

  it('is refused a second time, and a third', async () => {
    const assertion = await sign(own, claims('keyed'));
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => prove(assertion)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
  });

  it('may have a jti that another client has used', async () => {
    const other = await makeSigner('ES256');
    await createClient(app, { clientId: 'other', authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [other.publicJwk] } });
    expect((await prove(await sign(own, claims('keyed', { jti: 'shared' })))).status).toBe(200);
    expect((await prove(await sign(other, claims('other', { jti: 'shared' })))).status).toBe(200);
  });

  it('may have the jti of a DPoP proof, also of the one beside it', async () => {
    const { privateKey, publicJwk } = await makeSigner('ES256');
    const proof = (jti: string) =>
      new SignJWT({ htm: 'POST', htu: `${app.url}/connect/token`, jti })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: publicJwk })
        .setIssuedAt()
        .sign(privateKey);
    const body = async (jti: string) => ({
      grant_type: 'client_credentials',
      client_assertion_type: TYPE,
      client_assertion: await sign(own, claims('keyed', { jti })),
    });
    const both = { body: await body('both'), headers: { dpop: await proof('both') } };
    expect((await postForm(app, '/connect/token', both)).body.token_type).toBe('DPoP');
    expect((await prove(await sign(own, claims('keyed', { jti: 'both' })))).status).toBe(401);
    const again = { body: await body('another'), headers: { dpop: both.headers.dpop } };
    expect((await postForm(app, '/connect/token', again)).body.error).toBe('invalid_dpop_proof');
  });

  it('of another client is refused, and so is one beside another client id', async () => {
    expect((await prove(await sign(own, claims('other')))).status).toBe(401);
    expect((await prove(await sign(own, claims('keyed')), { client_id: 'other' })).status).toBe(400);
  });

  it('is refused beside a secret, and with another type', async () => {
    expect((await prove(await sign(own, claims('keyed')), { client_secret: 'x' })).status).toBe(400);
    const assertion = await sign(own, claims('keyed'));
    const { status } = await prove(assertion, { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' });
    expect([400, 401]).toContain(status);
    expect((await prove(assertion)).status).toBe(200);
  });

  it('opens introspection as well, for that endpoint or the issuer', async () => {
    const token = (await prove(await sign(own, claims('keyed')))).body.access_token;
    for (const aud of [app.url, `${app.url}/connect/introspect`]) {
      const form = { client_assertion_type: TYPE, client_assertion: await sign(own, claims('keyed', { aud })), token };
      expect((await postForm(app, '/connect/introspect', { body: form })).body.active).toBe(true);
    }
  });

  it('is no use to a client that was disabled or cut', async () => {
    const signer = await makeSigner('ES256');
    await createClient(app, { clientId: 'stopped', authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [signer.publicJwk] } });
    const api = await createClient(app, { clientId: 'api', scopes: ['tokens:introspect'] });
    const token = (await prove(await sign(signer, claims('stopped')))).body.access_token;
    expect((await introspect(app, api, token)).body.active).toBe(true);
    await app.api.revokeClientTokens('stopped');
    expect((await introspect(app, api, token)).body.active).toBe(false);
    await app.api.updateClient('stopped', { enabled: false });
    expect((await prove(await sign(signer, claims('stopped')))).status).toBe(401);
  });
});

describe('a client with keys of its own', () => {
  it('has no secret, and can be asked for none', async () => {
    const { body } = await app.administer(CREATE, {
      input: { name: 'X', clientId: 'secretless', authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [own.publicJwk] } },
    });
    expect(body.data.createClient).toEqual({
      clientSecret: null,
      client: { authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [own.publicJwk] }, secrets: [] },
    });
    expect(codeOf(await app.administer('mutation { rotateClientSecret(clientId: "secretless") { clientSecret } }'))).toBe('BAD_USER_INPUT');
    expect((await requestToken(app, { clientId: 'secretless', secret: 'x' })).status).toBe(401);
  });

  it('changes keys without an outage by having both for a while', async () => {
    const [before, after] = [await makeSigner('ES256', 'before'), await makeSigner('EdDSA', 'after')];
    await createClient(app, { clientId: 'changing', authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [before.publicJwk] } });
    const statuses = async () => [
      (await prove(await sign(before, claims('changing')))).status,
      (await prove(await sign(after, claims('changing')))).status,
    ];
    expect(await statuses()).toEqual([200, 401]);
    await app.administer(UPDATE, { clientId: 'changing', jwks: { keys: [before.publicJwk, after.publicJwk] } });
    expect(await statuses()).toEqual([200, 200]);
    await app.administer(UPDATE, { clientId: 'changing', jwks: { keys: [after.publicJwk] } });
    expect(await statuses()).toEqual([401, 200]);
  });

  it('gets other keys from nobody who has fewer rights', async () => {
    const junior = await createClient(app, { clientId: 'junior', scopes: ['clients:read', 'clients:write'] });
    await createClient(app, { clientId: 'senior', scopes: ['keys:write'], authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [own.publicJwk] } });
    const answer = await graphql(app, {
      token: await getToken(app, junior),
      query: UPDATE,
      variables: { clientId: 'senior', jwks: { keys: [foreign.publicJwk] } },
    });
    expect(codeOf(answer)).toBe('FORBIDDEN');
  });

  const faults: [string, () => unknown][] = [
    ['no keys', () => ({ keys: [] })],
    ['a list in place of a set', () => [own.publicJwk]],
    ['keys that are no objects', () => ({ keys: ['x', null] })],
    ['a private member', () => ({ keys: [{ ...own.publicJwk, d: 'AAAA' }] })],
    ['a symmetric key', () => ({ keys: [{ kty: 'oct', k: 'AAAA' }] })],
    ['an unknown curve', () => ({ keys: [{ ...own.publicJwk, crv: 'P-999' }] })],
    ['a curve for another purpose', () => ({ keys: [{ kty: 'OKP', crv: 'X25519', x: own.publicJwk.x }] })],
    ['a point that is not on the curve', () => ({ keys: [{ ...own.publicJwk, y: own.publicJwk.x }] })],
    ['two equal kids', () => ({ keys: [own.publicJwk, foreign.publicJwk] })],
    ['several keys of which one has no kid', () => ({ keys: [own.publicJwk, { ...foreign.publicJwk, kid: undefined }] })],
    ['a kid that is no text', () => ({ keys: [{ ...own.publicJwk, kid: 7 }] })],
    ['an alg that does not fit', () => ({ keys: [{ ...own.publicJwk, alg: 'RS256' }] })],
    ['alg none', () => ({ keys: [{ ...own.publicJwk, alg: 'none' }] })],
    ['a key for encryption', () => ({ keys: [{ ...own.publicJwk, use: 'enc' }] })],
    ['an RSA key of 1024 bits', () => ({ keys: [{ kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 255).toString('base64url') }] })],
    ['over 16 KB', () => ({ keys: [{ ...own.publicJwk, x5c: ['x'.repeat(17_000)] }] })],
    ['eleven keys', () => ({ keys: Array.from({ length: 11 }, (_, index) => ({ ...own.publicJwk, kid: `${index}` })) })],
  ];

  it.each(faults)('is refused with %s, by name', async (_what, make) => {
    const jwks = make();
    const created = await app.administer(CREATE, { input: { name: 'X', clientId: 'never', authMethod: 'PRIVATE_KEY_JWT', jwks } });
    const updated = await app.administer(UPDATE, { clientId: 'keyed', jwks });
    for (const { body, text } of [created, updated]) {
      expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: expect.stringMatching(/jwks$/) }] });
      expect(text).not.toContain('AAAA');
    }
    expect((await prove(await sign(own, claims('keyed')))).status).toBe(200);
  });

  it.each([
    ['PRIVATE_KEY_JWT without keys', 'PRIVATE_KEY_JWT', false],
    ['SECRET with keys', 'SECRET', true],
    ['CLIENT_SECRET_JWT with keys', 'CLIENT_SECRET_JWT', true],
  ])('is refused as %s', async (_what, authMethod, hasKeys) => {
    const jwks = hasKeys ? { keys: [own.publicJwk] } : null;
    const { body } = await app.administer(CREATE, { input: { name: 'X', clientId: 'never', authMethod, jwks } });
    expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.jwks' }] });
  });
});

describe('client_secret_jwt', () => {
  it('gets a token for an assertion that its secret signed, and none for the secret itself', async () => {
    const client = await createClient(app, { clientId: 'signing', authMethod: 'CLIENT_SECRET_JWT' });
    expect((await prove(hs256(client.secret, claims('signing')))).status).toBe(200);
    expect((await requestToken(app, client)).status).toBe(401);
    for (const secret of ['wrong', `${client.secret} `, '']) expect((await prove(hs256(secret, claims('signing')))).status).toBe(401);
  });

  it('keeps the secret encrypted, and no hash of it', async () => {
    const { secret } = await createClient(app, { clientId: 'encrypted', authMethod: 'CLIENT_SECRET_JWT' });
    const [row] = await app.database.query(
      "SELECT s.id, s.digest, s.encrypted_secret FROM client_secrets s JOIN clients c ON c.id = s.client_row_id WHERE c.client_id = 'encrypted'",
    );
    expect(row?.digest).toBe('');
    expect(app.installation.cipher.decrypt(String(row?.encrypted_secret), String(row?.id))).toBe(secret);
    expect(await app.database.dump()).not.toContain(secret);
  });

  it('rotates with an overlap, knows which secret was used, and refuses a replay', async () => {
    const first = await createClient(app, { clientId: 'rotating', authMethod: 'CLIENT_SECRET_JWT' });
    const { body } = await app.administer('mutation { rotateClientSecret(clientId: "rotating", overlapSeconds: 600) { clientSecret } }');
    const second = body.data.rotateClientSecret.clientSecret;
    const assertion = hs256(second, claims('rotating'));
    expect((await prove(assertion)).status).toBe(200);
    expect((await prove(assertion)).status).toBe(401);
    for (let time = 0; time < 2; time += 1) expect((await prove(hs256(first.secret, claims('rotating')))).status).toBe(200);
    await app.installation.use.flush();
    const read = await app.administer('{ client(clientId: "rotating") { secrets { useCount } } }');
    expect(read.body.data.client.secrets).toEqual([{ useCount: 1 }, { useCount: 2 }]);
  });

  it('is not open to a client that sends its secret', async () => {
    const client = await createClient(app, { clientId: 'plain' });
    expect((await prove(hs256(client.secret, claims('plain')))).status).toBe(401);
  });
});

it('are refused for the rest of an hour to a client that has used a hundred thousand, and to no other', async () => {
  const input = { scopes: ['orders:read'], authMethod: 'PRIVATE_KEY_JWT' as const, jwks: { keys: [own.publicJwk] } };
  for (const clientId of ['eager', 'calm']) await createClient(app, { clientId, ...input });
  const asks = jest.spyOn(HourlyCounts.prototype, 'require');
  expect((await prove(await sign(own, claims('eager')))).status).toBe(200);
  const [counts, [name] = []] = [asks.mock.contexts[0], asks.mock.calls[0]];
  asks.mockRestore();
  for (let times = 1; times < 99_999; times += 1) (counts as HourlyCounts).count(name as string);
  expect((await prove(await sign(own, claims('eager')))).status).toBe(200);
  const assertion = await sign(own, claims('eager'));
  const { status, body, headers } = await prove(assertion);
  expect([status, body.error, Number(headers.get('retry-after')) > 3_000]).toEqual([429, 'too_many_requests', true]);
  expect((await prove(await sign(own, claims('calm')))).status).toBe(200);
  expect((await prove(await sign(foreign, claims('eager')))).status).toBe(401);
});

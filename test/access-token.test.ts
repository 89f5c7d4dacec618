import { createPublicKey } from 'node:crypto';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { readAnswer } from '../testbed/answer.js';
import { createClient, getToken, startApp, type TestApp } from '../testbed/app.js';

let app: TestApp;
let client: { clientId: string; secret: string };

beforeAll(async () => {
  app = await startApp();
  client = await createClient(app, { clientId: 'board', accessTokenLifetime: 90, scopes: ['orders:read'] });
});
afterAll(() => app.stop());

const jwks = async () => (await readAnswer(fetch(`${app.url}/.well-known/jwks.json`))).body;

describe('PROTOCOL 12: an access token', () => {
  it('has the header and the claims of RFC 9068, and verifies against the JWKS', async () => {
    const token = await getToken(app, client);
    const keys = createRemoteJWKSet(new URL(`${app.url}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: app.url, audience: `${app.url}/api`, typ: 'at+jwt' });
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: (await jwks()).keys[0].kid });
    expect(payload).toEqual({
      iss: app.url,
      sub: 'board',
      client_id: 'board',
      aud: `${app.url}/api`,
      scope: 'orders:read',
      iat: expect.any(Number),
      exp: (payload.iat as number) + 90,
      jti: expect.stringMatching(/^[\w-]{8}\.[\w-]{22}\.[\w-]{22}$/),
    });
    expect(payload.iat as number).toBeLessThanOrEqual(Date.now() / 1000);
  });

  it('has no scope when the client has none', async () => {
    const bare = await createClient(app, { clientId: 'bare' });
    const token = await getToken(app, bare);
    expect(JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString())).not.toHaveProperty('scope');
  });

  it('has an id of its own', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => JSON.parse(atob((await getToken(app, client)).split('.')[1] as string)).jti),
    );
    expect(new Set(ids).size).toBe(20);
  });

  it('follows a change of the lifetime from the next one on', async () => {
    const changing = await createClient(app, { clientId: 'changing', accessTokenLifetime: 60 });
    await app.api.updateClient('changing', { accessTokenLifetime: 31536000 });
    const { exp, iat } = JSON.parse(atob((await getToken(app, changing)).split('.')[1] as string));
    expect(exp - iat).toBe(31_536_000);
  });
});

describe('PROTOCOL 14: the JWKS', () => {
  it('holds no private member', async () => {
    const { keys } = await jwks();
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it('names the key of each token', async () => {
    const { kid } = decodeProtectedHeader(await getToken(app, client));
    const { keys } = await jwks();
    expect(keys.map((key: { kid: string }) => key.kid)).toContain(kid);
    expect(createPublicKey({ key: keys[0], format: 'jwk' }).asymmetricKeyType).toBe('ec');
  });
});

import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { readAnswer } from './support/answer.js';
import { createClient, getToken, startApp, type TestApp } from './support/app.js';

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
      jti: expect.stringMatching(/^.{20,}$/),
    });
    expect(Math.abs((payload.iat as number) - Date.now() / 1000)).toBeLessThan(10);
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
    await app.administer('mutation { updateClient(clientId: "changing", input: { accessTokenLifetime: 31536000 }) { id } }');
    const { exp, iat } = JSON.parse(atob((await getToken(app, changing)).split('.')[1] as string));
    expect(exp - iat).toBe(31_536_000);
  });
});

describe('PROTOCOL 14: the JWKS', () => {
  it('holds no private member', async () => {
    const { keys } = await jwks();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it('keeps a retired key until the last token that it signed has expired, and signs with the active one', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [active] = await app.database.query('SELECT * FROM signing_keys');
    const retire = (kid: string, until: string) =>
      app.database.query(
        'INSERT INTO signing_keys (id, tenant_id, algorithm, public_jwk, encrypted_private_key, key_id, created_at, published_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        [
          kid,
          active?.tenant_id,
          'ES256',
          JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }),
          active?.encrypted_private_key,
          active?.key_id,
          '2999-01-01 00:00:00.000',
          until,
        ],
      );
    await retire('still-alive', '2999-01-01 00:00:00.000');
    await retire('long-gone', '2020-01-01 00:00:00.000');
    const { SigningKeys } = await import('../src/tokens/signing-keys.js');
    const { database, cipher, home } = app.installation;
    const ring = await new SigningKeys(database, cipher).load(home.tenant);
    expect(ring.active.kid).toBe(active?.id);
    expect(ring.publishedAt(new Date()).map(({ jwk }) => jwk.kid)).toEqual([active?.id, 'still-alive']);
    expect(ring.publishedAt(new Date('3000-01-01')).map(({ jwk }) => jwk.kid)).toEqual([active?.id]);
  });

  it('names the key of each token', async () => {
    const { kid } = decodeProtectedHeader(await getToken(app, client));
    const { keys } = await jwks();
    expect(keys.map((key: { kid: string }) => key.kid)).toContain(kid);
    expect(createPublicKey({ key: keys[0], format: 'jwk' }).asymmetricKeyType).toBe('ec');
  });
});

import { verify } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { systemCaller } from '../src/tenants/caller.js';
import { createTokenVerifier } from '../src/tokens/access-token.js';
import { type Answer, readAnswer } from '../testbed/answer.js';
import { createClient, getToken, graphql, introspect, startApp, type TestApp } from '../testbed/app.js';
import { advanceClock, resetClock } from '../testbed/clock.js';

const KEYS = '{ signingKeys { kid algorithm state createdAt activatesAt publishedUntil } }';
const ROTATE = 'mutation { rotateSigningKey { kid state activatesAt publishedUntil } }';
const REVOKE = 'mutation ($kid: ID!) { revokeSigningKey(kid: $kid) { kid state } }';
const DAY = 24 * 3600;

interface Key {
  kid: string;
  algorithm: string;
  state: string;
  activatesAt: string | null;
  publishedUntil: string | null;
}

let app: TestApp;
let client: { clientId: string; secret: string };

beforeEach(async () => {
  app = await startApp();
  client = await createClient(app, { clientId: 'board', accessTokenLifetime: 600 });
});
afterEach(async () => {
  resetClock();
  await app.stop();
});

const codeOf = ({ body }: Answer) => body.errors?.[0].extensions.code;
const jwks = async () => (await readAnswer(fetch(`${app.url}/.well-known/jwks.json`))).body;
const kids = async () => (await jwks()).keys.map(({ kid }: { kid: string }) => kid);
const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString()).kid;
const keys = async (): Promise<Key[]> => (await app.administer(KEYS)).body.data.signingKeys;
const inState = (list: Key[], state: string) => list.filter((key) => key.state === state).map(({ kid }) => kid);
const rotate = () => app.administer(ROTATE);
const revoke = (kid: string) => app.administer(REVOKE, { kid });
const verifies = async (token: string, keySet: object) =>
  jwtVerify(token, createLocalJWKSet(keySet as never), { issuer: app.url, audience: `${app.url}/api`, typ: 'at+jwt' }).then(
    () => true,
    () => false,
  );

describe('PROTOCOL 14: signing keys', () => {
  it('are published before they sign', async () => {
    const [next] = inState(await keys(), 'NEXT');
    const [active] = inState(await keys(), 'ACTIVE');
    expect(kidOf(await getToken(app, client))).toBe(active);
    expect((await kids()).sort()).toEqual([active, next].sort());
  });

  it('take over by rotation, so that whoever kept the JWKS of before can check the tokens of after', async () => {
    const kept = await jwks();
    const [next] = inState(await keys(), 'NEXT');
    const old = await getToken(app, client);
    const { body } = await rotate();
    expect(inState(body.data.rotateSigningKey, 'ACTIVE')).toEqual([next]);
    expect(inState(body.data.rotateSigningKey, 'RETIRED')).toEqual([kidOf(old)]);
    expect(inState(body.data.rotateSigningKey, 'NEXT')).toHaveLength(1);
    const fresh = await getToken(app, client);
    expect(kidOf(fresh)).toBe(next);
    expect([await verifies(fresh, kept), await verifies(old, await jwks()), await verifies(fresh, await jwks())]).toEqual([
      true,
      true,
      true,
    ]);
    expect((await introspect(app, client, old)).body.active).toBe(true);
  });

  it('stay until the last token that they signed has expired, and then go', async () => {
    await app.api.updateClient('admin', { accessTokenLifetime: 60 });
    const long = await createClient(app, { clientId: 'long', accessTokenLifetime: 10 * DAY });
    const token = await getToken(app, long);
    await app.api.updateClient('long', { accessTokenLifetime: 60 });
    await app.api.deleteClient('long');
    await rotate();
    advanceClock(10 * DAY - 60);
    await app.installation.signingKeys.extend(new Date());
    await app.installation.signingKeys.sweep(new Date());
    expect(await verifies(token, await jwks())).toBe(true);
    advanceClock(60 + 180);
    expect(await kids()).not.toContain(kidOf(token));
    await app.installation.signingKeys.sweep(new Date());
    expect((await keys()).map(({ kid }) => kid)).not.toContain(kidOf(token));
  });

  it('stay longer when a lifetime is raised while an instance may still sign with them', async () => {
    const before = Date.now();
    await rotate();
    await app.api.updateClient('board', { accessTokenLifetime: 10 * DAY });
    await app.installation.signingKeys.extend(new Date());
    const retired = (await keys()).find(({ state }) => state === 'RETIRED');
    expect(Date.parse(retired?.publishedUntil ?? '')).toBeGreaterThanOrEqual(before + 10 * DAY * 1000);
  });

  it('that somebody puts into the database without the encryption key are neither published nor believed', async () => {
    const token = await getToken(app, client);
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const [row] = await app.database.query('SELECT * FROM signing_keys ORDER BY created_at LIMIT 1');
    const kid = 'planted';
    const jwk = JSON.stringify({ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' });
    const planted: Record<string, unknown> = { ...row, id: kid, public_jwk: jwk, activates_at: null, encrypted_private_key: 'AAAA' };
    const columns = Object.keys(planted);
    const sql = `INSERT INTO signing_keys (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    await app.database.query(sql, Object.values(planted));
    // One that is there gets another public part.
    await app.database.query('UPDATE signing_keys SET public_jwk = ? WHERE id <> ?', [jwk, kid]);
    await app.database.query('UPDATE tenants SET version = version + 1');
    const forged = await new SignJWT(decodeJwt(token)).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid }).sign(privateKey);
    expect((await introspect(app, client, forged)).body).toEqual({ active: false });
    expect((await introspect(app, client, token)).body.active).toBe(true);
    expect(await kids()).not.toContain(kid);
    expect(JSON.stringify(await jwks())).not.toContain(JSON.parse(jwk).x);
    expect(await verifies(await getToken(app, client), await jwks())).toBe(true);
  });

  it('that cannot be read are passed over when another one is to sign', async () => {
    const [next] = inState(await keys(), 'NEXT');
    await app.database.query("UPDATE signing_keys SET encrypted_private_key = 'AAAA' WHERE id = ?", [next as string]);
    for (const change of [() => rotate(), async () => revoke(inState(await keys(), 'ACTIVE')[0] as string)]) {
      expect((await change()).body.errors).toBeUndefined();
      advanceClock(601);
      const token = await getToken(app, client);
      expect(kidOf(token)).not.toBe(next);
      expect(await verifies(token, await jwks())).toBe(true);
    }
  });

  it('are not believed to be for another algorithm than they are', async () => {
    await app.database.query("UPDATE signing_keys SET algorithm = 'RS256'");
    const { installation } = app;
    const ring = await installation.signingKeys.load(installation.home);
    expect(() => ring.publishedAt(new Date())).toThrow(/was changed past the server/);
    expect(() => ring.active).toThrow(/was changed past the server/);
  });

  it('hold no private member, whatever their state', async () => {
    await rotate();
    for (const key of (await jwks()).keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(await app.database.dump()).not.toMatch(/PRIVATE KEY|"d":/);
  });
});

it('signs though the clock is far behind', async () => {
  advanceClock(-400 * DAY);
  expect(await verifies(await getToken(app, client), await jwks())).toBe(true);
});

describe('rotateSigningKey', () => {
  it('waits with a key that not everybody can know yet, and switches by itself', async () => {
    await rotate();
    const [fresh] = inState(await keys(), 'NEXT');
    const present = kidOf(await getToken(app, client));
    const kept = await jwks();
    const { body } = await rotate();
    const planned = body.data.rotateSigningKey.find(({ kid }: Key) => kid === fresh);
    expect(planned.state).toBe('NEXT');
    const wait = Date.parse(planned.activatesAt) - Date.now();
    expect(wait).toBeGreaterThan(300_000);
    expect(kidOf(await getToken(app, client))).toBe(present);
    expect(codeOf(await rotate())).toBe('CONFLICT');
    advanceClock(wait / 1000 + 1);
    const after = await getToken(app, client);
    expect(kidOf(after)).toBe(fresh);
    expect(await verifies(after, kept)).toBe(true);
  });

  it('lets one of two win that are asked for at once', async () => {
    const answers = await Promise.all([rotate(), rotate()]);
    const list = await keys();
    expect(inState(list, 'ACTIVE')).toHaveLength(1);
    expect(answers.filter(({ body }) => body.data).length).toBeGreaterThanOrEqual(1);
    expect(await verifies(await getToken(app, client), await jwks())).toBe(true);
  });

  it('happens by itself after so many days, once for all instances', async () => {
    const { signingKeys, directory, home } = app.installation;
    const done: string[] = [];
    const rotateWhenDue = () =>
      signingKeys.rotateWhenDue(90, (tenant) => directory.contextOf(tenant), { onRotated: (host) => done.push(host) });
    const [active] = inState(await keys(), 'ACTIVE');
    await rotateWhenDue();
    expect(done).toEqual([]);
    advanceClock(90 * DAY + 1);
    await Promise.all([1, 2, 3].map(rotateWhenDue));
    expect(done).toEqual([home.tenant.host]);
    expect(inState(await keys(), 'ACTIVE')).not.toContain(active);
    expect(inState(await keys(), 'RETIRED')).toEqual([active]);
  });
});

it('a rotation leaves no more keys published than every reader can take: the next one waits until one is revoked or ends', async () => {
  advanceClock(700);
  const [row] = await app.database.query('SELECT * FROM signing_keys WHERE activates_at IS NOT NULL LIMIT 1');
  const { id, ...of } = row as Record<string, unknown>;
  const columns = Object.keys(of);
  const more = Array.from({ length: 48 }, (_, index) => `kept-${index}`);
  for (const kept of more) {
    const ended = { ...of, activates_at: '2020-01-01 00:00:00.000', published_until: '2090-01-01 00:00:00.000' };
    const names = ['id', ...columns].map((name) => `\`${name}\``).join(', ');
    await app.database.query(`INSERT INTO signing_keys (${names}) VALUES (?${', ?'.repeat(columns.length)})`, [
      kept,
      ...Object.values(ended),
    ]);
  }
  expect(await keys()).toHaveLength(50);
  const refused = await rotate();
  expect([codeOf(refused), refused.body.errors[0].message]).toEqual(['CONFLICT', expect.stringContaining('revoke one')]);
  expect((await app.administer(REVOKE, { kid: more[7] })).body.errors).toBeUndefined();
  expect((await rotate()).body.errors).toBeUndefined();
  expect(id).toBeDefined();
});

describe('revokeSigningKey', () => {
  /** The signing keys stay in good order whatever is taken away: one signs, one waits, and all is verifiable. */
  async function expectGoodOrder(): Promise<void> {
    const list = await keys();
    expect([inState(list, 'ACTIVE').length, inState(list, 'NEXT').length]).toEqual([1, 1]);
    const token = await getToken(app, client);
    expect(await verifies(token, await jwks())).toBe(true);
    expect((await introspect(app, client, token)).body.active).toBe(true);
    expect(Object.keys((await jwks()).keys)).toHaveLength(list.length);
  }

  it('withdraws the key that signs at once, with every token that it signed', async () => {
    const stolen = await getToken(app, client);
    const { body } = await revoke(kidOf(stolen));
    expect(body.data.revokeSigningKey.map(({ kid }: Key) => kid)).not.toContain(kidOf(stolen));
    expect(await kids()).not.toContain(kidOf(stolen));
    expect((await introspect(app, client, stolen)).body).toEqual({ active: false });
    await expectGoodOrder();
  });

  it('changes nothing by a second click', async () => {
    const [active] = inState(await keys(), 'ACTIVE');
    const answers = await Promise.all([revoke(active as string), revoke(active as string)]);
    const codes = answers.map((answer) => codeOf(answer) ?? 'revoked').sort();
    expect(['SIGNING_KEY_NOT_FOUND', 'UNAUTHENTICATED']).toContain(codes[0]);
    expect(codes[1]).toBe('revoked');
    await expectGoodOrder();
    expect(codeOf(await revoke('nonsense'))).toBe('SIGNING_KEY_NOT_FOUND');
  });

  it('withdraws a retired key, and one that waits', async () => {
    const old = await getToken(app, client);
    await rotate();
    expect((await introspect(app, client, old)).body.active).toBe(true);
    await revoke(kidOf(old));
    expect((await introspect(app, client, old)).body.active).toBe(false);
    await expectGoodOrder();
    const [next] = inState(await keys(), 'NEXT');
    await revoke(next as string);
    expect(await kids()).not.toContain(next);
    await expectGoodOrder();
  });

  it('withdraws a key that was to take over, and the one before it stays for good', async () => {
    await rotate();
    const present = kidOf(await getToken(app, client));
    const { body } = await rotate();
    const planned = body.data.rotateSigningKey.find(({ state, activatesAt }: Key) => state === 'NEXT' && activatesAt !== null);
    await revoke(planned.kid);
    advanceClock(30 * DAY);
    await app.installation.signingKeys.sweep(new Date());
    expect(kidOf(await getToken(app, client))).toBe(present);
    expect(await kids()).toContain(present);
  });

  it('withdraws the key that signs though another is to take over later, and that one does so now', async () => {
    await rotate();
    const present = kidOf(await getToken(app, client));
    const { body } = await rotate();
    const planned = body.data.rotateSigningKey.find(({ state, activatesAt }: Key) => state === 'NEXT' && activatesAt !== null);
    await revoke(present);
    expect(kidOf(await getToken(app, client))).toBe(planned.kid);
    await expectGoodOrder();
  });

  it('holds on another instance at once: it takes no token of the old key and knows the new one', async () => {
    const { signingKeys, home, status } = app.installation;
    const other = await signingKeys.load(home);
    const stolen = await getToken(app, client);
    await revoke(kidOf(stolen));
    const verify = createTokenVerifier(home, other);
    expect(await status.findScopes(home, await verify(stolen))).toBeUndefined();
    expect(await status.findScopes(home, await verify(await getToken(app, client)))).toEqual([]);
  });
});

describe('PROTOCOL 13: tokens', () => {
  it.each([
    ['ES256', 'EC', 'sha256'],
    ['RS256', 'RSA', 'sha256'],
    ['EdDSA', 'OKP', null],
  ])('signed with %s verify without any JOSE library', async (algorithm, kty, hash) => {
    const other = await startApp({ SIGNING_ALGORITHM: algorithm });
    const token = await getToken(other, await createClient(other, { clientId: 'x' }));
    const [header = '', payload = '', signature = ''] = token.split('.');
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
    const { keys: published } = (await readAnswer(fetch(`${other.url}/.well-known/jwks.json`))).body;
    const jwk = published.find((key: { kid: string }) => key.kid === kid);
    expect([alg, jwk.alg, jwk.kty]).toEqual([algorithm, algorithm, kty]);
    const key = { key: jwk, format: 'jwk', dsaEncoding: 'ieee-p1363' } as const;
    const isGenuine = (data: string) => verify(hash, Buffer.from(data), key as never, Buffer.from(signature, 'base64url'));
    expect([isGenuine(`${header}.${payload}`), isGenuine(`${header}.${payload}x`)]).toEqual([true, false]);
    expect((await graphql(other, { token: await getToken(other, other.admin), query: '{ viewer { clientId } }' })).status).toBe(200);
    await other.stop();
  });

  it('change their algorithm by setting, without one that fails to verify', async () => {
    const { signingKeys, home, changes } = app.installation;
    const old = await getToken(app, client);
    const caller = systemCaller(home, 'test');
    await changes.perform(caller, (change) => signingKeys.ensureKeys(change, 'RS256'));
    const changed = { ...caller, tenant: { ...home.tenant, signingAlgorithm: 'RS256' } };
    await changes.perform(changed, async (change) => change.unchanged(await signingKeys.ensureKeys(change, 'RS256')));
    const list = await keys();
    expect(list.map(({ algorithm, state }) => `${algorithm} ${state}`).sort()).toEqual(['ES256 ACTIVE', 'RS256 NEXT', 'RS256 NEXT']);
    const kept = await jwks();
    expect(kidOf(await getToken(app, client))).toBe(kidOf(old));
    advanceClock(601);
    const fresh = await getToken(app, client);
    expect(JSON.parse(Buffer.from(fresh.split('.')[0] as string, 'base64url').toString()).alg).toBe('RS256');
    expect(await verifies(fresh, kept)).toBe(true);
    expect((await introspect(app, client, fresh)).body.active).toBe(true);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { In } from 'typeorm';
import { v4 as uuid } from 'uuid';
import { ClientSecret } from '../src/clients/client-secret.entity.js';
import type { Answer } from '../testbed/answer.js';
import { createClient, getToken, graphql, introspect, requestToken, startApp, type TestApp } from '../testbed/app.js';
import { advanceClock, resetClock, stopClock } from '../testbed/clock.js';

const ROTATE = `mutation ($clientId: String!, $overlapSeconds: Int, $version: Int) {
  rotateClientSecret(clientId: $clientId, overlapSeconds: $overlapSeconds, version: $version) {
    clientSecret client { version secrets { id hint expiresAt revokedAt rotation { supersededAt unusedForSeconds safeToRevoke } } } } }`;
const REVOKE = `mutation ($clientId: String!, $secretId: ID!) {
  revokeClientSecret(clientId: $clientId, secretId: $secretId) { secrets { id hint expiresAt revokedAt } } }`;
const READ = `query ($clientId: String!) { client(clientId: $clientId) { version secrets {
  id hint expiresAt lastUsedAt rotation { supersededAt unusedForSeconds safeToRevoke } } } }`;

const DAY_MS = 24 * 3_600_000;

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterEach(resetClock);
afterAll(() => app.stop());

const codeOf = ({ body }: Answer) => body.errors?.[0].extensions.code;
const rotate = (clientId: string, variables: object = {}) => app.administer(ROTATE, { clientId, ...variables });
const secretsOf = async (clientId: string) => (await app.administer(READ, { clientId })).body.data.client.secrets;

/** Rotates and gives the new credentials. */
async function rotated(clientId: string, overlapSeconds: number): Promise<{ clientId: string; secret: string }> {
  const { body, text } = await rotate(clientId, { overlapSeconds });
  if (!body.data) throw new Error(text);
  return { clientId, secret: body.data.rotateClientSecret.clientSecret };
}

/** Lets secrets of a client have ended, in the database: those that are named, or as many as are made for it. */
async function endedBefore(clientId: string, { days, ids, made = 0 }: { days: number; ids?: string[]; made?: number }): Promise<void> {
  const expiresAt = new Date(Date.now() - days * DAY_MS);
  await app.installation.database.write(async (manager) => {
    if (ids) await manager.update(ClientSecret, { id: In(ids) }, { expiresAt });
    const row = await manager.findOneByOrFail(ClientSecret, { client: { clientId } });
    const ended = Array.from({ length: made }, () => ({ ...row, id: uuid(), lookupDigest: null, createdAt: expiresAt, expiresAt }));
    for (let next = ended.splice(0, 50); next.length > 0; next = ended.splice(0, 50)) await manager.insert(ClientSecret, next);
  });
}

describe('rotateClientSecret', () => {
  it('makes a second secret and lets the first go on until the overlap is over', async () => {
    stopClock();
    const first = await createClient(app, { clientId: 'overlap', accessTokenLifetime: 100_000 });
    const { body } = await rotate('overlap', { overlapSeconds: 600 });
    const second = { clientId: 'overlap', secret: body.data.rotateClientSecret.clientSecret };
    expect(second.secret).toMatch(/^lk_[0-9A-Za-z]{49}$/);
    const [newest, oldest] = body.data.rotateClientSecret.client.secrets;
    expect(newest).toMatchObject({ hint: `…${second.secret.slice(-4)}`, expiresAt: null, rotation: { supersededAt: null } });
    expect(oldest.hint).toBe(`…${first.secret.slice(-4)}`);
    expect(Date.parse(oldest.expiresAt)).toBe(Date.now() + 600_000);
    const old = await getToken(app, first);
    expect((await requestToken(app, second)).status).toBe(200);
    advanceClock(599);
    expect((await requestToken(app, first)).status).toBe(200);
    advanceClock(2);
    expect((await requestToken(app, first)).status).toBe(401);
    expect((await requestToken(app, second)).status).toBe(200);
    expect((await introspect(app, second, old)).body.active).toBe(true);
  });

  it('ends the first at once when there is no overlap, and keeps its tokens', async () => {
    const first = await createClient(app, { clientId: 'at-once' });
    const token = await getToken(app, first);
    const second = await rotated('at-once', 0);
    expect((await requestToken(app, first)).status).toBe(401);
    expect((await requestToken(app, second)).status).toBe(200);
    expect((await introspect(app, second, token)).body.active).toBe(true);
  });

  it('overlaps by a day when nothing else is asked for', async () => {
    stopClock();
    await createClient(app, { clientId: 'default' });
    await rotate('default');
    const [, oldest] = await secretsOf('default');
    expect(Date.parse(oldest.expiresAt)).toBe(Date.now() + 86_400_000);
  });

  it.each([-1, 2_592_001, 2_147_483_647])('refuses an overlap of %p and changes nothing', async (overlapSeconds) => {
    const clientId = `range${overlapSeconds}`;
    await createClient(app, { clientId });
    const answer = await rotate(clientId, { overlapSeconds });
    expect([codeOf(answer), answer.body.errors[0].extensions.fields[0].path]).toEqual(['BAD_USER_INPUT', 'overlapSeconds']);
    expect(await secretsOf(clientId)).toHaveLength(1);
  });

  it.each([0, 1, 2_592_000])('takes an overlap of %p', async (overlapSeconds) => {
    await createClient(app, { clientId: `takes-${overlapSeconds}` });
    expect((await rotate(`takes-${overlapSeconds}`, { overlapSeconds })).body.errors).toBeUndefined();
  });

  it.each([1.5, '60', 2 ** 31])('names an overlap of %p as the value at fault', async (overlapSeconds) => {
    const answer = await rotate('default', { overlapSeconds });
    expect(codeOf(answer)).toBe('BAD_USER_INPUT');
  });

  it('allows two live secrets at most, and says which one to revoke', async () => {
    const first = await createClient(app, { clientId: 'limit' });
    const second = await rotated('limit', 600);
    const [, oldest] = await secretsOf('limit');
    const refused = await rotate('limit', { overlapSeconds: 600 });
    expect(codeOf(refused)).toBe('SECRET_LIMIT');
    expect(refused.body.errors[0].message).toContain(oldest.id);
    expect(refused.body.errors[0].message).toContain(first.secret.slice(-4));
    expect((await requestToken(app, first)).status).toBe(200);
    await app.administer(REVOKE, { clientId: 'limit', secretId: oldest.id });
    const third = await rotated('limit', 600);
    for (const [client, status] of [
      [first, 401],
      [second, 200],
      [third, 200],
    ] as const)
      expect((await requestToken(app, client)).status).toBe(status);
  });

  it('names no secret to somebody who may read none', async () => {
    await createClient(app, { clientId: 'unread' });
    await rotate('unread', { overlapSeconds: 600 });
    const [newest, oldest] = await secretsOf('unread');
    const token = await getToken(app, await createClient(app, { clientId: 'writer', scopes: ['clients:write'] }));
    const query = 'mutation { rotateClientSecret(clientId: "unread", overlapSeconds: 600) { clientSecret } }';
    const refused = await graphql(app, { token, query });
    expect(codeOf(refused)).toBe('SECRET_LIMIT');
    for (const { id, hint } of [newest, oldest]) for (const told of [id, hint]) expect(refused.text).not.toContain(told);
  });

  it('shows the last twenty that ended, however often it is done; those before can be reported and revoked, and their tokens go on', async () => {
    const first = await createClient(app, { clientId: 'often' });
    const [oldest] = await secretsOf('often');
    const token = await getToken(app, first);
    let last = first;
    for (let round = 0; round < 24; round += 1) last = { ...first, ...(await rotated('often', 0)) };
    const shown = await secretsOf('often');
    expect([shown.length, shown.some(({ id }: { id: string }) => id === oldest.id)]).toEqual([21, false]);
    expect((await requestToken(app, first)).status).toBe(401);
    expect((await introspect(app, last, token)).body.active).toBe(true);
    const revoked = await app.administer(REVOKE, { clientId: 'often', secretId: oldest.id });
    expect(revoked.body.errors).toBeUndefined();
    expect((await introspect(app, last, token)).body.active).toBe(false);
  });

  it('shows one that is live though more than twenty newer ones were revoked', async () => {
    await createClient(app, { clientId: 'revoking' });
    for (let round = 0; round < 22; round += 1) {
      expect((await rotate('revoking', { overlapSeconds: 600 })).body.errors).toBeUndefined();
      const [newest] = await secretsOf('revoking');
      await app.administer(REVOKE, { clientId: 'revoking', secretId: newest.id });
    }
    const shown = await secretsOf('revoking');
    expect(shown).toHaveLength(21);
    expect(shown.at(-1)).toMatchObject({ expiresAt: null });
  });

  it('makes a thousand secrets of a client in a day, and then one a minute', async () => {
    const client = await createClient(app, { clientId: 'thousand' });
    await endedBefore('thousand', { days: 0, made: 999 });
    for (const overlapSeconds of [0, 600]) {
      const refused = await rotate('thousand', { overlapSeconds });
      expect([refused.status, codeOf(refused)]).toEqual([429, 'TOO_MANY_REQUESTS']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1);
      expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    }
    expect((await requestToken(app, client)).status).toBe(200);
    expect(await secretsOf('thousand')).toHaveLength(21);
    advanceClock(61);
    expect((await requestToken(app, await rotated('thousand', 0))).status).toBe(200);
    expect((await requestToken(app, client)).status).toBe(401);
    resetClock();
  });

  it('forgets the oldest of more than a thousand that ended over a day ago, with the tokens issued for them', async () => {
    const first = await createClient(app, { clientId: 'forgotten', scopes: ['clients:read'] });
    const [revoked] = await secretsOf('forgotten');
    const tokens = [await getToken(app, first)];
    const second = await rotated('forgotten', 0);
    const [superseded] = await secretsOf('forgotten');
    tokens.push(await getToken(app, second));
    const third = await rotated('forgotten', 0);
    tokens.push(await getToken(app, third));
    await app.administer(REVOKE, { clientId: 'forgotten', secretId: revoked.id });
    const { database } = app.installation;
    await endedBefore('forgotten', { days: 3, ids: [revoked.id, superseded.id] });
    await endedBefore('forgotten', { days: 2, made: 997 });
    await endedBefore('forgotten', { days: 0.5, made: 200 });
    const kept = () => database.read((manager) => manager.countBy(ClientSecret, { client: { clientId: 'forgotten' } }));
    const before = await kept();
    await rotated('forgotten', 0);
    expect(before - (await kept())).toBe(99);
    const last = await rotated('forgotten', 0);
    expect(before - (await kept())).toBe(198);
    const active = [];
    for (const token of tokens) active.push((await introspect(app, { ...third, ...last }, token)).body.active);
    expect(active).toEqual([false, false, true]);
  });

  it('shows the last twenty of many that ended, of each of many clients', async () => {
    const names = Array.from({ length: 120 }, (_, number) => `crowded-${number < 60 ? 'a' : 'b'}-${number}`);
    for (const clientId of names) await createClient(app, { clientId });
    const [few, many] = ['crowded-a-7', 'crowded-b-110'];
    await endedBefore(few, { days: 1, made: 60 });
    await endedBefore(many, { days: 1, made: 60 });
    await endedBefore(many, { days: 31, made: 60 });
    await rotate(many, { overlapSeconds: 600 });
    const page = 'clients(first: 60, search: $S) { nodes { clientId secrets { id expiresAt } } }';
    const { body } = await app.administer(`{ a: ${page.replace('$S', '"crowded-a"')} b: ${page.replace('$S', '"crowded-b"')} }`);
    const shown = new Map<string, { id: string; expiresAt: string | null }[]>(
      [...body.data.a.nodes, ...body.data.b.nodes].map(({ clientId, secrets }) => [clientId, secrets]),
    );
    expect(names.map((name) => shown.get(name)?.length)).toEqual(names.map((name) => ({ [few]: 21, [many]: 22 })[name] ?? 1));
    expect(shown.get(many)?.filter(({ expiresAt }) => expiresAt === null)).toHaveLength(1);
    expect(shown.get(many)?.every(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > Date.now() - 2 * DAY_MS)).toBe(true);
  });

  it('never lengthens the life of a secret that ends anyway', async () => {
    const first = await createClient(app, { clientId: 'shortening' });
    const second = await rotated('shortening', 60);
    const third = await rotated('shortening', 0);
    expect([(await requestToken(app, first)).status, (await requestToken(app, second)).status]).toEqual([401, 401]);
    expect((await requestToken(app, third)).status).toBe(200);
  });

  /** Two rotations that met. Where the machine holds one up until the other is through, they did not, and another client's are asked for. */
  async function duel(overlapSeconds: number) {
    for (let round = 1; round <= 20; round += 1) {
      const before = await createClient(app, { clientId: `duel-${overlapSeconds}-${round}` });
      const answers = await Promise.all([1, 2].map(() => rotate(before.clientId, { overlapSeconds })));
      if (answers.some((answer) => codeOf(answer) !== undefined)) return { before, answers };
    }
    throw new Error('of twenty pairs of rotations none met');
  }

  it('lets one of two win that are asked for at once', async () => {
    for (const overlapSeconds of [0, 600]) {
      const { before, answers } = await duel(overlapSeconds);
      expect(answers.map((answer) => codeOf(answer) ?? 'rotated').sort()).toEqual(['CONFLICT', 'rotated']);
      const secret = answers.find(({ body }) => body.data)?.body.data.rotateClientSecret.clientSecret;
      expect((await requestToken(app, { ...before, secret })).status).toBe(200);
      expect((await requestToken(app, before)).status).toBe(overlapSeconds === 0 ? 401 : 200);
    }
  });

  it('is CONFLICT for one that came before the other was done, however late it looks', async () => {
    const { clientId } = await createClient(app, { clientId: 'second-click' });
    const { database } = app.installation;
    const read = database.read.bind(database);
    const [late, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    database.read = async (work) => {
      database.read = read;
      late.resolve();
      await letGo.promise;
      return read(work);
    };
    const second = rotate(clientId, { overlapSeconds: 0 });
    await late.promise;
    await sleep(2);
    const first = await rotated(clientId, 0);
    letGo.resolve();
    expect((await second).body.errors[0].extensions).toEqual({ code: 'CONFLICT', version: 2 });
    expect((await requestToken(app, first)).status).toBe(200);
    expect((await requestToken(app, await rotated(clientId, 0))).status).toBe(200);
  });

  it('goes on from what the same document has done', async () => {
    const { clientId } = await createClient(app, { clientId: 'twice' });
    const made = 'createClient(input: { clientId: "twice-made", name: "Made" }) { clientSecret }';
    const once = (id: string) => `rotateClientSecret(clientId: "${id}", overlapSeconds: 0) { clientSecret }`;
    const { body } = await app.administer(`mutation { a: ${made} b: ${once('twice-made')} c: ${once(clientId)} d: ${once(clientId)} }`);
    expect(body.errors).toBeUndefined();
    expect((await requestToken(app, { clientId: 'twice-made', secret: body.data.b.clientSecret })).status).toBe(200);
    expect((await requestToken(app, { clientId, secret: body.data.d.clientSecret })).status).toBe(200);
    expect((await requestToken(app, { clientId, secret: body.data.c.clientSecret })).status).toBe(401);
  });

  it('is CONFLICT when somebody else came between what the same document has done and this', async () => {
    const { clientId } = await createClient(app, { clientId: 'between' });
    const { changes } = app.installation;
    const { make } = changes;
    let theirs: unknown;
    changes.make = async (...change) => {
      const done = await make.apply(changes, change as never);
      changes.make = make;
      theirs = await rotated(clientId, 0);
      return done as never;
    };
    const made = 'createClient(input: { clientId: "between-made", name: "Made" }) { clientSecret }';
    const query = `mutation { a: ${made} b: rotateClientSecret(clientId: "${clientId}", overlapSeconds: 0) { clientSecret } }`;
    const { body } = await app.administer(query);
    expect([body.data?.b ?? null, body.errors[0].extensions]).toEqual([null, { code: 'CONFLICT', version: 2 }]);
    expect((await requestToken(app, theirs as Parameters<typeof requestToken>[1])).status).toBe(200);
  });

  it('is CONFLICT when the client changed since the version that was seen', async () => {
    await createClient(app, { clientId: 'versioned' });
    const early = await rotate('versioned', { version: 2 });
    expect(early.body.errors[0].extensions).toEqual({ code: 'CONFLICT', version: 1 });
    expect((await rotate('versioned', { version: 1 })).body.data.rotateClientSecret.client.version).toBe(2);
    expect(codeOf(await rotate('versioned', { version: 1, overlapSeconds: 0 }))).toBe('CONFLICT');
  });

  it('of an unknown or deleted client is CLIENT_NOT_FOUND, and brings none back', async () => {
    expect(codeOf(await rotate('nobody'))).toBe('CLIENT_NOT_FOUND');
    for (let round = 0; round < 5; round += 1) {
      const clientId = `gone-${round}`;
      await createClient(app, { clientId });
      const [, answer] = await Promise.all([
        app.administer('mutation ($clientId: String!) { deleteClient(clientId: $clientId) { clientId } }', { clientId }),
        rotate(clientId, { overlapSeconds: 0 }),
      ]);
      expect([undefined, 'CLIENT_NOT_FOUND', 'CONFLICT']).toContain(codeOf(answer as Answer));
      expect((await app.administer(READ, { clientId })).body.data.client).toBeNull();
      const secret = answer?.body.data?.rotateClientSecret.clientSecret ?? 'x';
      expect((await requestToken(app, { clientId, secret })).status).toBe(401);
    }
    const orphans = await app.database.query('SELECT id FROM client_secrets WHERE client_row_id NOT IN (SELECT id FROM clients)');
    expect(orphans).toEqual([]);
  });

  it('is refused to whoever has fewer rights than the client, enabled or not', async () => {
    const junior = await createClient(app, { clientId: 'junior', scopes: ['clients:read', 'clients:write'] });
    const token = await getToken(app, junior);
    await createClient(app, { clientId: 'senior', scopes: ['keys:write'] });
    for (const enabled of [true, false]) {
      await app.api.updateClient('senior', { enabled: enabled });
      const answer = await graphql(app, { token, query: ROTATE, variables: { clientId: 'senior', overlapSeconds: 0 } });
      expect(codeOf(answer)).toBe('FORBIDDEN');
    }
    expect(await secretsOf('senior')).toHaveLength(1);
  });
});

describe('revokeClientSecret', () => {
  it('ends a secret now, with the tokens that were issued for it and no others', async () => {
    const first = await createClient(app, { clientId: 'revoke' });
    const second = await rotated('revoke', 600);
    const [doomed, spared] = [await getToken(app, first), await getToken(app, second)];
    const [, oldest] = await secretsOf('revoke');
    const { body } = await app.administer(REVOKE, { clientId: 'revoke', secretId: oldest.id });
    expect(body.data.revokeClientSecret.secrets[1].revokedAt).not.toBeNull();
    expect((await requestToken(app, first)).status).toBe(401);
    expect((await introspect(app, second, doomed)).body).toEqual({ active: false });
    expect((await introspect(app, second, spared)).body.active).toBe(true);
    expect((await app.administer(REVOKE, { clientId: 'revoke', secretId: oldest.id })).body.errors).toBeUndefined();
  });

  it('keeps the last secret that an enabled client can use', async () => {
    const client = await createClient(app, { clientId: 'last' });
    const [only] = await secretsOf('last');
    expect(codeOf(await app.administer(REVOKE, { clientId: 'last', secretId: only.id }))).toBe('LAST_SECRET');
    expect((await requestToken(app, client)).status).toBe(200);
    await app.api.updateClient('last', { enabled: false });
    expect((await app.administer(REVOKE, { clientId: 'last', secretId: only.id })).body.errors).toBeUndefined();
  });

  it('lets the one before take its place back when the newest is revoked', async () => {
    stopClock();
    const first = await createClient(app, { clientId: 'back' });
    const second = await rotated('back', 600);
    const [newest] = await secretsOf('back');
    await app.administer(REVOKE, { clientId: 'back', secretId: newest.id });
    advanceClock(700);
    expect([(await requestToken(app, first)).status, (await requestToken(app, second)).status]).toEqual([200, 401]);
    expect((await secretsOf('back'))[1]).toMatchObject({ expiresAt: null, rotation: { supersededAt: null } });
  });

  it('ends tokens of a release before as well, which do not say for which secret they were issued', async () => {
    await createClient(app, { clientId: 'older' });
    await rotate('older');
    await app.database.query("UPDATE clients SET token_epoch = '' WHERE client_id = 'older'");
    const [, oldest] = await secretsOf('older');
    await app.administer(REVOKE, { clientId: 'older', secretId: oldest.id });
    const [row] = await app.database.query("SELECT token_epoch FROM clients WHERE client_id = 'older'");
    expect(row?.token_epoch).not.toBe('');
  });

  it('keeps one of two that are revoked at once', async () => {
    await createClient(app, { clientId: 'both' });
    await rotate('both', { overlapSeconds: 600 });
    const secrets = await secretsOf('both');
    const answers = await Promise.all(secrets.map(({ id }: { id: string }) => app.administer(REVOKE, { clientId: 'both', secretId: id })));
    expect(answers.map((answer) => codeOf(answer) ?? 'revoked').sort()).toEqual(['LAST_SECRET', 'revoked']);
  });

  it('knows only the secrets of the client that is named', async () => {
    await createClient(app, { clientId: 'mine' });
    await createClient(app, { clientId: 'yours' });
    const [theirs] = await secretsOf('yours');
    for (const secretId of [theirs.id, 'nonsense', '']) {
      expect(codeOf(await app.administer(REVOKE, { clientId: 'mine', secretId }))).toBe('SECRET_NOT_FOUND');
    }
    expect(codeOf(await app.administer(REVOKE, { clientId: 'nobody', secretId: theirs.id }))).toBe('CLIENT_NOT_FOUND');
  });
});

describe('a superseded secret', () => {
  it('is safe to revoke once it was unused for over twice the lifetime and an hour while its successor was used', async () => {
    stopClock();
    const first = await createClient(app, { clientId: 'safe', accessTokenLifetime: 3000 });
    await requestToken(app, first);
    advanceClock(1);
    const second = await rotated('safe', 2_592_000);
    await app.installation.use.flush();
    const oldest = async () => (await secretsOf('safe'))[1].rotation;
    expect(await oldest()).toMatchObject({ supersededAt: expect.any(String), safeToRevoke: false });
    advanceClock(6010);
    expect(await oldest()).toMatchObject({ safeToRevoke: false });
    await requestToken(app, second);
    await app.installation.use.flush();
    const { unusedForSeconds, safeToRevoke } = await oldest();
    expect(safeToRevoke).toBe(true);
    expect(unusedForSeconds).toBeGreaterThan(6000);
    await requestToken(app, first);
    await app.installation.use.flush();
    expect(await oldest()).toMatchObject({ safeToRevoke: false });
    expect((await secretsOf('safe'))[0].rotation).toMatchObject({ supersededAt: null, safeToRevoke: false });
  });

  it('is not safe within the first hour, however short the tokens live', async () => {
    stopClock();
    const first = await createClient(app, { clientId: 'hour', accessTokenLifetime: 10 });
    await requestToken(app, first);
    advanceClock(1);
    const second = await rotated('hour', 2_592_000);
    advanceClock(3500);
    await requestToken(app, second);
    await app.installation.use.flush();
    expect((await secretsOf('hour'))[1].rotation.safeToRevoke).toBe(false);
    advanceClock(200);
    expect((await secretsOf('hour'))[1].rotation.safeToRevoke).toBe(true);
  });
});

describe('a secret that was ended at once', () => {
  it('stays so for an instance whose clock is behind', async () => {
    const first = await createClient(app, { clientId: 'behind' });
    const second = await rotated('behind', 3600);
    // Ends both of those before it, the first of which was superseded a while ago.
    const third = await rotated('behind', 0);
    const fourth = await rotated('behind', 3600);
    const [, { id }] = await secretsOf('behind');
    expect((await app.administer(REVOKE, { clientId: 'behind', secretId: id })).body.errors).toBeUndefined();
    advanceClock(-60);
    const statuses = [first, second, third, fourth].map(async (credentials) => (await requestToken(app, credentials)).status);
    expect(await Promise.all(statuses)).toEqual([401, 401, 401, 200]);
  });
});

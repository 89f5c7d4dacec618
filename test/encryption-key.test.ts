import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { EntityManager } from 'typeorm';
import { makeSecret } from '../src/clients/secret.js';
import { Cipher } from '../src/platform/cipher.js';
import type { Reach } from '../src/platform/renewal.js';
import { systemCaller } from '../src/tenants/caller.js';
import { createClient, getToken, graphql, postForm, requestToken, startApp } from '../testbed/app.js';
import { createTestDatabase, kind, type TestDatabase } from '../testbed/database.js';
import { answers, startProcess, type TestProcess, until } from '../testbed/process.js';

const FIRST = Buffer.alloc(32, 1).toString('base64');
const SECOND = Buffer.alloc(32, 2).toString('base64');

let database: TestDatabase;
const running: TestProcess[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop('SIGKILL')));
  await database.remove();
});

async function start(settings: Record<string, string>): Promise<TestProcess> {
  const process = await startProcess(database, settings);
  running.push(process);
  await process.ready();
  return process;
}

function assertion(url: string, { clientId, secret }: { clientId: string; secret: string }): Record<string, string> {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 60;
  const input = `${encode({ alg: 'HS256' })}.${encode({ iss: clientId, sub: clientId, aud: url, exp, jti: String(Math.random()) })}`;
  return {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`,
  };
}

it('can be changed while everything goes on, and the one before it be forgotten in the end', async () => {
  const first = await start({ ENCRYPTION_KEY: FIRST });
  const admin = { clientId: 'admin', secret: first.printedSecret() as string };
  const make = async (clientId: string, authMethod = 'SECRET') => {
    const query = `mutation { createClient(input: { name: "X", clientId: "${clientId}", authMethod: ${authMethod} }) { clientSecret } }`;
    const { body } = await graphql(first, { token: await getToken(first, admin), query });
    return { clientId, secret: body.data.createClient.clientSecret as string };
  };
  const [used, unused, signing] = [await make('used'), await make('unused'), await make('signing', 'CLIENT_SECRET_JWT')];
  const isServed = async (clients: { clientId: string; secret: string }[]) => {
    for (const client of clients) expect((await requestToken(first, client)).status).toBe(200);
    expect((await postForm(first, '/connect/token', { body: assertion(first.url, signing) })).status).toBe(200);
  };
  const provider = `{ name: "X", issuer: "https://x.example", clientId: "x", clientSecret: "x", claim: "x", grants: [{ value: "x", scopes: ["clients:read"] }] }`;
  await graphql(first, { token: await getToken(first, admin), query: `mutation { setIdentityProvider(input: ${provider}) { name } }` });
  await first.stop();

  const port = { PORT: String(first.port) };
  const change = { ...port, ENCRYPTION_KEY: SECOND, ENCRYPTION_KEY_PREVIOUS: FIRST };
  const reencrypt = async () => {
    const program = await startProcess(database, change, 'encryption-key:change');
    expect(await program.exit).toBe(0);
    return program.output();
  };
  const incomplete = await startProcess(database, { ...port, ENCRYPTION_KEY: FIRST }, 'encryption-key:change');
  expect(await incomplete.exit).toBe(1);
  expect(incomplete.output()).toContain('ENCRYPTION_KEY_PREVIOUS is not set');
  const second = await start(change);
  await isServed([used]);
  // As at every moment of the change: by the settings that the server has.
  const backUp = async (name: string) => {
    const backup = await startProcess(database, change, 'backup', name);
    return [await backup.exit, JSON.parse(readFileSync(join(database.folder, name), 'utf8').split(/[\t\n]/)[0] as string).sealedUnder];
  };
  const nameOf = (key: string) => new Cipher(Buffer.from(key, 'base64')).keyId;
  expect(await backUp('before.backup')).toEqual([0, nameOf(FIRST)]);
  await second.stop();
  const told = await reencrypt();
  const early = await start({ ...port, ENCRYPTION_KEY: SECOND });
  await until(() => /"secrets":2,.*set ENCRYPTION_KEY_PREVIOUS/.test(early.output()), early.output);
  expect((await requestToken(first, unused)).status).toBe(401);
  await early.stop();
  expect(await backUp('after.backup')).toEqual([0, nameOf(SECOND)]);
  expect(told).toMatch(/^ {2}unused /m);
  expect(told).toMatch(/^ {2}admin /m);
  expect(told).not.toMatch(/^ {2}(used|signing) /m);
  const third = await start(change);
  await isServed([unused, admin]);
  await third.stop();
  expect(await reencrypt()).toContain('Nothing needs ENCRYPTION_KEY_PREVIOUS any more');
  await start({ ...port, ENCRYPTION_KEY: SECOND });
  await isServed([used, unused, admin]);
  const rows = await database.query('SELECT key_id FROM identity_providers UNION SELECT key_id FROM signing_keys');
  expect(rows).toHaveLength(1);
  const actions = await database.query("SELECT actor_id FROM audit_events WHERE action = 'CHANGE_ENCRYPTION_KEY'");
  expect(actions).toEqual([{ actor_id: 'encryption-key:change' }, { actor_id: 'encryption-key:change' }]);
});

it('is changed for any number of secrets, some at a time, past those that nobody can read', async () => {
  const first = await start({ ENCRYPTION_KEY: FIRST });
  const admin = { clientId: 'admin', secret: first.printedSecret() as string };
  const query = 'mutation { createClient(input: { name: "X", clientId: "signing", authMethod: CLIENT_SECRET_JWT }) { clientSecret } }';
  await graphql(first, { token: await getToken(first, admin), query });
  await first.stop();
  const [row] = await database.query(
    "SELECT s.* FROM client_secrets s JOIN clients c ON c.id = s.client_row_id WHERE c.client_id = 'signing'",
  );
  const cipher = new Cipher(Buffer.from(FIRST, 'base64'));
  const damaged = new Set([0, 1, 199, 200, 649]);
  const rows = Array.from({ length: 650 }, (_, number) => {
    const id = `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;
    const encrypted = damaged.has(number) ? 'damaged' : cipher.encrypt(makeSecret(), id);
    return { ...row, id, encrypted_secret: encrypted, lookup_digest: makeSecret().slice(0, 43), hint: `h${number}` };
  });
  const names = Object.keys(rows[0] as object);
  for (const some of [rows.slice(0, 325), rows.slice(325)]) {
    const values = some.map(
      (one) =>
        `(${Object.keys(one)
          .map(() => '?')
          .join(', ')})`,
    );
    await database.query(`INSERT INTO client_secrets (${names.join(', ')}) VALUES ${values.join(', ')}`, some.flatMap(Object.values));
  }
  const settings = { PORT: String(first.port), ENCRYPTION_KEY: SECOND, ENCRYPTION_KEY_PREVIOUS: FIRST };
  const change = async () => {
    const program = await startProcess(database, settings, 'encryption-key:change');
    expect(await program.exit).toBe(0);
    return program.output();
  };
  const told = await change();
  expect(told).toContain(' 646 secrets that sign assertions');
  expect(told.match(/^ {2}secret 00000/gm)).toHaveLength(damaged.size);
  expect(told.match(/^ {2}signing {2}h\d/gm)).toHaveLength(damaged.size);
  expect(await change()).toContain(' 0 secrets that sign assertions');
  const sql = 'SELECT id FROM client_secrets WHERE encrypted_secret IS NOT NULL AND key_id = ?';
  expect(await database.query(sql, [cipher.keyId])).toHaveLength(damaged.size);
});

it('says that it is to be run again when the database fails in the middle of it', async () => {
  const first = await start({ ENCRYPTION_KEY: FIRST });
  await first.stop();
  const failing = kind === 'sqlite' ? "BEGIN SELECT RAISE(FAIL, 'no'); END" : "FOR EACH ROW SIGNAL SQLSTATE '45000'";
  await database.query(`CREATE TRIGGER forbidding BEFORE UPDATE ON tenants ${failing}`);
  const change = async () => {
    const program = await startProcess(database, { ENCRYPTION_KEY: SECOND, ENCRYPTION_KEY_PREVIOUS: FIRST }, 'encryption-key:change');
    return [await program.exit, program.output()];
  };
  expect(await change()).toEqual([1, expect.stringContaining('What was stays so: run it again.')]);
  await database.query('DROP TRIGGER forbidding');
  expect(await change()).toEqual([0, expect.stringContaining('Encrypted anew: 2 signing keys')]);
});

it('tells what is under a key that was given up too early apart from what waits', async () => {
  const first = await start({ ENCRYPTION_KEY: FIRST });
  const admin = { clientId: 'admin', secret: first.printedSecret() as string };
  const query = 'mutation { createClient(input: { name: "X", clientId: "unused" }) { clientSecret } }';
  await graphql(first, { token: await getToken(first, admin), query });
  await first.stop();
  const port = { PORT: String(first.port) };
  const change = async (ENCRYPTION_KEY: string, ENCRYPTION_KEY_PREVIOUS: string) => {
    const program = await startProcess(database, { ...port, ENCRYPTION_KEY, ENCRYPTION_KEY_PREVIOUS }, 'encryption-key:change');
    expect(await program.exit).toBe(0);
    return program.output();
  };
  expect(await change(SECOND, FIRST)).toMatch(/^Keep ENCRYPTION_KEY_PREVIOUS until .*\n( {2}.*\n)* {2}unused /m);
  const told = await change(Buffer.alloc(32, 3).toString('base64'), SECOND);
  expect(told).toMatch(/^These secrets are under an encryption key that is not at hand.*\n( {2}.*\n)* {2}unused /m);
  expect(told).toContain('Nothing needs ENCRYPTION_KEY_PREVIOUS any more');
});

it('refuses to start with another key and without the one before it, and changes nothing', async () => {
  const first = await start({ ENCRYPTION_KEY: FIRST });
  await first.stop();
  const before = await database.dump();
  const wrong = await startProcess(database, { ENCRYPTION_KEY: SECOND });
  running.push(wrong);
  expect(await wrong.exit).toBe(1);
  expect(wrong.output()).toContain('another ENCRYPTION_KEY');
  expect(JSON.parse(await database.dump()).slice(0, 7)).toEqual(JSON.parse(before).slice(0, 7));
});

async function ask(server: { url: string }, secret: string, query: string) {
  return (await graphql(server, { token: await getToken(server, { clientId: 'admin', secret }), query })).body.data;
}

it('starts though keys of other tenants cannot be read, and says so when none can', async () => {
  const first = await start({ ENCRYPTION_KEY: FIRST });
  const tenant = `mutation { createTenant(input: { name: "Acme", host: "acme.localhost:${first.port}" }) { clientSecret } }`;
  await ask(first, first.printedSecret() as string, tenant);
  await first.stop();
  const damage = "UPDATE signing_keys SET encrypted_private_key = 'AAAA', created_at = '2099-01-01 00:00:00.000'";
  await database.query(`${damage} WHERE tenant_id <> (SELECT id FROM tenants WHERE is_home = 1)`);
  const second = await start({ ENCRYPTION_KEY: FIRST });
  await second.stop();
  await database.query("UPDATE signing_keys SET key_id = '0000000000000000' WHERE tenant_id <> (SELECT id FROM tenants WHERE is_home = 1)");
  const again = await start({ ENCRYPTION_KEY: FIRST });
  await again.stop();
  // What signs cannot be read, and another key of the home tenant can: whoever is signed in can still revoke it.
  await database.query("UPDATE signing_keys SET encrypted_private_key = 'AAAA' WHERE activates_at IS NOT NULL");
  const hurt = await start({ ENCRYPTION_KEY: FIRST });
  await until(() => hurt.output().includes('cannot be read: revoke it'), hurt.output);
  await hurt.stop();
  // What names no key is damaged, and of no other installation.
  await database.query(
    "UPDATE signing_keys SET key_id = 'garbage' WHERE activates_at IS NOT NULL AND tenant_id = (SELECT id FROM tenants WHERE is_home = 1)",
  );
  const nameless = await start({ ENCRYPTION_KEY: FIRST });
  await until(() => nameless.output().includes('cannot be read: revoke it'), nameless.output);
  await nameless.stop();
  // Of the administrator's client nothing is needed for a start.
  await database.query("UPDATE clients SET scopes = 'no JSON' WHERE client_id = 'admin'");
  const unadministered = await start({ ENCRYPTION_KEY: FIRST });
  await until(() => unadministered.output().includes("the administrator's client cannot be read"), unadministered.output);
  await unadministered.stop();
  await database.query(damage);
  const third = await startProcess(database, { ENCRYPTION_KEY: FIRST, LOG_LEVEL: 'fatal' });
  running.push(third);
  expect([await third.exit, third.output()]).toEqual([
    1,
    expect.stringMatching(/^The signing key \S+ was changed past the server, and cannot be read/),
  ]);
});

it('is changed past what is damaged, which is told; a server without the new one is not ready, and commands without it are refused', async () => {
  const first = await start({ ENCRYPTION_KEY: FIRST });
  const tenant = `mutation { createTenant(input: { name: "Acme", host: "acme.localhost:${first.port}" }) { clientSecret } }`;
  await ask(first, first.printedSecret() as string, tenant);
  const [{ id }] = (await database.query(
    'SELECT id FROM signing_keys WHERE tenant_id <> (SELECT id FROM tenants WHERE is_home = 1) ORDER BY id LIMIT 1',
  )) as [{ id: string }];
  await database.query('UPDATE signing_keys SET encrypted_private_key = ? WHERE id = ?', ['AAAA', id]);
  const provider = `{ name: "X", issuer: "https://x.example", clientId: "x", clientSecret: "x", claim: "x", grants: [{ value: "x", scopes: ["clients:read"] }] }`;
  await ask(first, first.printedSecret() as string, `mutation { setIdentityProvider(input: ${provider}) { name } }`);
  await database.query("UPDATE identity_providers SET grants = 'no JSON \u001b[31m'");
  const change = await startProcess(database, { ENCRYPTION_KEY: SECOND, ENCRYPTION_KEY_PREVIOUS: FIRST }, 'encryption-key:change');
  expect([await change.exit, change.output()]).toEqual([0, expect.stringContaining(`  signing key ${id}\n`)]);
  expect(change.output()).toMatch(/^Encrypted anew: 3 signing keys,/);
  await until(() => answers(`${first.url}/health/ready`, 503));
  const backup = await startProcess(database, { ENCRYPTION_KEY: FIRST }, 'backup', 'left.backup');
  expect([await backup.exit, backup.output()]).toEqual([
    1,
    expect.stringMatching(/^This database belongs to another ENCRYPTION_KEY .*There is no file\.\n$/),
  ]);
  expect(existsSync(join(database.folder, 'left.backup'))).toBe(false);
  await first.stop();
  // Of a tenant without one key that can be read there is no empty set, which others would keep.
  const second = await start({ ENCRYPTION_KEY: SECOND, PORT: String(first.port) });
  await database.query("UPDATE signing_keys SET encrypted_private_key = 'AAAA'");
  const statusOf = async (url: string) => (await fetch(`${url}/.well-known/jwks.json`)).status;
  expect(await statusOf(`http://acme.localhost:${first.port}`)).toBe(500);
  await second.stop();
});

it('finds a leaked secret whose digests were made with the key before', async () => {
  const { ClientSecretService } = await import('../src/clients/client-secret.service.js');
  const app = await startApp();
  const client = await createClient(app, { clientId: 'leaky' });
  const both = new Cipher(Buffer.from(SECOND, 'base64'), Buffer.from(FIRST, 'base64'));
  const secrets = new ClientSecretService(app.installation.database, app.installation.changes, both);
  const found = await secrets.reportLeak(systemCaller(app.installation.home, 'test'), client.secret as never);
  expect(found.map(({ clientId }) => clientId)).toEqual(['leaky']);
  expect((await requestToken(app, client)).status).toBe(401);
  await app.stop();
});

it('protects a secret for an identity provider that is kept while the key is changed, whichever is read first', async () => {
  const { IdentityProviderService } = await import('../src/people/identity-provider.service.js');
  const { IdentityProvider } = await import('../src/people/identity-provider.entity.js');
  const app = await startApp();
  const { database, changes, home, sessions, outbound } = app.installation;
  const both = new Cipher(Buffer.from(SECOND, 'base64'), Buffer.from(FIRST, 'base64'));
  const providers = new IdentityProviderService(database, changes, { cipher: both, sessions, outbound });
  const set = (input: string) => app.administer(`mutation { setIdentityProvider(input: { ${input} }) { name } }`);
  const kept = 'issuer: "https://x.example", clientId: "x", claim: "x", grants: [{ value: "x", scopes: ["clients:read"] }]';
  const within = (manager: EntityManager): Reach => ({ read: (work) => work(manager), write: (work) => work(manager) });
  const look = async () => {
    const provider = await providers.find(home);
    return provider && [provider.name, provider.keyId, providers.secretOf(provider)];
  };

  await set(`name: "Before", clientSecret: "hush", ${kept}`);
  const { findOneBy, find } = EntityManager.prototype;
  const reading = jest.spyOn(EntityManager.prototype, 'findOneBy').mockImplementation(async function (this: EntityManager, ...asked) {
    const found = await findOneBy.apply(this, asked);
    if (asked[0] === IdentityProvider) await providers.reencrypt(within(this), '');
    return found;
  });
  await set(`name: "After", ${kept}`);
  reading.mockRestore();
  expect(await look()).toEqual(['After', both.keyId, 'hush']);

  await set(`name: "Before", clientSecret: "again", ${kept}`);
  const renewing = jest.spyOn(EntityManager.prototype, 'find').mockImplementation(async function (this: EntityManager, ...asked) {
    const found = await find.apply(this, asked);
    if (asked[0] === IdentityProvider)
      await this.update(IdentityProvider, { tenantId: home.tenant.id }, { name: 'Meanwhile', version: 'another' });
    return found;
  });
  const { done } = await database.write((manager) => providers.reencrypt(within(manager), ''));
  renewing.mockRestore();
  expect([done, await look()]).toEqual([1, ['Meanwhile', both.keyId, 'again']]);
  await app.stop();
});

it('when it is lost, clients and tenants stay: what it protected is removed and made anew', async () => {
  const first = await start({ ENCRYPTION_KEY: FIRST });
  const host = `acme.localhost:${first.port}`;
  const acme = { url: `http://${host}` };
  await ask(first, first.printedSecret() as string, 'mutation { createClient(input: { name: "X", clientId: "kept" }) { clientSecret } }');
  const tenant = `mutation { createTenant(input: { name: "Acme", host: "${host}" }) { clientSecret } }`;
  const { createTenant } = await ask(first, first.printedSecret() as string, tenant);
  await ask(acme, createTenant.clientSecret, 'mutation { createClient(input: { name: "X", clientId: "kept" }) { clientSecret } }');
  await first.stop();

  for (const table of ['signing_keys', 'client_secrets', 'identity_providers']) await database.query(`DELETE FROM ${table}`);
  const settings = { ENCRYPTION_KEY: SECOND, PORT: String(first.port) };
  await start(settings);
  for (const { url } of [first, acme]) expect((await requestToken({ url }, { clientId: 'kept', secret: 'lost' })).status).not.toBe(200);
  for (const [server, ...args] of [[first], [acme, host]] as const) {
    const reset = await startProcess(database, settings, 'admin:reset', ...args);
    expect(await reset.exit).toBe(0);
    const rotate = 'mutation { rotateClientSecret(clientId: "kept") { clientSecret } }';
    const { rotateClientSecret } = await ask(server, reset.printedSecret() as string, rotate);
    expect((await requestToken(server, { clientId: 'kept', secret: rotateClientSecret.clientSecret })).status).toBe(200);
  }
});

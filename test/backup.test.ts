import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { readBackup, writeBackup } from '../src/installation/backups/backup-file.js';
import { Cipher } from '../src/platform/cipher.js';
import { administered, type Credentials, createClient, ENCRYPTION_KEY, getToken, introspect, requestToken } from '../testbed/app.js';
import { createTestDatabase, kind, type TestDatabase } from '../testbed/database.js';
import { startProcess, type TestProcess, until } from '../testbed/process.js';

const OTHER_KEY = Buffer.alloc(32, 9).toString('base64');
const isOnSqlite = kind === 'sqlite';
const itOnSqlite = isOnSqlite ? it : Object.assign(() => undefined, { each: () => () => undefined });
const itOnMysql = isOnSqlite ? () => undefined : it;

let database: TestDatabase;
let empty: TestDatabase;
let file: string;
const running: TestProcess[] = [];

beforeEach(async () => {
  [database, empty] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  file = join(database.folder, 'night.backup');
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop('SIGKILL')));
  await forgetReplaced();
  await Promise.all([database.remove(), empty.remove()]);
});

type Settings = Record<string, string | undefined>;

async function start(on: TestDatabase, settings: Settings = {}): Promise<TestProcess> {
  const process = await startProcess(on, settings);
  running.push(process);
  await process.ready();
  return process;
}

/** Runs a command of the product to its end. */
async function command(on: Pick<TestDatabase, 'url' | 'folder'>, name: 'backup' | 'restore', args: string[], settings: Settings = {}) {
  const process = await startProcess(on, settings, name, ...args);
  running.push(process);
  return { code: await process.exit, output: process.output() };
}

/** A server that ran, was given some clients and was stopped. */
async function provision(clientIds: string[]): Promise<{ server: TestProcess; clients: Credentials[]; tokens: string[] }> {
  const server = await start(database);
  const tenant = administered(server.url, { clientId: 'admin', secret: server.printedSecret() as string });
  const clients = [tenant.admin];
  for (const clientId of clientIds) clients.push(await createClient(tenant, { clientId }));
  const tokens = await Promise.all(clients.map((client) => getToken(server, client)));
  await server.stop();
  return { server, clients, tokens };
}

async function isOnMariadb(): Promise<boolean> {
  const [row] = await database.query('SELECT VERSION() AS version');
  return String(row?.version).includes('MariaDB');
}

/** What a restore keeps aside outside of the test's folder. */
async function forgetReplaced(): Promise<void> {
  if (isOnSqlite) return;
  for (const name of await databasesBeside('replaced')) await database.query(`DROP DATABASE ${name}`);
}

async function databasesBeside(what: string): Promise<string[]> {
  if (isOnSqlite) return readdirSync(join(database.folder, 'data')).filter((name) => name.includes(what));
  const name = new URL(database.url).pathname.slice(1);
  const rows = await database.query('SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name LIKE ?', [
    `${name}\\_${what}%`,
  ]);
  return rows.map((row) => String(row.name));
}

/** A backup that says something else of itself, by somebody who has the encryption key. */
async function forge(change: object): Promise<string> {
  const path = join(database.folder, `forged-${randomBytes(4).toString('hex')}.backup`);
  const cipher = new Cipher(Buffer.from(ENCRYPTION_KEY, 'base64'));
  const backup = await readBackup(file, cipher);
  const { signal } = new AbortController();
  await writeBackup(path, { ...backup.header, ...change } as never, { blocks: backup.blocks(), cipher, signal });
  await backup.close();
  return path;
}

/** One that takes a while to load. */
async function forgeLarge(): Promise<string> {
  const path = join(database.folder, 'large');
  const cipher = new Cipher(Buffer.from(ENCRYPTION_KEY, 'base64'));
  const backup = await readBackup(file, cipher);
  const rows = async function* () {
    yield* backup.blocks();
    for (let n = 0; n < 400; n++) {
      const proofs = Array.from({ length: 500 }, (_, index) => [String(n), String(index), '2030-01-01 00:00:00.000']);
      yield { table: 'used_proofs', columns: ['tenant_id', 'id', 'expires_at'], rows: proofs };
    }
  };
  await writeBackup(path, backup.header, { blocks: rows(), cipher, signal: new AbortController().signal });
  await backup.close();
  return path;
}

it('holds all that was acknowledged before it began, while a server writes, and brings it back elsewhere', async () => {
  const server = await start(database);
  const tenant = administered(server.url, { clientId: 'admin', secret: server.printedSecret() as string });
  const acknowledged: Credentials[] = [tenant.admin];
  let isOver = false;
  const load = async (name: string) => {
    for (let n = 0; !isOver; n++) acknowledged.push(await createClient(tenant, { clientId: `${name}-${n}` }));
  };
  const loads = [load('a'), load('b')];
  await until(() => acknowledged.length > 20);
  const before = [...acknowledged];
  const tokens = await Promise.all(before.slice(0, 5).map((client) => getToken(server, client)));
  const { code, output } = await command(database, 'backup', [file]);
  const during = acknowledged.length - before.length;
  isOver = true;
  await Promise.all(loads);
  expect([code, output]).toEqual([0, expect.stringContaining(`${file} has all that was stored at 20`)]);
  expect(during).toBeGreaterThan(0);
  await server.stop();

  const restored = await command(empty, 'restore', [file]);
  expect([restored.code, restored.output]).toEqual([0, expect.stringContaining('Tokens that were issued before go on.')]);
  const second = await start(empty, { PORT: String(server.port) });
  for (const client of before) expect((await requestToken(second, client)).status).toBe(200);
  const keys = createRemoteJWKSet(new URL(`${second.url}/.well-known/jwks.json`));
  for (const [index, token] of tokens.entries()) {
    await jwtVerify(token, keys, { issuer: second.url });
    expect((await introspect(second, before[index] as Credentials, token)).body.active).toBe(true);
  }
  expect(second.printedSecret()).toBeUndefined();
  const [event] = await empty.query("SELECT actor_id FROM audit_events WHERE action = 'RESTORE'");
  expect(event).toEqual({ actor_id: 'restore' });
  const verified = await startProcess(empty, { PORT: String(server.port) }, 'audit:verify');
  expect([await verified.exit, verified.output()]).toEqual([0, expect.stringContaining('The record is whole: of 1 tenant.')]);
});

it('mints no token by itself: it holds neither a secret nor a key, and only its owner reads it', async () => {
  const { clients } = await provision(['one', 'two']);
  await command(database, 'backup', [file]);
  const bytes = readFileSync(file, 'latin1');
  for (const secret of [...clients.map(({ secret }) => secret), ENCRYPTION_KEY]) {
    for (const form of [secret, Buffer.from(secret).toString('base64').replaceAll('=', ''), Buffer.from(secret).toString('hex')]) {
      expect(bytes).not.toContain(form);
    }
  }
  expect(bytes).not.toContain(Buffer.from(ENCRYPTION_KEY, 'base64').toString('latin1'));
  expect(bytes).not.toMatch(/PRIVATE KEY|"d":/);
  expect(bytes).toContain('"clients":3');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(database.folder).filter((name) => name.startsWith('night'))).toEqual(['night.backup']);
});

it('of an earlier encryption key is put back while that is at hand, and goes on under the present one', async () => {
  const { server, clients, tokens } = await provision(['one']);
  await command(database, 'backup', [file]);
  const keys = { ENCRYPTION_KEY: OTHER_KEY, ENCRYPTION_KEY_PREVIOUS: ENCRYPTION_KEY };
  const restored = await command(empty, 'restore', [file], keys);
  expect([restored.code, restored.output]).toEqual([0, expect.stringContaining('Tokens that were issued before go on.')]);
  const second = await start(empty, { ...keys, PORT: String(server.port) });
  for (const client of clients) expect((await requestToken(second, client)).status).toBe(200);
  expect((await introspect(second, clients[1] as Credentials, tokens[1] as string)).body.active).toBe(true);
  const changed = await startProcess(empty, { ...keys, PORT: String(server.port) }, 'encryption-key:change');
  expect(await changed.exit).toBe(0);
  const verified = await startProcess(empty, { ENCRYPTION_KEY: OTHER_KEY, PORT: String(server.port) }, 'audit:verify');
  expect([await verified.exit, verified.output()]).toEqual([0, expect.stringContaining('The record is whole: of 1 tenant.')]);
});

it('is as good as its database: what somebody has damaged there is put back as it was', async () => {
  const { server, clients } = await provision(['one', 'two']);
  await database.query("UPDATE client_secrets SET key_id = 'XYZ' WHERE client_row_id = (SELECT id FROM clients WHERE client_id = 'one')");
  if (isOnSqlite) await database.query("UPDATE clients SET version = 9e999 WHERE client_id = 'one'");
  for (const count of isOnSqlite ? ['mutation_minute', 'mutation_count', 'record_day', 'record_bytes', 'client_count'] : [])
    await database.query(`UPDATE tenants SET ${count} = 'abc'`);
  // One statement, so that it is one connection: of a pool another may be the next.
  const dated = "UPDATE clients SET updated_at = '2026-02-31 00:00:00', last_used_at = '0000-00-00 00:00:00' WHERE client_id = 'one'";
  if (!isOnSqlite) await database.query(`SET STATEMENT sql_mode = 'ALLOW_INVALID_DATES' FOR ${dated}`);
  const made = await command(database, 'backup', [file]);
  expect([made.code, made.output]).toEqual([0, expect.stringMatching(/only with the encryption key [0-9a-f]{16}, which/)]);
  const restored = await command(empty, 'restore', [file]);
  expect([restored.code, restored.output]).toEqual([0, expect.stringContaining('3 clients in 1 tenant')]);
  const second = await start(empty, { PORT: String(server.port) });
  expect((await requestToken(second, clients[2] as Credentials)).status).toBe(200);
  const [row] = await empty.query("SELECT key_id FROM client_secrets WHERE key_id = 'XYZ'");
  expect(row).toEqual({ key_id: 'XYZ' });
  if (isOnSqlite) return;
  const [moments] = await empty.query("SELECT CONCAT(updated_at, ' ', last_used_at) AS told FROM clients WHERE client_id = 'one'");
  expect(moments).toEqual({ told: '2026-02-31 00:00:00.000 0000-00-00 00:00:00.000' });
});

it('is refused with another key, when a byte of it is lost or changed, and when it is something else, before anything is changed', async () => {
  const { clients } = await provision(['one']);
  await command(database, 'backup', [file]);
  const before = await database.dump();
  const bytes = readFileSync(file);
  const damaged = join(database.folder, 'damaged.backup');
  const refuse = async (path: string, reason: RegExp, settings?: Settings) => {
    const attempts = [command(database, 'restore', [path, '--replace'], settings), command(empty, 'restore', [path], settings)];
    for (const { code, output } of await Promise.all(attempts)) {
      expect([code, output]).toEqual([1, expect.stringMatching(reason)]);
      expect(output).toMatch(/^[^\n]+Nothing was changed\.\n$/);
    }
  };
  await refuse(file, /made with another ENCRYPTION_KEY: it needs 1b66aad35629880c, and at hand is/, { ENCRYPTION_KEY: OTHER_KEY });
  for (const size of [bytes.length - 1, 300]) {
    writeFileSync(damaged, bytes.subarray(0, size));
    await refuse(damaged, /damaged or was cut off/);
  }
  for (const position of [40, Math.floor(bytes.length / 2), bytes.length - 3]) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(position) ^ 1, position);
    writeFileSync(damaged, flipped);
    await refuse(damaged, /damaged or was cut off/);
  }
  for (const text of ['', 'CREATE TABLE x (y int);\n']) {
    writeFileSync(damaged, text);
    await refuse(damaged, /is not a backup of Latchkey/);
  }
  await refuse(join(database.folder, 'nothing'), /there is no such file/);
  await refuse(await forge({ lastMigration: 'Later1999999999999', version: '9.9.9' }), /made by release 9\.9\.9, whose database/);
  await refuse(
    await forge({ keyIds: ['1b66aad35629880c', '0123456789abcdef'] }),
    /is encrypted with another ENCRYPTION_KEY: it needs 0123456789abcdef/,
  );
  for (const [format, reason] of [
    [1, /made by an earlier release, and nothing in it proves/],
    [3, /made by another release, which writes/],
  ] as const) {
    writeFileSync(damaged, Buffer.concat([Buffer.from(`{"latchkeyBackup":${format},`), bytes.subarray(20)]));
    await refuse(damaged, reason);
  }
  await refuse(await forge({ database: isOnSqlite ? 'mysql' : 'sqlite' }), /it goes back to the kind that it came from/);
  expect(await database.dump()).toBe(before);
  if (isOnSqlite) expect(readdirSync(join(empty.folder, 'data'))).toEqual([]);
  else expect(await empty.tables()).toEqual([]);
  expect(await databasesBeside('re')).toEqual([]);
  const again = await start(database);
  for (const client of clients) expect((await requestToken(again, client)).status).toBe(200);
});

const whenSqlite = kind === 'sqlite' ? it : it.skip;

whenSqlite('takes the place of no device and no pipe', async () => {
  await provision(['one']);
  await command(database, 'backup', [file]);
  const pipe = join(database.folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const more of [[], ['--replace']]) {
    const refused = await command({ ...database, url: `sqlite:${pipe}` }, 'restore', [file, ...more]);
    expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('is no file, and so no database')]);
  }
  expect(lstatSync(pipe).isFIFO()).toBe(true);
});

it('takes the place of data only when that is said and no server runs, and keeps aside what was there', async () => {
  const { server, clients } = await provision(['one']);
  await command(database, 'backup', [file]);
  const port = { PORT: String(server.port) };
  const second = await start(database, port);
  const tenant = administered(second.url, clients[0] as Credentials);
  const later = await createClient(tenant, { clientId: 'later' });
  await tenant.api.deleteClient('one');
  const refused = await command(database, 'restore', [file]);
  expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('has tables')]);
  const busy = await command(database, 'restore', [file, '--replace']);
  expect([busy.code, busy.output]).toEqual([1, expect.stringMatching(/stop (it|the servers that use it) first\. Nothing was changed/)]);
  expect((await requestToken(second, later)).status).toBe(200);
  await second.stop();

  const done = await command(database, 'restore', [file, '--replace']);
  expect([done.code, done.output]).toEqual([0, expect.stringMatching(/What was there before is in \S+replaced_?-?\S* now/)]);
  expect(done.output).toMatch(
    /this was done since:\n(?: {2}\S+ {2}CREATE_CLIENT {2}later {2}at \S+\n)(?: {2}\S+ {2}DELETE_CLIENT {2}one {2}at \S+\n)$/,
  );
  const third = await start(database, port);
  expect((await requestToken(third, later)).status).toBe(401);
  for (const client of clients) expect((await requestToken(third, client)).status).toBe(200);
  expect(await databasesBeside('replaced')).toHaveLength(1);
  expect(await databasesBeside('restoring')).toEqual([]);
  await third.stop();

  const [name] = await databasesBeside('replaced');
  const url = isOnSqlite ? `sqlite:${join(database.folder, 'data', name as string)}` : database.url.replace(/[^/]+$/, name as string);
  const old = await start({ ...database, url }, port);
  expect((await requestToken(old, later)).status).toBe(200);
});

it('leaves the data as it was when it fails half way', async () => {
  const { server, clients } = await provision(['one', 'two']);
  await command(database, 'backup', [file]);
  const before = await database.dump();
  const lines = readFileSync(file, 'latin1').split('\n');
  const half = join(database.folder, 'half.backup');
  writeFileSync(half, `${lines.slice(0, lines.length / 2).join('\n')}\n`, 'latin1');
  const { code, output } = await command(database, 'restore', [half, '--replace']);
  expect([code, output.split('\n').length]).toEqual([1, 2]);
  const emptied = await command(empty, 'restore', [half]);
  expect(emptied.code).toBe(1);
  expect(await database.dump()).toBe(before);
  expect(await databasesBeside('re')).toEqual([]);
  if (!isOnSqlite) expect(await empty.tables()).toEqual([]);
  else expect(readdirSync(join(empty.folder, 'data'))).toEqual([]);
  const again = await start(database, { PORT: String(server.port) });
  for (const client of clients) expect((await requestToken(again, client)).status).toBe(200);
});

itOnSqlite('takes the place of a database that is damaged', async () => {
  const { server, clients } = await provision(['one']);
  await command(database, 'backup', [file]);
  const path = database.url.slice('sqlite:'.length);
  for (const end of ['', '-wal']) writeFileSync(path + end, 'this was a database once');
  const refused = await command(database, 'restore', [file]);
  expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('has tables')]);
  const done = await command(database, 'restore', [file, '--replace']);
  expect([done.code, done.output]).toEqual([0, expect.stringContaining('What was there before is in')]);
  expect(done.output).not.toContain('this was done since');
  const [kept] = await databasesBeside('replaced');
  expect(readFileSync(join(database.folder, 'data', kept as string), 'utf8')).toBe('this was a database once');
  expect(readdirSync(join(database.folder, 'data')).filter((name) => /^latchkey\.db-(?!startup)/.test(name))).toEqual([]);
  const again = await start(database, { PORT: String(server.port) });
  for (const client of clients) expect((await requestToken(again, client)).status).toBe(200);
});

itOnSqlite('takes no fault but damage for leave to move what is there, and not that of a file which a server has open', async () => {
  const { server } = await provision(['one']);
  await command(database, 'backup', [file]);
  // As what this user may not open, a folder cannot be opened as a database.
  const folder = join(empty.folder, 'a-folder');
  mkdirSync(folder);
  writeFileSync(`${folder}-wal`, 'of somebody else');
  const onFolder = await command({ ...empty, url: `sqlite:${folder}` }, 'restore', [file, '--replace']);
  expect([onFolder.code, onFolder.output]).toEqual([
    1,
    expect.stringMatching(/^[^\n]+ is no file, and so no database\. [^\n]+Nothing was changed\.\n$/),
  ]);
  expect(readFileSync(`${folder}-wal`, 'utf8')).toBe('of somebody else');
  expect(readdirSync(empty.folder).filter((name) => name.includes('replaced'))).toEqual([]);
  const again = await start(database, { PORT: String(server.port) });
  const path = database.url.slice('sqlite:'.length);
  const damaged = openSync(path, 'r+');
  writeSync(damaged, Buffer.alloc(16), 0, 16, 0);
  closeSync(damaged);
  const refused = await command(database, 'restore', [file, '--replace']);
  expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('A server uses the database')]);
  await again.stop();
  expect((await command(database, 'restore', [file, '--replace'])).code).toBe(0);
});

itOnSqlite.each([
  ['removed', (path: string) => rmSync(path)],
  ['emptied', (path: string) => writeFileSync(path, '')],
])('takes nothing over from a database that was %s after a crash, and keeps aside what is left of it', async (_how, lose) => {
  const { server, clients } = await provision(['one']);
  await command(database, 'backup', [file]);
  const path = database.url.slice('sqlite:'.length);
  const crashing = await start(database, { PORT: String(server.port) });
  const late = await createClient(administered(crashing.url, clients[0] as Credentials), { clientId: 'late' });
  lose(path);
  const refused = await command(database, 'restore', [file]);
  expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('A server uses the database')]);
  await crashing.stop('SIGKILL');
  expect(readdirSync(join(database.folder, 'data'))).toContain('latchkey.db-wal');
  expect((await command(database, 'restore', [file])).code).toBe(0);
  const left = readdirSync(join(database.folder, 'data')).filter((name) => /^latchkey\.db\.replaced-\d+T\d+-wal$/.test(name));
  expect(left).toHaveLength(1);
  const again = await start(database, { PORT: String(server.port) });
  expect((await requestToken(again, clients[1] as Credentials)).status).toBe(200);
  expect((await requestToken(again, late)).status).toBe(401);
});

itOnSqlite('follows a link though what it leads to is gone', async () => {
  await provision(['one']);
  await command(database, 'backup', [file]);
  const [link, target] = [join(empty.folder, 'link.db'), join(empty.folder, 'volume.db')];
  symlinkSync('volume.db', link);
  const done = await command({ ...empty, url: `sqlite:${link}` }, 'restore', [file]);
  expect([done.code, done.output]).toEqual([0, expect.stringContaining('2 clients in 1 tenant')]);
  expect([readlinkSync(link), statSync(target).size > 0]).toEqual(['volume.db', true]);
  // By the folder that a link leads to, as the system does.
  for (const name of ['far', 'far/away', 'far/real']) mkdirSync(join(empty.folder, name));
  symlinkSync(join(empty.folder, 'far/away'), join(empty.folder, 'near'));
  symlinkSync('../real/far.db', join(empty.folder, 'far/away/db'));
  expect((await command({ ...empty, url: `sqlite:${join(empty.folder, 'near/db')}` }, 'restore', [file])).code).toBe(0);
  expect(readdirSync(join(empty.folder, 'far/real'))).toContain('far.db');
  symlinkSync('loop', join(empty.folder, 'loop'));
  const loop = await command({ ...empty, url: `sqlite:${join(empty.folder, 'loop')}` }, 'restore', [file]);
  expect([loop.code, loop.output]).toEqual([
    1,
    expect.stringMatching(/loop is a link that leads nowhere but to links\. Nothing was changed\.\n$/),
  ]);
});

it('changes nothing and leaves nothing when it is ended before it is done', async () => {
  await provision(['one']);
  await command(database, 'backup', [file]);
  const before = await database.dump();
  const signal = new AbortController();
  setTimeout(() => signal.abort(), 0);
  const cipher = new Cipher(Buffer.from(ENCRYPTION_KEY, 'base64'));
  const backup = await readBackup(file, cipher);
  const endless = async function* () {
    const [block] = await backup
      .blocks()
      .next()
      .then(({ value }) => [value]);
    for (;;) yield block;
  };
  const second = join(database.folder, 'second.backup');
  await expect(writeBackup(second, backup.header, { blocks: endless(), cipher, signal: signal.signal })).rejects.toThrow(/abort/);
  await backup.close();
  expect(readdirSync(database.folder).filter((name) => name.includes('backup'))).toEqual(['night.backup']);

  const large = await forgeLarge();
  const process = await startProcess(database, {}, 'restore', large, '--replace');
  running.push(process);
  const isStaging = async () => (await databasesBeside('restoring')).length > 0;
  await until(isStaging, process.output);
  expect(await process.stop('SIGTERM')).toBe(1);
  expect(process.output()).toMatch(/was ended before it was done\. Nothing was changed/);
  expect(await databasesBeside('re')).toEqual([]);
  expect(await database.dump()).toBe(before);
});

it('is put back whole though another restore of it begins and ends meanwhile', async () => {
  await provision(['one', 'two']);
  await command(database, 'backup', [file]);
  const first = await startProcess(empty, {}, 'restore', file);
  running.push(first);
  const others = [];
  for (let other = 0; other < 3; other += 1) others.push(await command(empty, 'restore', [other === 1 ? 'nothing' : file]));
  const codes = [await first.exit, ...others.map(({ code }) => code)];
  expect(codes.filter((code) => code === 0)).toHaveLength(1);
  expect((await empty.query('SELECT client_id FROM clients ORDER BY client_id')).map((row) => row.client_id)).toEqual([
    'admin',
    'one',
    'two',
  ]);
});

it('is not put back when it does not hold what it tells of', async () => {
  await provision(['one']);
  await command(database, 'backup', [file]);
  const { code, output } = await command(empty, 'restore', [await forge({ clients: 3 })]);
  expect([code, output]).toEqual([1, expect.stringMatching(/is not what the backup tells of: .* Nothing was changed/)]);
});

itOnMysql('takes tables that keep their earlier rows, where the server has such, as it takes others', async () => {
  await provision(['one']);
  if (await isOnMariadb()) await database.query('ALTER TABLE clients ADD SYSTEM VERSIONING');
  await command(database, 'backup', [file]);
  for (const on of [empty, database]) {
    const { code, output } = await command(on, 'restore', [file, '--replace']);
    expect([code, output]).toEqual([0, expect.stringContaining('2 clients in 1 tenant')]);
  }
});

itOnMysql('names what stands beside the tables and cannot be moved aside, before anything is done', async () => {
  await provision(['one']);
  await command(database, 'backup', [file]);
  const made = {
    ...((await isOnMariadb()) ? { 'sequence numbers': 'CREATE SEQUENCE numbers' } : {}),
    'view latest': 'CREATE VIEW latest AS SELECT id FROM clients',
    'trigger noted': 'CREATE TRIGGER noted BEFORE INSERT ON sessions FOR EACH ROW SET @noted = 1',
    'event nightly': 'CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO SET @noted = 1',
    'procedure noting': 'CREATE PROCEDURE noting() SET @noted = 1',
  };
  for (const [what, sql] of Object.entries(made)) {
    await database.query(sql);
    const { code, output } = await command(database, 'restore', [file, '--replace']);
    expect([code, output]).toEqual([1, expect.stringContaining(`cannot move aside: ${what}. Remove it first. Nothing was changed.`)]);
    await database.query(`DROP ${what}`);
  }
  expect((await command(database, 'restore', [file, '--replace'])).code).toBe(0);
});

it('cuts all tokens and sessions when that is wanted', async () => {
  const { server, clients, tokens } = await provision(['one']);
  await command(database, 'backup', [file]);
  const { code } = await command(empty, 'restore', [file, '--cut-tokens']);
  expect(code).toBe(0);
  const second = await start(empty, { PORT: String(server.port) });
  for (const [index, client] of clients.entries()) {
    expect((await introspect(second, client, tokens[index] as string)).body).toEqual({ active: false });
    const token = await getToken(second, client);
    expect((await introspect(second, client, token)).body.active).toBe(true);
  }
});

it('of an earlier release is brought up to date', async () => {
  const { server, clients } = await provision(['one']);
  const { createDataSource } = await import('../src/installation/data-source.js');
  const { readDatabases } = await import('../src/platform/config.js');
  const source = await createDataSource(readDatabases({ DATABASE_URL: database.url }).database).initialize();
  while ((await database.tables()).includes('audit_events')) await source.undoLastMigration();
  await source.destroy();
  expect((await command(database, 'backup', [file])).code).toBe(0);
  expect((await command(empty, 'restore', [file])).code).toBe(0);
  const second = await start(empty, { PORT: String(server.port) });
  for (const client of clients) expect((await requestToken(second, client)).status).toBe(200);
});

it('is not made over another file, of nothing, or without a name, and says so', async () => {
  const nothing = await command(database, 'backup', [file]);
  expect([nothing.code, nothing.output]).toEqual([1, expect.stringMatching(/nothing to back up\.\n$/)]);
  await provision([]);
  writeFileSync(file, 'precious');
  const taken = await command(database, 'backup', [file]);
  expect([taken.code, taken.output]).toEqual([1, expect.stringContaining('is there already')]);
  expect(readFileSync(file, 'utf8')).toBe('precious');
  const nowhere = await command(database, 'backup', [join(database.folder, 'no/such/folder')]);
  expect([nowhere.code, nowhere.output]).toEqual([1, expect.stringMatching(/no such file or folder/)]);
  for (const name of ['backup', 'restore'] as const) {
    for (const args of [[], ['--wrong'], ['a', 'b']]) {
      const { code, output } = await command(database, name, args);
      expect([code, output]).toEqual([1, expect.stringMatching(new RegExp(`npm run ${name} -- FILE`))]);
    }
  }
});

it('works by the commands that the documents name', async () => {
  const { clients, server } = await provision(['one']);
  const npm = (on: TestDatabase, ...args: string[]) =>
    new Promise((resolve) => {
      const env = { ...process.env, DATABASE_URL: on.url, ENCRYPTION_KEY };
      spawn('npm', ['run', '--silent', ...args], { cwd: join(import.meta.dirname, '..'), env, stdio: 'ignore' }).once('exit', resolve);
    });
  expect(await npm(database, 'backup', '--', file)).toBe(0);
  expect(await npm(empty, 'restore', '--', file)).toBe(0);
  const second = await start(empty, { PORT: String(server.port) });
  for (const client of clients) expect((await requestToken(second, client)).status).toBe(200);
});

itOnMysql('takes no table of another application away', async () => {
  await provision(['one']);
  await command(database, 'backup', [file]);
  await database.query('CREATE TABLE orders (id int)');
  const refused = await command(database, 'restore', [file, '--replace']);
  expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('has tables that Latchkey does not make: orders. Move them')]);
  await database.query("INSERT INTO migrations (timestamp, name) VALUES (9, 'CreateOrders9')");
  expect((await command(database, 'restore', [file, '--replace'])).code).toBe(1);
  await database.query("UPDATE migrations SET timestamp = 9999999999999, name = 'OfALaterRelease' WHERE timestamp = 9");
  expect((await command(database, 'restore', [file, '--replace'])).code).toBe(0);
});

itOnMysql('sees the servers of a user of their own, whom the user of a restore may not see', async () => {
  const { server: stopped } = await provision(['one']);
  const server = await start(database, { PORT: String(stopped.port) });
  expect((await command(database, 'backup', [file])).code).toBe(0);
  const name = new URL(database.url).pathname.slice(1);
  const url = new URL(database.url);
  url.username = `u${name.slice(-12)}`;
  url.password = 'x';
  await database.query(`CREATE USER ${url.username}@'%' IDENTIFIED BY 'x'`);
  await database.query(`GRANT ALL ON \`latchkey%\`.* TO ${url.username}@'%'`);
  try {
    const byOther = { MIGRATION_DATABASE_URL: url.href };
    const refused = await command(database, 'restore', [file, '--replace'], byOther);
    expect([refused.code, refused.output]).toEqual([
      1,
      expect.stringMatching(/^Others are connected to the database .* Nothing was changed\.\n$/),
    ]);
    await server.stop();
    const restored = await command(database, 'restore', [file, '--replace'], byOther);
    expect([restored.code, restored.output]).toEqual([0, expect.stringContaining('Restored all')]);
  } finally {
    await database.query(`DROP USER ${url.username}@'%'`);
  }
});

itOnSqlite('says of a database that is not as its release made it what it lacks', async () => {
  await provision(['one']);
  await database.query('DROP TABLE client_grams');
  const { code, output } = await command(database, 'backup', [file]);
  expect([code, output]).toEqual([
    1,
    'The backup failed: the database is not as its release made it (no such table: client_grams). Nothing was changed.\n',
  ]);
});

itOnMysql('starts no other program, takes whatever is in a password, and says which right it lacks', async () => {
  await provision(['one']);
  const password = `p"a's#s\\w%;=\n x`;
  const name = new URL(database.url).pathname.slice(1);
  const user = `u${name.slice(-12)}`;
  await database.query(`CREATE USER ${user}@'%' IDENTIFIED BY ?`, [password]);
  await database.query(`GRANT ALL ON ${name}.* TO ${user}@'%'`);
  const url = new URL(database.url);
  url.username = user;
  url.password = encodeURIComponent(password);
  const noTools = { PATH: database.folder };
  try {
    const made = await command({ ...database, url: url.href }, 'backup', [file], noTools);
    expect([made.code, made.output]).toEqual([0, expect.stringContaining('2 clients')]);
    const byOther = { MIGRATION_DATABASE_URL: url.href, ...noTools };
    const other = await command(database, 'restore', [file, '--replace'], byOther);
    expect([other.code, other.output]).toEqual([
      1,
      expect.stringMatching(/^The user in MIGRATION_DATABASE_URL may not do this\. Restoring/),
    ]);
    url.password = 'wrong';
    const unknown = await command(database, 'restore', [file, '--replace'], { MIGRATION_DATABASE_URL: url.href, ...noTools });
    expect([unknown.code, unknown.output]).toEqual([
      1,
      expect.stringContaining('it refuses the user or password in MIGRATION_DATABASE_URL'),
    ]);
    url.password = encodeURIComponent(password);
    const nowhere = new URL(url);
    nowhere.pathname = `${url.pathname}x`;
    const absent = await command({ ...database, url: nowhere.href }, 'restore', [file], noTools);
    expect([absent.code, absent.output]).toEqual([
      1,
      expect.stringContaining('has no right to the database that it names, or there is none'),
    ]);
    const refused = await command({ ...database, url: url.href }, 'restore', [file, '--replace'], noTools);
    const grant = /run (GRANT ALL ON .*) TO that user/.exec(refused.output)?.[1];
    expect([refused.code, grant]).toEqual([1, expect.stringContaining('`latchkey')]);
    await database.query(`${grant} TO ${user}@'%'`);
    await database.query(`CREATE USER ${user}r@'%'`);
    await database.query(`GRANT INSERT ON ${name}.* TO ${user}r@'%'`);
    url.username = `${user}r`;
    url.password = '';
    const unread = await command({ ...database, url: url.href }, 'backup', [`${file}.2`], noTools);
    expect([unread.code, unread.output]).toEqual([
      1,
      expect.stringMatching(/^The database cannot be used: the user in DATABASE_URL [^.]+\.\n$/),
    ]);
    url.username = user;
    url.password = encodeURIComponent(password);
    const allowed = await command({ ...database, url: url.href }, 'restore', [file, '--replace'], noTools);
    expect([allowed.code, allowed.output]).toEqual([0, expect.stringContaining('nothing was done since')]);
  } finally {
    await database.query(`DROP USER IF EXISTS ${user}@'%', ${user}r@'%'`);
  }
});

it('is refused of a database whose newest migration is none that the release knows: it may have tables and columns that it does not', async () => {
  const { server } = await provision(['a']);
  expect(await server.stop()).toBe(0);
  await database.query("INSERT INTO migrations (timestamp, name) VALUES (1999999999999, 'Later1999999999999')");
  const { code, output } = await command(database, 'backup', [join(database.folder, 'later.bak')]);
  expect([code, output]).toEqual([
    1,
    expect.stringMatching(/^The newest migration of the database, Later1999999999999, is none that this release knows.*\n$/),
  ]);
  expect(existsSync(join(database.folder, 'later.bak'))).toBe(false);
});

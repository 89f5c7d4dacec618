import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, readBackup, writeBackup } from '../src/installation/backups/backup-file.js';
import { Cipher } from '../src/platform/cipher.js';
import { administered, createClient, ENCRYPTION_KEY, requestToken } from '../testbed/app.js';
import { createTestDatabase, kind, type TestDatabase } from '../testbed/database.js';
import { startProcess, type TestProcess } from '../testbed/process.js';

const isOnSqlite = kind === 'sqlite';
const own = new Cipher(Buffer.from(ENCRYPTION_KEY, 'base64'));
const stranger = new Cipher(Buffer.alloc(32, 9));

let database: TestDatabase;
let empty: TestDatabase;
let file: string;
const running: TestProcess[] = [];

beforeEach(async () => {
  [database, empty] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  file = join(database.folder, 'night.backup');
  const server = await start(database);
  const tenant = administered(server.url, { clientId: 'admin', secret: server.printedSecret() as string });
  await createClient(tenant, { clientId: 'one' });
  await server.stop();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop('SIGKILL')));
  await Promise.all([database.remove(), empty.remove()]);
});

async function start(on: TestDatabase): Promise<TestProcess> {
  const process = await startProcess(on);
  running.push(process);
  await process.ready();
  return process;
}

/** Programs that tell of it when they are run stand before all others. */
async function command(on: TestDatabase, name: 'backup' | 'restore', ...args: string[]) {
  const folder = join(database.folder, 'programs');
  const process = await startProcess(on, { PATH: folder }, name, ...args);
  running.push(process);
  return { code: await process.exit, output: process.output() };
}

/** All that the database defines. */
async function definitions(of: TestDatabase): Promise<string> {
  if (isOnSqlite) return JSON.stringify(await of.query('SELECT type, name, sql FROM sqlite_master ORDER BY name'));
  const name = new URL(of.url).pathname.slice(1);
  // The turns of starts are no data: a database that was restored has had none.
  const own = `table_schema = '${name}' AND table_name <> 'leases'`;
  const lists = [
    `SELECT table_name AS name, table_type AS type FROM information_schema.tables WHERE ${own} ORDER BY 1`,
    `SELECT table_name AS name, column_name AS col, column_type AS type FROM information_schema.columns WHERE ${own} ORDER BY 1, ordinal_position`,
    `SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = '${name}'`,
    `SELECT routine_name AS name FROM information_schema.routines WHERE routine_schema = '${name}'`,
    `SELECT event_name AS name FROM information_schema.events WHERE event_schema = '${name}'`,
  ];
  return JSON.stringify(await Promise.all(lists.map((sql) => of.query(sql))));
}

async function stagedBeside(of: TestDatabase): Promise<unknown[]> {
  if (isOnSqlite) return readdirSync(join(of.folder, 'data')).filter((name) => name.includes('restoring'));
  const name = new URL(of.url).pathname.slice(1);
  return of.query(`SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name LIKE '${name}\\_re%'`);
}

/** It is refused over the database and into an empty one, in one sentence; nothing is changed, and nothing is left. */
async function expectRefused(path: string, reason: RegExp): Promise<void> {
  const before = [await database.dump(), await definitions(database)];
  for (const on of [database, empty]) {
    const { code, output } = await command(on, 'restore', path, '--replace');
    expect([code, output]).toEqual([1, expect.stringMatching(reason)]);
    expect(output).toMatch(/^[^\n]+Nothing was changed\.\n$/);
    expect(existsSync(join(on.folder, 'data')) || !isOnSqlite ? await stagedBeside(on) : []).toEqual([]);
  }
  expect([await database.dump(), await definitions(database)]).toEqual(before);
}

const PLANTED_IN_BOTH = [
  'CREATE TABLE planted (id int)',
  'CREATE VIEW planted_view AS SELECT id FROM clients',
  'ALTER TABLE clients ADD COLUMN planted int NULL',
];
const PLANTED = {
  sqlite: [
    ...PLANTED_IN_BOTH,
    'CREATE TRIGGER planted_trigger AFTER INSERT ON audit_events BEGIN DELETE FROM audit_events; END',
    'CREATE INDEX planted_index ON clients (upper(name))',
  ],
  mysql: [
    ...PLANTED_IN_BOTH,
    'CREATE TRIGGER planted_trigger BEFORE INSERT ON audit_events FOR EACH ROW SET NEW.actor_name = NULL',
    'CREATE FUNCTION planted_function() RETURNS int DETERMINISTIC RETURN 1',
    'CREATE PROCEDURE planted_procedure() DELETE FROM audit_events',
    'CREATE EVENT planted_event ON SCHEDULE EVERY 1 YEAR DO DELETE FROM audit_events',
    'ALTER TABLE clients ADD COLUMN planted_generated int AS (1 + 1)',
  ],
}[kind];

it('holds rows of the known tables and columns alone, whatever else is in the database', async () => {
  for (const statement of PLANTED) await database.query(statement);
  await database.query('INSERT INTO planted VALUES (42)');
  expect((await command(database, 'backup', file)).code).toBe(0);
  expect(readFileSync(file, 'utf8')).not.toContain('planted');
  const { code, output } = await command(empty, 'restore', file);
  expect([code, output]).toEqual([0, expect.stringContaining('2 clients in 1 tenant')]);
  expect(await definitions(empty)).not.toContain('planted');
  const fresh = await createTestDatabase();
  const server = await start(fresh);
  await server.stop();
  expect(await definitions(empty)).toBe(await definitions(fresh));
  await fresh.remove();
});

it('runs nothing of a file with a checksum that anybody can compute', async () => {
  await command(database, 'backup', file);
  const { version, createdAt, lastMigration, keyIds } = JSON.parse(readFileSync(file, 'utf8').split(/[\t\n]/)[0] as string);
  const name = isOnSqlite ? 'main' : new URL(database.url).pathname.slice(1);
  const touched = join(database.folder, 'touched');
  const header = { latchkeyBackup: 1, version, database: kind, createdAt, lastMigration, tenants: 1, clients: 2, keyIds, otherKeyIds: [] };
  const sql = `\\! touch ${touched}\nsystem touch ${touched}\nUSE ${name};\nUPDATE \`${name}\`.clients SET scopes = 'tenants:write';\nDELIMITER //\n`;
  const content = `${JSON.stringify(header)}\n${sql}`;
  const path = join(database.folder, 'planted.backup');
  writeFileSync(path, `${content}${createHash('sha256').update(content).digest('hex')}\n`);
  await expectRefused(path, /was made by an earlier release, and nothing in it proves who made it/);
  expect(existsSync(touched)).toBe(false);
});

it('of another installation is refused, and so is one that only names the key of this one', async () => {
  await command(database, 'backup', file);
  const backup = await readBackup(file, own);
  const foreign = join(database.folder, 'foreign.backup');
  const about = { ...backup.header, sealedUnder: stranger.keyId };
  await writeBackup(foreign, about, { blocks: backup.blocks(), cipher: stranger, signal: new AbortController().signal });
  await backup.close();
  await expectRefused(foreign, new RegExp(`made with another ENCRYPTION_KEY: it needs ${stranger.keyId}, and at hand is ${own.keyId}`));
  writeFileSync(foreign, readFileSync(foreign, 'utf8').replaceAll(stranger.keyId, own.keyId));
  await expectRefused(foreign, /its seal is wrong/);
});

it('lets a row in only by the seal: one that is planted or changed is refused', async () => {
  await command(database, 'backup', file);
  const text = readFileSync(file, 'utf8');
  const path = join(database.folder, 'planted.backup');
  const lines = text.split('\n');
  const ofClients = lines.findIndex((line) => line.includes('"table":"clients"'));
  for (const changed of [
    text.replace(/\["[^"]+"(?=[^[]*"one")/, (row) => `["planted"${row.slice(row.indexOf('"', 2))}`).replace('"one"', '"two"'),
    lines.toSpliced(ofClients, 0, lines[ofClients] as string).join('\n'),
    lines.toSpliced(ofClients, 1).join('\n'),
    lines.slice(0, ofClients).join('\n'),
  ]) {
    expect(changed).not.toBe(text);
    writeFileSync(path, changed);
    await expectRefused(path, /its seal is wrong/);
  }
});

it('knows its tables and columns even where the seal is right', async () => {
  await command(database, 'backup', file);
  const path = join(database.folder, 'odd.backup');
  const odd: Block[] = [
    { table: 'planted', columns: ['id'], rows: [['x']] },
    { table: 'migrations', columns: ['id', 'timestamp', 'name'], rows: [[99, 99, 'Planted99']] },
    { table: 'clients (id) SELECT 1; DROP TABLE clients; --', columns: ['id'], rows: [['x']] },
    { table: 'used_proofs', columns: ['tenant_id', 'id', 'expires_at) --'], rows: [['a', 'b', 'c']] },
    { table: 'used_proofs', columns: ['tenant_id', 'id'], rows: [['a', 'b']] },
    { table: 'used_proofs', columns: ['tenant_id', 'id', 'expires_at'], rows: [['a', 'b']] },
  ];
  for (const block of odd) {
    rmSync(path, { force: true });
    const backup = await readBackup(file, own);
    const blocks = async function* () {
      yield* backup.blocks();
      yield block;
    };
    await writeBackup(path, backup.header, { blocks: blocks(), cipher: own, signal: new AbortController().signal });
    await backup.close();
    await expectRefused(path, /has a table or a column that its release does not know/);
  }
});

it('starts no other program, and leaves clients as they are', async () => {
  const told = join(database.folder, 'told');
  mkdirSync(join(database.folder, 'programs'));
  for (const tool of ['mariadb-dump', 'mysqldump', 'mariadb', 'mysql', 'sqlite3', 'openssl', 'sh', 'npm']) {
    const path = join(database.folder, 'programs', tool);
    writeFileSync(path, `#!/bin/sh\necho "$0 $@" >> ${told}\n/usr/bin/env >> ${told}\n`);
    chmodSync(path, 0o755);
  }
  expect((await command(database, 'backup', file)).code).toBe(0);
  expect((await command(empty, 'restore', file)).code).toBe(0);
  expect(existsSync(told)).toBe(false);
  const server = await start(empty);
  expect((await requestToken(server, { clientId: 'one', secret: 'lk_wrong' })).status).toBe(401);
});

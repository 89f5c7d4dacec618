import { AuditAction, AuditObjectType } from '../src/changes/record/audit-event.entity.js';
import { verifyRecords } from '../src/changes/record/audit-verify.service.js';
import { reencryptRecordKeys } from '../src/changes/record/record-key.service.js';
import { Cipher } from '../src/platform/cipher.js';
import { systemCaller } from '../src/tenants/caller.js';
import { createClient, createTenant, ENCRYPTION_KEY, startApp, type TestApp, type TestTenant } from '../testbed/app.js';
import { kind } from '../testbed/database.js';
import { startProcess } from '../testbed/process.js';

const DAY_MS = 24 * 3_600_000;
const SECOND = Buffer.alloc(32, 9);

let app: TestApp;
let acme: TestTenant;
let id: string;

beforeEach(async () => {
  app = await startApp();
  acme = await createTenant(app, 'acme');
  for (const clientId of ['a', 'b', 'c', 'd']) await createClient(acme, { clientId, scopes: ['orders:read'] });
  id = String((await run('SELECT id FROM tenants WHERE is_home = 0'))[0]?.id);
});
afterEach(() => app.stop());

const run = (sql: string, parameters: unknown[] = []) => app.database.query(sql, parameters);
const change = (set: string, sequence: number) =>
  run(`UPDATE audit_events SET ${set} WHERE tenant_id = ? AND sequence = ?`, [id, sequence]);
const remove = (condition: string) => run(`DELETE FROM audit_events WHERE tenant_id = ? AND ${condition}`, [id]);
const verify = async (cipher = app.installation.cipher) => {
  const reports = await verifyRecords(app.installation.database, cipher);
  expect(reports.map(({ host }) => host)).toEqual([`localhost:${app.port}`, `acme.localhost:${app.port}`]);
  return reports as [(typeof reports)[0], (typeof reports)[0]];
};
const faultsOf = async () => {
  const [home, { faults }] = await verify();
  expect(home.faults).toEqual([]);
  return faults;
};

it('is whole as it is written, with whatever is in it', async () => {
  const caller = { ...systemCaller(app.installation.home, 'test'), request: { id: 'x', address: '::1' } };
  const after = {
    z: 1.5,
    a: [new Date(), undefined, null, -0, 1e21],
    'ключ\u2028': '\ud800 "\\ 😀',
    gone: undefined,
    long: 'x'.repeat(9_000),
  };
  const deed = {
    action: AuditAction.RESTORE,
    on: [AuditObjectType.INSTALLATION, '\ud800é'.repeat(200)] as [AuditObjectType, string],
    before: {},
    after,
  };
  await app.installation.changes.perform({ ...caller, actor: { ...caller.actor, name: ' blanks  \udfff' } }, ({ record }) => record(deed));
  const [home, tenant] = await verify();
  expect([home.faults, tenant]).toMatchObject([[], { faults: [], entries: 5, sequence: 5, unlinked: 0 }]);
});

/** What somebody who has the database, and not the encryption key, may do to it. */
it.each<[what: string, attack: () => Promise<unknown>, told: RegExp[]]>([
  ['an actor is changed', () => change("actor_id = 'somebody else'", 3), [/^entry 3 \(CREATE_CLIENT, .*\) was changed, moved or put in$/]],
  ['a moment is changed', () => change("at = '2026-01-01 00:00:00.001'", 3), [/^entry 3 .* was changed/]],
  ['a description is changed', () => change("`after` = REPLACE(`after`, 'orders', 'orderz')", 3), [/^entry 3 .* was changed/]],
  ['a description is damaged', () => change("`after` = '{'", 3), [/^entry 3 .* was changed/]],
  [
    'a member is given twice, and the later one holds',
    () => change('`after` = REPLACE(`after`, \'{\', \'{"name":"evil",\')', 3),
    [/^entry 3 .* was changed/],
  ],
  ['a description is written in another way', () => change("`after` = REPLACE(`after`, '{', '{ ')", 3), [/^entry 3 .* was changed/]],
  ['a null becomes an empty text', () => change("actor_name = ''", 3), [/^entry 3 .* was changed/]],
  [
    'a link is changed',
    () => change('hash = REPLACE(hash, SUBSTR(hash, 10, 4), SUBSTR(hash, 20, 4))', 3),
    [/^entry 3 .* was changed/, /^entry 4 /],
  ],
  ['one is cut out', () => remove('sequence = 3'), [/^entries 3 to 3 are missing: they were cut out/]],
  [
    'the oldest are cut off',
    () => remove('sequence < 3'),
    [/^entries 1 to 2 are missing: the record was cut at its old end, and not because of its age/],
  ],
  ['the newest are cut off', () => remove('sequence > 3'), [/^the newest entries are missing, 4 to 5: /]],
  ['all are cut off', () => remove('1 = 1'), [/^the newest entries are missing, 1 to 5: /]],
  [
    'the newest are cut off, and the row says so',
    async () => {
      await remove('sequence > 3');
      const [last] = await run('SELECT hash FROM audit_events WHERE tenant_id = ? AND sequence = 3', [id]);
      await run('UPDATE tenants SET record_sequence = 3, record_hash = ? WHERE id = ?', [last?.hash, id]);
    },
    [/^what its row says of the ends of its record was changed$/],
  ],
  [
    'the oldest are cut off, as if because of their age',
    async () => {
      const [last] = await run('SELECT hash FROM audit_events WHERE tenant_id = ? AND sequence = 2', [id]);
      await remove('sequence < 3');
      await run('UPDATE tenants SET record_swept_sequence = 2, record_swept_hash = ? WHERE id = ?', [last?.hash, id]);
    },
    [/^what its row says of the ends of its record was changed$/],
  ],
  [
    'two change places',
    async () => {
      for (const [from, to] of [
        [3, 99],
        [4, 3],
        [99, 4],
      ] as const)
        await change(`sequence = ${to}`, from);
    },
    [/^entry 3 .* moved/, /^entry 4 .* moved/, /^entry 5 /],
  ],
  ['one is put in at the end', () => insert(6), [/^entry 6 \(.*\) is past the end of the record: it was put in$/]],
  [
    'one is put in, and the row says so',
    async () => {
      await insert(6);
      await run('UPDATE tenants SET record_sequence = 6 WHERE id = ?', [id]);
    },
    [/^what its row says/, /^entry 6 .* was changed, moved or put in/, /^entry 6 is not the one that was written last/],
  ],
  ['one is put in before the first', () => insert(0), [/^entry 0 .* was put in/]],
  [
    'one of another tenant is put in',
    () =>
      run('UPDATE audit_events SET tenant_id = ?, sequence = 6 WHERE sequence = 1 AND tenant_id <> ?', [id, id]).then(() =>
        run('UPDATE tenants SET record_swept_sequence = 0'),
      ),
    [/^entry 6 /],
  ],
  ['the chain is taken away', () => unlink(), [/^it has no chain: that was taken away/]],
  [
    'the key is replaced',
    () =>
      run('UPDATE tenants SET record_key = (SELECT k FROM (SELECT record_key AS k FROM tenants WHERE is_home = 1) AS home) WHERE id = ?', [
        id,
      ]),
    [/^its key cannot be read/],
  ],
  [
    'the beginning of its chain is put off, for an entry without a link to be accepted',
    async () => {
      await insertOfOldRelease(new Date(Date.now() + 30 * DAY_MS));
      await run("UPDATE tenants SET record_began_at = '2099-01-01T00:00:00.000Z' WHERE id = ?", [id]);
    },
    [/^what its row says of the ends of its record was changed$/],
  ],
  [
    'all are cut off, and the row has no key',
    async () => {
      await remove('1 = 1');
      await run(
        `UPDATE tenants SET record_swept_sequence = 5, record_swept_hash = record_hash,
          record_key = NULL, record_key_id = NULL, record_seal = '' WHERE id = ?`,
        [id],
      );
    },
    [/^it has no chain: that was taken away/],
  ],
])('is not whole when %s, and not when servers go on after that', async (what, attack, told) => {
  const [, { beganAt }] = await verify();
  await attack();
  const [home, { faults }] = await verify();
  if (!what.includes('another tenant')) expect(home.faults).toEqual([]);
  expect(faults).toEqual(told.map((pattern) => expect.stringMatching(pattern)));
  // An entry that was put in may stand where the next one belongs: then there is no next one.
  await createClient(acme, { clientId: 'next' }).catch(() => {});
  await app.installation.audit.beginChains();
  await app.installation.audit.sweep(new Date(), 400);
  const [, after] = await verify();
  expect(after.faults.length > 0 || after.beganAt > beganAt).toBe(true);
  expect(after.faults.length > 0 || told.some((pattern) => String(pattern).includes('no chain'))).toBe(true);
});

it('tells of a tenant that was taken away past the server, with its record', async () => {
  for (const table of ['audit_events', 'client_secrets', 'clients', 'signing_keys'])
    await run(`DELETE FROM ${table} WHERE tenant_id = ?`, [id]);
  await run('DELETE FROM tenants WHERE id = ?', [id]);
  const reports = await verifyRecords(app.installation.database, app.installation.cipher);
  expect(reports.map(({ faults }) => faults)).toEqual([[expect.stringMatching(/^tenant acme.* was made and never deleted/)]]);
});

it('tells of it, too, when another tenant is called home meanwhile', async () => {
  await createTenant(app, 'other');
  for (const table of ['audit_events', 'client_secrets', 'clients', 'signing_keys'])
    await run(`DELETE FROM ${table} WHERE tenant_id = ?`, [id]);
  await run('DELETE FROM tenants WHERE id = ?', [id]);
  await run("UPDATE tenants SET is_home = CASE WHEN host LIKE 'other%' THEN 1 ELSE 0 END");
  const reports = await verifyRecords(app.installation.database, app.installation.cipher);
  expect(reports.flatMap(({ faults }) => faults)).toEqual([expect.stringMatching(/^tenant acme.* was made and never deleted/)]);
});

it('tells nothing of a tenant that was deleted, and made and deleted again', async () => {
  const host = new URL(acme.url).host;
  for (let time = 0; time < 2; time += 1) {
    await app.api.updateTenant(host, { enabled: false });
    await app.api.deleteTenant(host);
    const reports = await verifyRecords(app.installation.database, app.installation.cipher);
    expect(reports.map(({ faults }) => faults)).toEqual([[]]);
    await createTenant(app, 'acme');
    await verify();
  }
});

it('tells of a moment that was written in another way, by which it would be sorted elsewhere', async () => {
  // MySQL has moments, and no text of them.
  if (kind === 'mysql') return;
  const [row] = await run('SELECT at FROM audit_events WHERE tenant_id = ? AND sequence = 3', [id]);
  const at = String(row?.at);
  for (const other of [`+00${at}`, at.replace(' ', 'T'), `${at}0`, `${at} `]) {
    await change(`at = '${other}'`, 3);
    expect(await faultsOf()).toEqual([expect.stringMatching(/^entry 3 .* was changed, moved or put in/)]);
  }
  await change(`at = CAST(at AS BLOB)`, 3);
  expect(await faultsOf()).toEqual([expect.stringMatching(/^entry 3 .* was changed, moved or put in/)]);
  await change(`at = '${at}'`, 3);
  expect(await faultsOf()).toEqual([]);
});

it.each(['5', "' 2020-01-01 00:00:00.000'", "'+2020-01-01 00:00:00.000'", 'CAST(at AS BLOB)'])(
  'tells of an entry without a link that was put in at the moment %s',
  async (at) => {
    if (kind === 'mysql') return;
    await insert(99);
    await run(`UPDATE audit_events SET sequence = NULL, hash = NULL, at = ${at} WHERE sequence = 99`);
    expect(await faultsOf()).toEqual([expect.stringMatching(/^1 entries have no link/)]);
  },
);

it.each(["'zzz'", "x'ff'", '-9999999999', '-9e999'])('tells of an entry that was put in at the place %s', async (place) => {
  if (kind === 'mysql') return;
  await insert(99);
  await run(`UPDATE audit_events SET sequence = ${place} WHERE sequence = 99`);
  expect(await faultsOf()).toContainEqual(expect.stringMatching(/^1 entries have a place that is none/));
});

async function insert(sequence: number): Promise<void> {
  const [row] = await run('SELECT * FROM audit_events WHERE tenant_id = ? AND sequence = 3', [id]);
  const copy: Record<string, unknown> = { ...row, id: `put-in-${sequence}`, sequence };
  const columns = Object.keys(copy);
  const sql = `INSERT INTO audit_events (${columns.map((name) => `\`${name}\``).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
  await run(sql, Object.values(copy));
}

async function unlink(): Promise<void> {
  await run('UPDATE audit_events SET sequence = NULL, hash = NULL WHERE tenant_id = ?', [id]);
  await run(
    "UPDATE tenants SET record_sequence = 0, record_hash = '', record_began_at = '', record_seal = '', record_key = NULL, record_key_id = NULL WHERE id = ?",
    [id],
  );
}

it('stays whole when its oldest entries go because of their age, on two servers at once, and says so of nothing else', async () => {
  await run("UPDATE audit_events SET at = '2026-01-01 00:00:00.000' WHERE sequence IS NULL");
  const { audit } = app.installation;
  const soon = new Date(Date.now() + DAY_MS + 1000);
  await Promise.all([audit.sweep(soon, 1), audit.sweep(soon, 1)]);
  expect(await run('SELECT id FROM audit_events')).toEqual([]);
  expect(await faultsOf()).toEqual([]);
  await createClient(acme, { clientId: 'e' });
  const [, { faults, entries, sequence }] = await verify();
  expect([faults, entries, sequence]).toEqual([[], 1, 6]);
});

it('is not swept away by who makes entries seem old, whatever else they change', async () => {
  const { audit } = app.installation;
  await run("UPDATE audit_events SET at = '2020-01-01 00:00:00.000' WHERE tenant_id = ?", [id]);
  await change("`before` = '{'", 2);
  await audit.sweep(new Date(), 400);
  await change("hash = REPLACE(hash, '.', '-')", 1);
  await audit.sweep(new Date(), 400);
  const [, { faults, entries }] = await verify();
  expect([entries, faults.length]).toEqual([5, 5]);
  await createClient(acme, { clientId: 'later' });
  await audit.sweep(new Date(Date.now() + DAY_MS + 1000), 1);
  expect(await faultsOf()).toEqual([]);
});

it('goes by age though another tenant has more entries than go at once, none of which may', async () => {
  const { audit, changes, directory } = app.installation;
  const tenant = await directory.find(new URL(acme.url).host);
  const deed = { action: AuditAction.RESTORE, on: [AuditObjectType.INSTALLATION, 'x'] as [AuditObjectType, string] };
  await changes.perform(systemCaller(tenant as NonNullable<typeof tenant>, 'test'), async ({ record }) => {
    for (let index = 0; index < 550; index += 1) await record(deed);
  });
  await run("UPDATE audit_events SET at = '2020-01-01 00:00:00.000' WHERE tenant_id = ?", [id]);
  await audit.sweep(new Date(Date.now() + DAY_MS + 1000), 1);
  const [home, { faults, entries }] = await verify();
  expect([home, entries, faults.length]).toMatchObject([{ entries: 0, faults: [] }, 555, 21]);
});

it('goes by age though its key was lost with more entries than go at once', async () => {
  const { audit, changes } = app.installation;
  const caller = systemCaller(app.installation.home, 'test');
  const deed = { action: AuditAction.RESTORE, on: [AuditObjectType.INSTALLATION, 'x'] as [AuditObjectType, string] };
  await changes.perform(caller, async ({ record }) => {
    for (let index = 0; index < 1_050; index += 1) await record(deed);
  });
  await run("UPDATE tenants SET record_key_id = 'lost' WHERE is_home = 1");
  await audit.sweep(new Date(), 1);
  await changes.perform(caller, ({ record }) => record(deed));
  await audit.sweep(new Date(Date.now() + DAY_MS + 1000), 1);
  expect((await verify())[0]).toMatchObject({ entries: 0, faults: [] });
});

it('is begun for tenants of a release that links nothing, whose entries are told apart, for a day after that', async () => {
  await unlink();
  await app.installation.audit.beginChains();
  expect((await verify())[1]).toMatchObject({ faults: [], entries: 0, unlinked: 5 });
  await createClient(acme, { clientId: 'linked' });
  await insertOfOldRelease(new Date(Date.now() + 1000));
  await createClient(acme, { clientId: 'linked-too' });
  expect((await verify())[1]).toMatchObject({ faults: [], entries: 2, unlinked: 6 });
  await insertOfOldRelease(new Date(Date.now() + 2 * DAY_MS));
  expect(await faultsOf()).toEqual([expect.stringMatching(/^1 entries have no link though the chain had begun over a day before/)]);
});

async function insertOfOldRelease(at: Date): Promise<void> {
  await run(
    `INSERT INTO audit_events (id, tenant_id, at, action, actor_type, object_type, object_id) VALUES (?, ?, ?, 'SIGN_IN', 'CLIENT', 'SESSION', 'x')`,
    [`old-${at.getTime()}`, id, at.toISOString().replace('T', ' ').slice(0, -1)],
  );
}

it('goes on when the encryption key was lost, and says of what it cannot prove', async () => {
  await createClient(acme, { clientId: 'before' });
  await run("UPDATE tenants SET record_key_id = 'lost' WHERE id = ?", [id]);
  await createClient(acme, { clientId: 'after' });
  expect((await faultsOf())[0]).toMatch(/^entry 1 .* was linked with another key, which is lost, or was put in$/);
  await app.installation.audit.sweep(new Date(Date.now() + DAY_MS + 1000), 1);
  expect(await faultsOf()).toEqual([]);
});

it('is not broken by a server that lacks the encryption key in use', async () => {
  const [both, second] = [new Cipher(SECOND, Buffer.from(ENCRYPTION_KEY, 'base64')), new Cipher(SECOND)];
  const { database, changes, home } = app.installation;
  await reencryptRecordKeys(database, both, '');
  await run('UPDATE signing_keys SET key_id = ?', [second.keyId]);
  const caller = systemCaller(home, 'test');
  const deed = { action: AuditAction.RESTORE, on: [AuditObjectType.INSTALLATION, 'x'] as [AuditObjectType, string] };
  await expect(changes.perform(caller, ({ record }) => record(deed))).rejects.toThrow(/start again with that key. Nothing was changed/);
  for (const { faults } of await verify(second)) expect(faults).toEqual([]);
});

it('says since when each chain is, which tells one that was taken away as a whole and begun anew', async () => {
  const [, { beganAt }] = await verify();
  await unlink();
  await app.installation.audit.beginChains();
  const [, after] = await verify();
  expect(after.beganAt > beganAt).toBe(true);
});

it('lets the encryption key be changed though the key of one record is lost', async () => {
  await run("UPDATE tenants SET record_key_id = 'lost' WHERE id = ?", [id]);
  const both = new Cipher(SECOND, Buffer.from(ENCRYPTION_KEY, 'base64'));
  expect((await reencryptRecordKeys(app.installation.database, both, '')).done).toBe(1);
  const [home, { faults }] = await verify(new Cipher(SECOND));
  expect([home.faults, faults]).toEqual([[], [expect.stringMatching(/^its key cannot be read/)]]);
});

it('holds on after the encryption key was changed', async () => {
  const both = new Cipher(SECOND, Buffer.from(ENCRYPTION_KEY, 'base64'));
  expect((await reencryptRecordKeys(app.installation.database, both, '')).done).toBe(2);
  for (const { faults } of await verify(new Cipher(SECOND))) expect(faults).toEqual([]);
});

it('npm run audit:verify says of each tenant whether it is whole, beside a server that writes', async () => {
  const writing = new AbortController();
  const load = (async () => {
    for (let index = 0; !writing.signal.aborted; index += 1) await createClient(acme, { clientId: `load-${index}` });
  })();
  const whole = await startProcess(app.database, { ISSUER: app.url }, 'audit:verify');
  const wholeCode = await whole.exit;
  writing.abort();
  await load;
  expect([wholeCode, whole.output()]).toEqual([
    0,
    expect.stringMatching(/acme\.localhost:\d+: \d+ entries, up to number \d+, since \S+Z\nThe record is whole: of 2 tenants\.\n/),
  ]);
  await change("actor_id = 'somebody else'", 3);
  const damaged = await startProcess(app.database, { ISSUER: app.url }, 'audit:verify');
  expect([await damaged.exit, damaged.output()]).toEqual([
    1,
    expect.stringMatching(/not whole\n {2}entry 3 .* was changed, moved or put in\nThe record is not whole: of 1 of 2 tenants\.\n/),
  ]);
});

import type { Cipher } from '../../platform/cipher.js';
import type { Database } from '../../platform/database/transaction.js';
import { sealOf } from './audit-chain.rules.js';
import { AuditAction } from './audit-event.entity.js';
import { ChainCheck, type LinkedEntry } from './chain-check.rules.js';
import { readLinkedEntries } from './linked-entries.service.js';
import { endsOf, RECORD_COLUMNS, type RecordRow, readRecordKey } from './record-key.service.js';

const ROWS_AT_ONCE = 500;
/** Places are counted from 1; what is put in may have any. */
const BEFORE_ALL = -2_147_483_649;
/** SQLite takes anything for a moment, and sorts it as that. */
const NO_MOMENT = ` OR typeof(at) <> 'text' OR at NOT GLOB '${'dddd-dd-dd dd:dd:dd.ddd'.replaceAll('d', '[0-9]')}'`;
const LAST_PLACE = 2_147_483_647;
/** A server that goes on writes meanwhile: what looks wrong then is looked at again. */
const MOST_LOOKS = 5;
/** For how long after the upgrade a release that links nothing may run beside this one. */
const UPGRADE_MS = 24 * 3_600_000;

/** What was found of the record of a tenant. */
export interface RecordReport {
  host: string;
  /** How many entries are linked, and up to which place. */
  entries: number;
  sequence: number;
  /** When the chain began, as ISO 8601 has it; empty before that. One that was taken away as a whole begins anew, and later. */
  beganAt: string;
  /** Entries of a release that links nothing; nothing proves them. */
  unlinked: number;
  /** Where it does not hold; none when it is whole. */
  faults: string[];
}

interface TenantRow extends RecordRow {
  id: string;
  host: string;
}

/** Checks the record of every tenant against its chain. Nothing is written, and servers go on meanwhile. */
export async function verifyRecords(database: Database, cipher: Cipher): Promise<RecordReport[]> {
  const tenants = await database.read<{ id: string }[]>((manager) => manager.query('SELECT id FROM tenants ORDER BY is_home DESC, host'));
  const reports: RecordReport[] = [];
  for (const { id } of tenants) {
    const report = await verifyOften(database, cipher, id);
    if (report) reports.push(report);
  }
  reports[0]?.faults.push(...(await findLostTenants(database)));
  return reports;
}

/** Tenants that were taken away past the server, their records with them: the home tenant's tells that they were made. */
async function findLostTenants(database: Database): Promise<string[]> {
  const seen = await findMadeButAbsent(database);
  // One that was deleted while this looked is deleted in the record by now.
  const still = seen.length === 0 ? [] : await findMadeButAbsent(database);
  return still.filter((host) => seen.includes(host)).map((host) => `tenant ${host} was made and never deleted, and is not there`);
}

async function findMadeButAbsent(database: Database): Promise<string[]> {
  const made = await lastOf(database, AuditAction.CREATE_TENANT);
  const deleted = new Map((await lastOf(database, AuditAction.DELETE_TENANT)).map(({ host, place }) => [host, Number(place)]));
  const tenants = await database.read<{ host: string }[]>((manager) => manager.query('SELECT host FROM tenants'));
  const there = new Set(tenants.map(({ host }) => host));
  return made.filter(({ host, place }) => !there.has(host) && Number(place) > (deleted.get(host) ?? 0)).map(({ host }) => host);
}

/** Where a record last has an action on each tenant: that of the home tenant, whichever tenant the database calls that by now. */
function lastOf(database: Database, action: AuditAction): Promise<{ host: string; place: number | string }[]> {
  const sql =
    'SELECT object_id AS host, MAX(sequence) AS place FROM audit_events WHERE action = ? AND sequence IS NOT NULL GROUP BY object_id';
  return database.read((manager) => manager.query(sql, [action]));
}

async function verifyOften(database: Database, cipher: Cipher, id: string): Promise<RecordReport | undefined> {
  let report: RecordReport | undefined;
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const row = await readRow(database, id);
    if (!row) return undefined;
    report = await verify(database, cipher, row);
    const after = await readRow(database, id);
    if (report.faults.length === 0 || after?.record_seal === row.record_seal) return report;
  }
  return report;
}

async function verify(database: Database, cipher: Cipher, row: TenantRow): Promise<RecordReport> {
  const { id, host } = row;
  const ends = endsOf(id, row);
  const key = readRecordKey(cipher, id, row);
  const { unlinked, late } = await countUnlinked(database, row);
  const report: RecordReport = { host, entries: 0, sequence: ends.sequence, beganAt: ends.beganAt, unlinked, faults: [] };
  if (!key) return { ...report, faults: [row.record_key === null ? NO_CHAIN : NO_KEY] };
  if (row.record_seal !== sealOf(key, ends)) report.faults.push('what its row says of the ends of its record was changed');
  const check = new ChainCheck(key, ends);
  for (let after = BEFORE_ALL; ; ) {
    const entries = await readEntries(database, id, after);
    for (const entry of entries) if (entry.sequence <= ends.sequence) check.take(entry);
    const last = entries.at(-1);
    if (!last || entries.length < ROWS_AT_ONCE) break;
    after = last.sequence;
  }
  check.end();
  report.faults.push(...check.faults, ...(await findBeyond(database, row)));
  const misplaced = await countMisplaced(database, row);
  if (misplaced > 0) report.faults.push(`${misplaced} entries have a place that is none: they were put in`);
  if (late > 0) report.faults.push(`${late} entries ${LATE}`);
  return { ...report, entries: check.count };
}

const NO_CHAIN =
  'it has no chain: that was taken away, or no server has run for some minutes since the upgrade, which begins one for each tenant';
const NO_KEY = 'its key cannot be read with the encryption key at hand: it was changed, or its encryption key is lost';
const LATE = 'have no link though the chain had begun over a day before: they were put in, or a release that links nothing still runs';

/** Entries past the end that the row tells of; what was written while they were looked for is in the row by then. */
async function findBeyond(database: Database, { id, record_sequence }: TenantRow): Promise<string[]> {
  const beyond = await readEntries(database, id, record_sequence);
  const end = (await readRow(database, id))?.record_sequence ?? record_sequence;
  return beyond
    .filter(({ sequence }) => sequence > end)
    .map(({ sequence, id }) => `entry ${sequence} (${id}) is past the end of the record: it was put in`);
}

async function countUnlinked(database: Database, { id, record_began_at }: TenantRow): Promise<{ unlinked: number; late: number }> {
  const sql = 'SELECT COUNT(*) AS n FROM audit_events WHERE tenant_id = ? AND sequence IS NULL';
  const count = async (condition = '', parameters: unknown[] = []) => {
    const [row] = await database.read<{ n: number | string }[]>((manager) => manager.query(sql + condition, [id, ...parameters]));
    return Number(row?.n);
  };
  const all = await count();
  if (all === 0 || record_began_at === '') return { unlinked: all, late: 0 };
  const end = database.moment(new Date(new Date(record_began_at).getTime() + UPGRADE_MS));
  const late = await count(` AND (at > ?${database.dialect({ sqlite: NO_MOMENT, mysql: '' })})`, [end]);
  return { unlinked: all - late, late };
}

/** SQLite takes a text or bytes for a number, which nobody would find by it. */
async function countMisplaced(database: Database, { id }: TenantRow): Promise<number> {
  const sql = `SELECT COUNT(*) AS n FROM audit_events
    WHERE tenant_id = ? AND sequence IS NOT NULL AND NOT (sequence > ${BEFORE_ALL} AND sequence <= ${LAST_PLACE})`;
  const [row] = await database.read<{ n: number | string }[]>((manager) => manager.query(sql, [id]));
  return Number(row?.n);
}

async function readRow(database: Database, id: string): Promise<TenantRow | undefined> {
  const sql = `SELECT id, host, ${RECORD_COLUMNS} FROM tenants WHERE id = ?`;
  const [row] = await database.read<TenantRow[]>((manager) => manager.query(sql, [id]));
  return row;
}

function readEntries(database: Database, tenantId: string, after: number): Promise<LinkedEntry[]> {
  return readLinkedEntries((sql, parameters) => database.read((manager) => manager.query(sql, parameters)), tenantId, after, ROWS_AT_ONCE);
}

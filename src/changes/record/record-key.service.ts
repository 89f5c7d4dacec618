import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Cipher } from '../../platform/cipher.js';
import { StartupError } from '../../platform/errors.js';
import { RENEWED_AT_A_TIME, type Reach, type Renewal, renewSome } from '../../platform/renewal.js';
import { type ChainEnds, type RecordKey, recordKey } from './audit-chain.rules.js';

const KEY_BYTES = 32;

/** The columns of a tenant's row that are about its record. */
export const RECORD_COLUMNS =
  'record_sequence, record_hash, record_swept_sequence, record_swept_hash, record_began_at, record_seal, record_key, record_key_id';

/** What a tenant's row says of its record. */
export interface RecordRow {
  record_sequence: number;
  record_hash: string;
  record_swept_sequence: number;
  record_swept_hash: string;
  record_began_at: string;
  record_seal: string;
  /** The key of the record, encrypted; absent before the first entry. */
  record_key: string | null;
  record_key_id: string | null;
}

/** The part of it that only the encryption key opens. */
type StoredKey = Pick<RecordRow, 'record_key' | 'record_key_id'>;

/** Where the chain of a tenant begins and ends, by its row. */
export function endsOf(tenantId: string, row: RecordRow): ChainEnds {
  return {
    tenantId,
    sequence: row.record_sequence,
    hash: row.record_hash,
    sweptSequence: row.record_swept_sequence,
    sweptHash: row.record_swept_hash,
    beganAt: row.record_began_at,
  };
}

/** Makes the key of a tenant's record. It is stored encrypted, so that whoever has the database alone can link nothing. */
export function makeRecordKey(cipher: Cipher, tenantId: string): { key: RecordKey; stored: StoredKey } {
  const bytes = randomBytes(KEY_BYTES);
  const stored = { record_key: cipher.encrypt(bytes.toString('base64'), contextOf(tenantId)), record_key_id: cipher.keyId };
  return { key: recordKey(bytes), stored };
}

/** Reads the key of a tenant's record. @returns undefined when there is none, or none that can be read with the keys at hand */
export function readRecordKey(cipher: Cipher, tenantId: string, { record_key, record_key_id }: StoredKey): RecordKey | undefined {
  if (record_key === null || record_key_id === null) return undefined;
  try {
    return recordKey(Buffer.from(cipher.decrypt(record_key, contextOf(tenantId), record_key_id), 'base64'));
  } catch {
    return undefined;
  }
}

/**
 * Requires that nobody else can read the key of a record either: whoever made another one would break a chain that others go on with.
 * @throws {StartupError} when signing keys are under the encryption key that it needs, so that this one is in use
 */
export async function requireLost(manager: EntityManager, { record_key_id }: StoredKey, { keyIds }: Cipher): Promise<void> {
  if (record_key_id === null || keyIds.includes(record_key_id)) return;
  const rows: unknown[] = await manager.query('SELECT id FROM signing_keys WHERE key_id = ? LIMIT 1', [record_key_id]);
  if (rows.length === 0) return;
  throw new StartupError(
    `The record is kept under the encryption key ${record_key_id}, and at hand is ${keyIds.join(' and ')}: start again with that key. Nothing was changed.`,
  );
}

/**
 * Encrypts some of the keys of records that an earlier key protects with the current one. What they have linked holds on, and of one that is
 * lost verifying tells.
 * @param after those of tenants whose id comes after this one
 */
export async function reencryptRecordKeys(reach: Reach, cipher: Cipher, after: string): Promise<Renewal> {
  const sql = `SELECT id, record_key, record_key_id FROM tenants WHERE record_key_id IS NOT NULL AND record_key_id <> ? AND id > ?
    ORDER BY id LIMIT ${RENEWED_AT_A_TIME}`;
  const update = 'UPDATE tenants SET record_key = ?, record_key_id = ? WHERE id = ? AND record_key = ?';
  const renewal = await renewSome(reach, {
    find: (manager): Promise<(StoredKey & { id: string })[]> => manager.query(sql, [cipher.keyId, after]),
    idOf: ({ id }) => id,
    nameOf: ({ id }) => id,
    decrypt: (row) => (readRecordKey(cipher, row.id, row) as RecordKey).bytes.toString('base64'),
    store: (manager, { id, record_key }, text) =>
      manager.query(update, [cipher.encrypt(text, contextOf(id)), cipher.keyId, id, record_key]),
  });
  return { ...renewal, unreadable: [] };
}

function contextOf(tenantId: string): string {
  return `record of ${tenantId}`;
}

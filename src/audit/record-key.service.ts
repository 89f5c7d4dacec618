import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Cipher } from '../platform/cipher.js';
import { StartupError } from '../platform/errors.js';
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

/** Encrypts the keys of records that an earlier key protects with the current one. What they have linked holds on. @returns how many needed it */
export async function reencryptRecordKeys(manager: EntityManager, cipher: Cipher): Promise<number> {
  const sql = 'SELECT id, record_key, record_key_id FROM tenants WHERE record_key_id IS NOT NULL AND record_key_id <> ?';
  const rows: (StoredKey & { id: string })[] = await manager.query(sql, [cipher.keyId]);
  let count = 0;
  for (const row of rows) {
    const { id, record_key } = row;
    const key = readRecordKey(cipher, id, row);
    // One that is lost holds up no other: verifying tells of it.
    if (!key) continue;
    const renewed = cipher.encrypt(key.bytes.toString('base64'), contextOf(id));
    // One that was made anew in the meantime is under the current key already.
    const update = 'UPDATE tenants SET record_key = ?, record_key_id = ? WHERE id = ? AND record_key = ?';
    await manager.query(update, [renewed, cipher.keyId, id, record_key]);
    count += 1;
  }
  return count;
}

function contextOf(tenantId: string): string {
  return `record of ${tenantId}`;
}

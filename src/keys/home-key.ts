import { fromStored } from '../platform/database/moments.js';
import type { Database } from '../platform/database/transaction.js';
import { activeAt } from './key-succession.js';
import type { SigningKey } from './signing-key.entity.js';
import type { LockedKey, SigningKeyStore } from './signing-key-store.js';

const MOST_TRIED = 20;

/** As any release has stored it: before keys had plans, each signed from the moment on that it was made. */
interface StoredKey {
  id: string;
  key_id: string;
  encrypted_private_key: string;
  created_at: Date | string;
  activates_at?: Date | string | null;
}

/**
 * Recognises a database that belongs to another `ENCRYPTION_KEY`, by the key that the home tenant signs with: what is damaged of another
 * one stops nobody else. Reads the columns that every release has had, so that it can be asked before the database is migrated.
 * @returns the id of the key that signs, when it is damaged and others are not: whoever is signed in can revoke it
 * @throws {StartupError}
 */
export async function requireHomeKey(database: Database, store: SigningKeyStore): Promise<string | undefined> {
  const sql = `SELECT * FROM signing_keys WHERE tenant_id IN (SELECT id FROM tenants WHERE is_home = 1) ORDER BY created_at DESC LIMIT ${MOST_TRIED}`;
  const newest = (await database.read<StoredKey[]>((manager) => manager.query(sql))).map(toLockedKey);
  const active = activeAt(newest, new Date());
  if (!active || store.isReadable(active)) return undefined;
  if (!store.isElsewhere(active) && newest.some((row) => store.isReadable(row))) return active.id;
  store.unlock(active);
  return undefined;
}

function toLockedKey(row: StoredKey): LockedKey & Pick<SigningKey, 'activatesAt'> {
  const activatesAt = row.activates_at === undefined ? row.created_at : row.activates_at;
  return {
    id: row.id,
    keyId: row.key_id,
    encryptedPrivateKey: row.encrypted_private_key,
    activatesAt: activatesAt === null ? null : fromStored(activatesAt),
  };
}

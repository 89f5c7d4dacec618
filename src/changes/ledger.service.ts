import type { EntityManager } from 'typeorm';
import type { Caller, Credential } from '../access/principal.js';
import { askForRights, rightsLeft } from '../access/rights.service.js';
import { type Deed, describeDeed } from '../audit/audit.service.js';
import { type ChainEnds, linkOf, type RecordKey, sealOf } from '../audit/audit-chain.rules.js';
import { AuditEvent } from '../audit/audit-event.entity.js';
import { endsOf, makeRecordKey, RECORD_COLUMNS, type RecordRow, readRecordKey } from '../audit/record-key.service.js';
import type { Cipher } from '../platform/cipher.js';
import { prove } from '../platform/transaction-proof.js';

interface LedgerRow extends RecordRow {
  scopes: string | null;
}

/** Whose ledger is opened. */
interface Opening {
  tenantId: string;
  cipher: Cipher;
  /** What whoever makes the change has shown. */
  credential?: Credential | undefined;
  /** The moment, as the dialect has it. */
  now: Date | string;
}

/**
 * What is written of a tenant with each change of it, under the lock of its row: where the chain of its record ends. It is read once
 * when the lock was had, and stored once, before the transaction is committed.
 */
export class Ledger {
  readonly #ends: ChainEnds;
  #isChanged = false;
  #known: RecordKey | undefined;
  #made: ReturnType<typeof makeRecordKey>['stored'] | undefined;

  private constructor(
    private readonly manager: EntityManager,
    private readonly row: LedgerRow,
    private readonly opening: Opening,
  ) {
    this.#ends = endsOf(opening.tenantId, row);
  }

  /** Reads the row of a tenant, whose turn was taken, and with it what the credential is worth at this moment. */
  static async open(manager: EntityManager, opening: Opening): Promise<Ledger> {
    const { tenantId, credential, now } = opening;
    const rights = credential ? askForRights(tenantId, credential, now) : { sql: 'NULL', parameters: [] };
    const sql = `SELECT ${RECORD_COLUMNS}, (${rights.sql}) AS scopes FROM tenants WHERE id = ?`;
    const [row]: [LedgerRow] = await manager.query(sql, [...rights.parameters, tenantId]);
    return new Ledger(manager, row, opening);
  }

  /** What whoever makes the change may do by now; undefined when what they showed is worth nothing any more. */
  get rights(): string[] | undefined {
    const { credential } = this.opening;
    return credential && rightsLeft(credential, this.row.scopes);
  }

  /** Appends an entry to the record, linked to the one before. */
  async append(caller: Caller, deed: Deed): Promise<void> {
    const ends = this.#ends;
    const described = describeDeed(prove(this.manager, AuditEvent), caller, deed);
    const event = { ...described, sequence: ends.sequence + 1 };
    const hash = linkOf(this.#key(), ends.hash, event);
    await this.manager.insert(AuditEvent, { ...event, hash } as object);
    if (ends.beganAt === '') ends.beganAt = event.at.toISOString();
    Object.assign(ends, { sequence: event.sequence, hash });
    this.#isChanged = true;
  }

  /** Tells that entries were removed because of their age, up to this one. */
  sweepUpTo({ sequence, hash }: Pick<AuditEvent, 'sequence' | 'hash'>): void {
    Object.assign(this.#ends, { sweptSequence: sequence, sweptHash: hash });
    this.#isChanged = true;
  }

  /** The last entry that was removed because of its age; 0 when none was. */
  get sweptSequence(): number {
    return this.#ends.sweptSequence;
  }

  /** Stores what has changed. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    const { tenantId, sequence, hash, sweptSequence, sweptHash, beganAt } = this.#ends;
    const values = {
      record_sequence: sequence,
      record_hash: hash,
      record_swept_sequence: sweptSequence,
      record_swept_hash: sweptHash,
      record_began_at: beganAt,
      record_seal: sealOf(this.#key(), this.#ends),
      // Untouched otherwise: it may be encrypted anew meanwhile.
      ...this.#made,
    };
    const assignments = Object.keys(values).map((column) => `${column} = ?`);
    await this.manager.query(`UPDATE tenants SET ${assignments.join(', ')} WHERE id = ?`, [...Object.values(values), tenantId]);
  }

  /** A tenant has a key from its first entry on, and another one when that cannot be read any more: what it had linked is lost with it. */
  #key(): RecordKey {
    const { tenantId, cipher } = this.opening;
    this.#known ??= readRecordKey(cipher, tenantId, this.row);
    if (this.#known) return this.#known;
    const { key, stored } = makeRecordKey(cipher, tenantId);
    this.#made = stored;
    this.#known = key;
    return key;
  }
}

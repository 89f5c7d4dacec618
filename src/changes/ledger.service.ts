import type { EntityManager } from 'typeorm';
import type { Cipher } from '../platform/cipher.js';
import type { Commit } from '../platform/database/commit-marker.js';
import { isOnSqlite } from '../platform/database/dialect.js';
import { lacksIndex } from '../platform/database/faults.js';
import type { Caller, Credential } from '../tenants/caller.js';
import type { Tenant } from '../tenants/tenant.entity.js';
import { type Deed, describeDeed } from './record/audit.service.js';
import { type ChainEnds, linkOf, type RecordKey, sealOf } from './record/audit-chain.rules.js';
import { AuditEvent } from './record/audit-event.entity.js';
import { countAged, type LinkedEntry } from './record/chain-check.rules.js';
import { readLinkedEntries } from './record/linked-entries.service.js';
import { endsOf, makeRecordKey, RECORD_COLUMNS, type RecordRow, readRecordKey, requireLost } from './record/record-key.service.js';
import { askForRights, rightsLeft } from './rights.service.js';
import { type Allowance, requireRoom, requireRoomForClient, type TenantLimits, type TenantUse, useAt } from './tenant-limits.rules.js';

const LIMIT_COLUMNS = 'max_clients, max_mutations_a_minute, max_record_bytes_a_day';
/** What a tenant allows its clients. */
const TERM_COLUMNS = 'default_audience, min_token_lifetime, max_token_lifetime';
const USE_COLUMNS = 'mutation_minute, mutation_count, record_day, record_bytes, client_count';

interface LedgerRow extends RecordRow, TenantUse {
  max_clients: number | null;
  max_mutations_a_minute: number | null;
  max_record_bytes_a_day: number | null;
  default_audience: string | null;
  min_token_lifetime: number;
  max_token_lifetime: number;
  scopes: string | null;
}

/** Whose ledger is opened. */
export interface Opening {
  tenantId: string;
  /** Which the first entry decides. */
  commit: Commit;
  cipher: Cipher;
  /** Of tenants that have none of their own. */
  limits: TenantLimits;
  /** What whoever makes the change has shown. */
  credential?: Credential | undefined;
  /** The moment, as the dialect has it. */
  now: Date | string;
}

/**
 * What is written of a tenant with each change of it, under the lock of its row: where the chain of its record ends, and what it has
 * used of its limits, so that they hold on all instances. It is read once when the lock was had, and stored once, before the
 * transaction is committed.
 */
export class Ledger {
  readonly #ends: ChainEnds;
  readonly #use: TenantUse;
  readonly #limits: TenantLimits;
  #isChanged = false;
  #hasEntries = false;
  #known: RecordKey | undefined;
  #made: ReturnType<typeof makeRecordKey>['stored'] | undefined;

  private constructor(
    private readonly manager: EntityManager,
    private readonly row: LedgerRow,
    private readonly opening: Opening,
  ) {
    this.#ends = endsOf(opening.tenantId, row);
    this.#use = useAt(row, new Date());
    this.#limits = {
      clients: row.max_clients ?? opening.limits.clients,
      mutationsAMinute: row.max_mutations_a_minute ?? opening.limits.mutationsAMinute,
      recordBytesADay: row.max_record_bytes_a_day ?? opening.limits.recordBytesADay,
    };
  }

  /** Reads the row of a tenant, whose turn was taken, and with it what the credential is worth at this moment. */
  static async open(manager: EntityManager, opening: Opening): Promise<Ledger> {
    const { tenantId, credential, now } = opening;
    const rights = credential ? askForRights(tenantId, credential, now) : { sql: 'NULL', parameters: [] };
    const sql = `SELECT ${RECORD_COLUMNS}, ${LIMIT_COLUMNS}, ${TERM_COLUMNS}, ${USE_COLUMNS}, (${rights.sql}) AS scopes FROM tenants WHERE id = ?`;
    const [row]: [LedgerRow] = await manager.query(sql, [...rights.parameters, tenantId]);
    return new Ledger(manager, row, opening);
  }

  /** What whoever makes the change may do by now; undefined when what they showed is worth nothing any more. */
  get rights(): string[] | undefined {
    const { credential } = this.opening;
    return credential && rightsLeft(credential, this.row.scopes);
  }

  /** What the tenant allows its clients by now, whatever it did when the request began. */
  get terms(): Pick<Tenant, 'defaultAudience' | 'minAccessTokenLifetime' | 'maxAccessTokenLifetime'> {
    const { default_audience, min_token_lifetime, max_token_lifetime } = this.row;
    return {
      defaultAudience: default_audience,
      minAccessTokenLifetime: min_token_lifetime,
      maxAccessTokenLifetime: max_token_lifetime,
    };
  }

  /** Whether anything was recorded. */
  get hasEntries(): boolean {
    return this.#hasEntries;
  }

  /** Requires that the tenant has not used up its limits. @throws {TenantLimit} */
  requireRoom(allowance: Allowance): void {
    requireRoom(this.#use, this.#limits, { allowance, now: new Date() });
  }

  /** Counts a change that is made. */
  countMutation(): void {
    this.#use.mutation_count += 1;
    this.#isChanged = true;
  }

  /**
   * Counts a client that is made or removed.
   * @param isLimited whether there has to be room for it
   * @throws {TenantLimit}
   */
  async countClient(step: 1 | -1, { isLimited }: { isLimited: boolean }): Promise<void> {
    const count = this.#use.client_count ?? (await this.#countClients());
    if (isLimited && step === 1) requireRoomForClient(count, this.#limits);
    this.#use.client_count = count + step;
    this.#isChanged = true;
  }

  async #countClients(): Promise<number> {
    const count = (hint: string): Promise<[{ n: number | string }]> =>
      this.manager.query(`SELECT COUNT(*) AS n FROM clients${hint} WHERE tenant_id = ?`, [this.opening.tenantId]);
    // MariaDB might go through the rows of all tenants. An index that somebody has taken away keeps nobody from making changes;
    // what else fails may have undone the transaction, in which nothing more is to be done then.
    const [row] = await count(isOnSqlite(this.manager) ? '' : ' FORCE INDEX (clients_by_lifetime)').catch((error) => {
      if (lacksIndex(error)) return count('');
      throw error;
    });
    return Number(row.n);
  }

  /** Appends an entry to the record, linked to the one before. */
  async append(caller: Caller, deed: Deed): Promise<void> {
    const ends = this.#ends;
    const described = describeDeed(this.opening.commit.mark(AuditEvent), caller, deed);
    const event = { ...described, sequence: ends.sequence + 1 };
    const hash = linkOf(await this.#key(), ends.hash, event);
    await this.manager.insert(AuditEvent, { ...event, hash } as object);
    Object.assign(ends, { sequence: event.sequence, hash });
    this.#hasEntries = true;
    this.#use.record_bytes += Buffer.byteLength(JSON.stringify(event));
    this.#isChanged = true;
  }

  /** Begins the chain, before there is an entry. */
  begin(): void {
    this.#isChanged = true;
  }

  /** Tells that entries were removed because of their age, up to this one. */
  sweepUpTo({ sequence, hash }: Pick<AuditEvent, 'sequence' | 'hash'>): void {
    Object.assign(this.#ends, { sweptSequence: sequence, sweptHash: hash });
    this.#isChanged = true;
  }

  /** The oldest entries that may go because of their age. @param limit how many at most */
  async findAged(until: Date, limit: number): Promise<LinkedEntry[]> {
    const { sweptSequence, sweptHash } = this.#ends;
    const key = await this.#key();
    const oldest = await this.#read(sweptSequence, limit);
    const count = countAged(key, oldest, { previous: sweptHash, until });
    if (count > 0 || oldest.length < limit) return oldest.slice(0, count);
    // Lost key: of many that nobody can prove, the first one that was linked since tells that they are older.
    const [before, since] = await this.#read((await this.#findFirstOf(key)) - 2, 2);
    return before && since && countAged(key, [since], { previous: before.hash, until }) === 1 ? oldest : [];
  }

  /** Where the key began to link: all before is of keys that were lost. Halving finds it among very many, and whoever uses it checks it. */
  async #findFirstOf({ name }: RecordKey): Promise<number> {
    let [from, to] = [this.#ends.sweptSequence + 1, this.#ends.sequence];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const [entry] = await this.#read(middle - 1, 1);
      if (entry?.hash.startsWith(`${name}.`)) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  #read(after: number, limit: number): Promise<LinkedEntry[]> {
    return readLinkedEntries((sql, parameters) => this.manager.query(sql, parameters), this.opening.tenantId, after, limit);
  }

  /** Stores what has changed. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    const seal = await this.#seal();
    // Known from the first change of the day on: how long something takes to find goes by it.
    this.#use.client_count ??= await this.#countClients();
    const { tenantId, sequence, hash, sweptSequence, sweptHash, beganAt } = this.#ends;
    const values = {
      record_sequence: sequence,
      record_hash: hash,
      record_swept_sequence: sweptSequence,
      record_swept_hash: sweptHash,
      record_began_at: beganAt,
      record_seal: seal,
      ...this.#use,
      // Untouched otherwise: it may be encrypted anew meanwhile.
      ...this.#made,
    };
    const assignments = Object.keys(values).map((column) => `${column} = ?`);
    await this.manager.query(`UPDATE tenants SET ${assignments.join(', ')} WHERE id = ?`, [...Object.values(values), tenantId]);
  }

  /** What proves the ends from now on, unless they were changed past the servers: then nothing does any more, and verifying tells of it. */
  async #seal(): Promise<string> {
    const { row, opening } = this;
    const key = await this.#key();
    const held = this.#made !== undefined || row.record_seal === sealOf(key, endsOf(opening.tenantId, row));
    return held ? sealOf(key, this.#ends) : row.record_seal;
  }

  /**
   * A tenant has a key from its first entry on, and another one when that cannot be read any more: what it had linked is lost with it,
   * and the chain begins anew.
   */
  async #key(): Promise<RecordKey> {
    const { tenantId, cipher } = this.opening;
    this.#known ??= readRecordKey(cipher, tenantId, this.row);
    if (this.#known) return this.#known;
    await requireLost(this.manager, this.row, cipher);
    const { key, stored } = makeRecordKey(cipher, tenantId);
    this.#made = stored;
    this.#known = key;
    this.#ends.beganAt = new Date().toISOString();
    return key;
  }
}

import type { EntityManager } from 'typeorm';
import type { Cipher } from '../platform/cipher.js';
import type { Database } from '../platform/database/transaction.js';
import { actorKey, type Caller, type Credential, type Principal } from '../tenants/caller.js';
import { Forbidden, RightsEnded } from '../tenants/errors.js';
import type { ManagementScope } from '../tenants/scopes.js';
import { lockTenant, lockTenants } from '../tenants/tenant-lock.service.js';
import { Ledger, type Opening } from './ledger.service.js';
import type { Deed } from './record/audit.service.js';
import type { Allowance, TenantLimits } from './tenant-limits.rules.js';
import { type Line, TenantLines } from './tenant-lines.service.js';

/** What a change needs. */
export interface Terms {
  /** The right that it uses. */
  right: ManagementScope;
  /** How far it may go past the tenant's limits; not at all when absent. */
  allowance?: Allowance;
  /** Whether it is a part of one that follows, is recorded, and counts for all. */
  isPart?: boolean;
  /** The host, normalised, of another tenant that it is about: nobody else changes that one meanwhile. */
  host?: string;
}

/** A change while it is made. What is done by its manager is committed together with the entries of the record, or not at all. */
export interface Change<C extends Caller = Caller> {
  manager: EntityManager;
  /** Who makes it, with the rights that they have at this moment. */
  caller: C;
  /** Writes an entry into the record of the caller's tenant. Nothing is committed of which there is none. */
  record(deed: Deed): Promise<void>;
  /** Tells that there was nothing to change, and so nothing to record. @returns what it was given */
  unchanged<T>(result: T): T;
  /** Counts a client that is made or removed. @throws {TenantLimit} when somebody makes more than there is room for */
  countClient(step: 1 | -1): Promise<void>;
  /**
   * The same change as far as it is made within another tenant, served or not. The home tenant's turn was taken first, whoever makes
   * it: so no two wait for each other.
   */
  within(caller: Caller): Promise<Change>;
}

/** A change by somebody who needs a right for it. */
export interface RightfulChange extends Change<Principal> {
  /**
   * Requires that the tenant has not used up its limits, where it turns out that a change was allowed more than it deserves.
   * @throws {TenantLimit}
   */
  requireRoom(): void;
}

/**
 * The one way in which things are changed: a transaction in which first the turn of the tenant is taken, then the right is checked,
 * then the work is done and recorded. A right that was lost before is used no more, however long ago the request began.
 * Isolation: nothing is read before the last lock is held, so that a snapshot of the whole transaction is none of the time before.
 */
export class Changes {
  constructor(
    private readonly database: Database,
    private readonly cipher: Cipher,
    /** Those of a tenant that has none of its own. */
    readonly limits: TenantLimits,
    private readonly lines: TenantLines,
  ) {}

  /**
   * Makes a change by somebody who needs a right for it. `work` may run more than once.
   * @throws {RightsEnded | Forbidden | TenantDisabled | TenantLimit}
   */
  make<T>(
    caller: Principal,
    { right, allowance = 'ordinary', isPart = false, host }: Terms,
    work: (change: RightfulChange) => Promise<T>,
  ): Promise<T> {
    return this.#transact({ caller, line: allowance === 'ordinary' ? 'ordinary' : 'urgent', isPart }, async (transaction) => {
      const { ledger, change } = await transaction.enter(caller, { isServed: true, credential: caller.credential, host });
      const scopes = ledger.rights;
      if (!scopes) throw new RightsEnded();
      if (!scopes.includes(right)) throw new Forbidden(`This needs the scope ${right}.`, right);
      ledger.requireRoom(allowance);
      let isCounted = allowance !== 'ending';
      const requireRoom = () => {
        ledger.requireRoom('ordinary');
        isCounted = true;
      };
      const countClient = (step: 1 | -1) => ledger.countClient(step, { isLimited: true });
      const tenant = { ...caller.tenant, ...ledger.terms };
      const result = await work({ ...change, caller: { ...caller, tenant, scopes }, requireRoom, countClient });
      // What has ended nothing deserves no more than others, and takes nothing from what is kept back for them.
      if (!ledger.hasEntries && !isPart) requireRoom();
      if (isCounted) ledger.countMutation();
      return result;
    });
  }

  /**
   * Makes a change by somebody who needs no right for it: the server itself, whoever signs in or out, whoever found a secret.
   * @throws {TenantDisabled}
   */
  perform<T>(caller: Caller, work: (change: Change) => Promise<T>, { isPart = false }: Pick<Terms, 'isPart'> = {}): Promise<T> {
    return this.#transact({ caller, line: 'urgent', isPart }, async (transaction) =>
      work((await transaction.enter(caller, { isServed: true })).change),
    );
  }

  /**
   * Lets somebody in, who may do so for as long as others leave room for it. That is no change that takes room from others.
   * @throws {TenantDisabled | TenantLimit}
   */
  admit<T>(caller: Caller, work: (change: Change) => Promise<T>): Promise<T> {
    return this.#transact({ caller, line: 'urgent' }, async (transaction) => {
      const { ledger, change } = await transaction.enter(caller, { isServed: true });
      ledger.requireRoom('admission');
      return work(change);
    });
  }

  /** Makes a change by the server itself that may have to make its tenant first. */
  found<T>(work: (start: Pick<Change, 'manager' | 'within'>) => Promise<T>): Promise<T> {
    return this.#transact({ isPart: true }, (transaction) => work(transaction));
  }

  /** Looks after the record of a tenant, served or not. */
  keep<T>(tenantId: string, work: (manager: EntityManager, ledger: Ledger) => Promise<T>): Promise<T> {
    return this.#transact({ tenantId, isPart: true }, async (transaction) =>
      work(transaction.manager, await transaction.open(tenantId, { isServed: false })),
    );
  }

  #transact<T>(
    { caller, tenantId = caller?.tenant.id, line = 'ordinary', isPart = false }: Place,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    const write = () =>
      this.database.write(async (manager, commit) => {
        const { cipher, limits } = this;
        const transaction = new Transaction(manager, { cipher, limits, commit, now: this.database.moment(new Date()) });
        const result = await work(transaction);
        if (!isPart) transaction.requireEntry();
        await transaction.save();
        return result;
      });
    if (tenantId === undefined) return write();
    return this.lines.run({ tenantId, line, name: caller ? actorKey(caller.actor) : '', locks: true }, write);
  }
}

/** Where a transaction waits. */
interface Place {
  /** Whose turn it takes first. */
  tenantId?: string;
  /** Who waits for it; nobody for the server itself. */
  caller?: Caller;
  /** What ends access, or lets somebody in who may have to, does not wait behind a crowd of other changes. */
  line?: Line;
  /** Whether no entry of the record belongs to it alone. */
  isPart?: boolean;
}

/** The tenants that one transaction changes, each with its ledger. */
class Transaction {
  readonly #ledgers = new Map<string, Ledger>();
  #isUnchanged = false;

  constructor(
    readonly manager: EntityManager,
    private readonly parts: Pick<Opening, 'cipher' | 'limits' | 'commit' | 'now'>,
  ) {}

  async enter(caller: Caller, terms: OpeningTerms): Promise<Entered> {
    const ledger = await this.open(caller.tenant.id, terms);
    const change: Change = {
      manager: this.manager,
      caller,
      record: (deed) => ledger.append(caller, deed),
      unchanged: (result) => {
        this.#isUnchanged = true;
        return result;
      },
      countClient: (step) => ledger.countClient(step, { isLimited: false }),
      within: this.within,
    };
    return { ledger, change };
  }

  /** What is read after this is what the last one left who had the turn before. */
  async open(tenantId: string, { isServed, credential, host }: OpeningTerms): Promise<Ledger> {
    const known = this.#ledgers.get(tenantId);
    if (known) return known;
    const { manager, parts } = this;
    await lockTenant(manager, tenantId, { isServed });
    if (host !== undefined) await lockTenants(manager, { host });
    const ledger = await Ledger.open(manager, { ...parts, tenantId, credential });
    this.#ledgers.set(tenantId, ledger);
    return ledger;
  }

  readonly within = async (caller: Caller): Promise<Change> => (await this.enter(caller, { isServed: false })).change;

  /** Requires that something was recorded: by that it is known whether this was committed, and who did it. */
  requireEntry(): void {
    if (this.#isUnchanged || [...this.#ledgers.values()].some(({ hasEntries }) => hasEntries)) return;
    throw new Error('Nothing was recorded of a change, and it is not made.');
  }

  async save(): Promise<void> {
    for (const ledger of this.#ledgers.values()) await ledger.save();
  }
}

interface OpeningTerms {
  isServed: boolean;
  credential?: Credential;
  host?: string | undefined;
}

interface Entered {
  ledger: Ledger;
  change: Change;
}

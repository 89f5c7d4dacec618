import { In, LessThan, Not } from 'typeorm';
import type { TenantContext } from '../access/principal.js';
import type { Changes } from '../changes/changes.service.js';
import { type Connection, fromCursor, type PageRequest, requirePageSize, toConnection, toCursor } from '../platform/connection.js';
import { forEach } from '../platform/each.js';
import { DatabaseUnavailable } from '../platform/errors.js';
import { storable } from '../platform/moments.js';
import type { Database } from '../platform/transaction.js';
import { whileServed } from '../tenants/tenant-turn.service.js';
import type { AuditFilter } from './audit.input.js';
import { AuditEvent } from './audit-event.entity.js';

const LIST = 'AUDIT';
const ROWS_IN_A_SWEEP = 500;
const SWEEPS_AT_ONCE = 20;
const MILLISECONDS_A_DAY = 24 * 3_600_000;

/** Which entries to list. */
export interface AuditListRequest extends PageRequest {
  filter?: AuditFilter | null | undefined;
}

/** Reads the record, and lets its oldest entries go. */
export class AuditListService {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
  ) {}

  /**
   * One page of entries, the newest first.
   * @throws {BadUserInput} when `first` or `after` make no sense
   */
  async list(caller: TenantContext, { filter, ...page }: AuditListRequest): Promise<Connection<AuditEvent>> {
    requirePageSize(page.first);
    const wanted = matching(filter ?? {});
    const events = await this.database.read((manager) => {
      const query = manager.createQueryBuilder(AuditEvent, 'event').where({ tenantId: caller.tenant.id });
      for (const [place, [name, value]] of wanted.entries())
        query.andWhere(`${place === 0 ? '' : this.#unsought}event.${name} = :${name}`, { [name]: value });
      if (filter?.since) query.andWhere('event.at >= :since', { since: storable(filter.since) });
      if (filter?.until) query.andWhere('event.at < :until', { until: storable(filter.until) });
      if (page.after != null) {
        const [at, id] = fromCursor(page.after, LIST, isPosition) as [string, string];
        query.andWhere('event.at <= :at AND (event.at < :at OR event.id < :id)', { at: storable(new Date(at)), id });
      }
      return query
        .orderBy('event.at', 'DESC')
        .addOrderBy('event.id', 'DESC')
        .limit(page.first + 1)
        .getMany();
    });
    return toConnection(events, page, ({ at, id }) => toCursor(LIST, at.toISOString(), id));
  }

  /** SQLite knows nothing of how many entries an index finds: it is kept from taking that of an administrator who made nearly all of them. */
  get #unsought(): string {
    return this.database.dialect({ sqlite: '+ ', mysql: '' });
  }

  /** Begins the chain of tenants that a release without one has made: one that lacks it later was robbed of it. */
  async beginChains(): Promise<void> {
    const sql = `SELECT id FROM tenants WHERE record_key IS NULL LIMIT ${ROWS_IN_A_SWEEP}`;
    const tenants = await this.database.read<{ id: string }[]>((manager) => manager.query(sql));
    await forEach(tenants, ({ id }) => whileServed(this.changes.keep(id, async (_manager, ledger) => ledger.begin())));
  }

  /** Removes entries that are older than so many days, in small steps, so that nobody waits for long. */
  async sweep(now: Date, days: number): Promise<void> {
    const until = new Date(now.getTime() - days * MILLISECONDS_A_DAY);
    // Tenants of whose old entries none may go, or whose row nobody can read: those of others are not to wait behind them.
    const stuck: string[] = [];
    const faults: unknown[] = [];
    for (let sweep = 0; sweep < SWEEPS_AT_ONCE; sweep += 1) {
      const select = { id: true, tenantId: true, sequence: true } as const;
      const where = { at: LessThan(until), ...(stuck.length > 0 && { tenantId: Not(In(stuck)) }) };
      const old = await this.database.read((manager) =>
        manager.find(AuditEvent, { select, where, order: { at: 'ASC' }, take: ROWS_IN_A_SWEEP }),
      );
      const shorten = forEach(
        Map.groupBy(old, (event) => event.tenantId),
        async ([tenantId, events]) => {
          stuck.push(tenantId);
          if ((await this.#sweepTenant(tenantId, events, until)) > 0) stuck.pop();
        },
      );
      await shorten.catch((error) => {
        if (error instanceof DatabaseUnavailable) throw error;
        faults.push(error);
      });
      if (old.length < ROWS_IN_A_SWEEP) break;
    }
    if (faults.length > 0) throw faults[0];
  }

  /**
   * The chain is shortened from its beginning, and its row tells how far: whoever else cuts it is found out, and whoever makes entries
   * seem old has them not swept away.
   * @returns how many entries went
   */
  #sweepTenant(tenantId: string, old: readonly Pick<AuditEvent, 'id' | 'sequence'>[], until: Date): Promise<number> {
    return this.changes.keep(tenantId, async (manager, ledger) => {
      const unlinked = old.filter(({ sequence }) => sequence === null).map(({ id }) => id);
      if (unlinked.length > 0) await manager.delete(AuditEvent, { id: In(unlinked) });
      const gone = await ledger.findAged(until, ROWS_IN_A_SWEEP);
      const last = gone.at(-1);
      if (!last) return unlinked.length;
      await manager.delete(AuditEvent, { id: In(gone.map(({ id }) => id)) });
      ledger.sweepUpTo(last);
      return unlinked.length + gone.length;
    });
  }
}

/** What an entry has to have, what is of the fewest first. */
function matching({ requestId, objectId, action, objectType, actorId }: AuditFilter): [name: string, value: string][] {
  const wanted = Object.entries({ requestId, objectId, action, objectType, actorId });
  return wanted.filter((one): one is [string, string] => one[1] != null);
}

function isPosition(position: string[]): boolean {
  return position.length === 2 && !Number.isNaN(Date.parse(position[0] as string));
}

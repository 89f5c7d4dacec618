import { type EntityManager, In, LessThan, Not, type SelectQueryBuilder } from 'typeorm';
import { storable } from '../../platform/database/moments.js';
import type { Database } from '../../platform/database/transaction.js';
import { forEach } from '../../platform/each.js';
import { BadUserInput, DatabaseUnavailable } from '../../platform/errors.js';
import {
  type Connection,
  fromCursor,
  type PageRequest,
  requirePageSize,
  toConnection,
  toCursor,
} from '../../platform/graphql/connection.js';
import type { TenantContext } from '../../tenants/caller.js';
import { whileServed } from '../../tenants/tenant-lock.service.js';
import type { Changes } from '../changes.service.js';
import type { AuditFilter } from './audit.input.js';
import { AuditEvent } from './audit-event.entity.js';

const LIST = 'AUDIT';
/** Entries for one page: a tenant's record may be long, and SQLite reads it in this thread. */
const LOOKED_THROUGH = 20_000;
/** No id and no name is longer. */
const LONGEST_PART = 255;
/** Each is read whole, and checked; some have 40 KB. */
const ROWS_IN_A_SWEEP = 25;
const SWEEPS_AT_ONCE = 400;
const CHAINS_AT_ONCE = 500;
const MILLISECONDS_A_DAY = 24 * 3_600_000;

/** SQL, with the values in it. */
type Condition = [sql: string, parameters: Record<string, unknown>];

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
   * One page of entries, the newest first. It has fewer than were asked for when no more were found among those that are looked through for it.
   * @throws {BadUserInput} when `first`, `after` or the filter make no sense
   */
  async list(caller: TenantContext, { filter, ...page }: AuditListRequest): Promise<Connection<AuditEvent>> {
    requirePageSize(page.first);
    const conditions = conditionsOf(filter ?? {});
    const after = page.after == null ? undefined : (fromCursor(page.after, LIST, isPosition) as [at: string, id: string]);
    return this.database.read(async (manager) => {
      const range = () => newestFirst(manager, { tenantId: caller.tenant.id, filter: filter ?? {}, after });
      const last =
        conditions.length > 0
          ? await range()
              .offset(LOOKED_THROUGH - 1)
              .limit(1)
              .getOne()
          : null;
      const query = range();
      if (last)
        query.andWhere('event.at >= :endAt AND (event.at > :endAt OR event.id >= :endId)', { endAt: storable(last.at), endId: last.id });
      for (const [sql, parameters] of conditions) query.andWhere(sql, parameters);
      const events = await query.limit(page.first + 1).getMany();
      const { pageInfo, ...found } = toConnection(events, page, cursorOf);
      const hasMore = last !== null && !pageInfo.hasNextPage;
      return { ...found, pageInfo: hasMore ? { ...pageInfo, hasNextPage: true, endCursor: cursorOf(last) } : pageInfo };
    });
  }

  /** Begins the chain of tenants that a release without one has made: one that lacks it later was robbed of it. */
  async beginChains(): Promise<void> {
    const sql = `SELECT id FROM tenants WHERE record_key IS NULL LIMIT ${CHAINS_AT_ONCE}`;
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

/** Where in the record is looked: in what an index finds. */
interface Range {
  tenantId: string;
  filter: AuditFilter;
  after: [at: string, id: string] | undefined;
}

function newestFirst(manager: EntityManager, { tenantId, filter, after }: Range): SelectQueryBuilder<AuditEvent> {
  const { since, until } = filter;
  const query = manager.createQueryBuilder(AuditEvent, 'event').where({ tenantId, ...anchorOf(filter) });
  if (since) query.andWhere('event.at >= :since', { since: storable(since) });
  if (until) query.andWhere('event.at < :until', { until: storable(until) });
  if (after) {
    const [at, id] = after;
    query.andWhere('event.at <= :at AND (event.at < :at OR event.id < :id)', { at: storable(new Date(at)), id });
  }
  return query.orderBy('event.at', 'DESC').addOrderBy('event.id', 'DESC');
}

/** What an index finds in the order that is wanted. */
function anchorOf({ requestId, objectId }: AuditFilter): Pick<AuditFilter, 'requestId' | 'objectId'> {
  if (requestId != null) return { requestId };
  return objectId != null ? { objectId } : {};
}

/** What is looked for entry by entry. @throws {BadUserInput} */
function conditionsOf(filter: AuditFilter): Condition[] {
  const { objectId, action, objectType, actorId, actorContains, objectIdContains } = filter;
  const anchor = anchorOf(filter);
  const isAnchored = Object.keys(anchor).length > 0;
  const exact = Object.entries({ objectId, action, objectType, actorId }).filter(([name, value]) => value != null && !(name in anchor));
  // A database that has an index for this as well might go through the whole record by that one.
  const column = (name: string) => (isAnchored ? `COALESCE(event.${name}, NULL)` : `event.${name}`);
  const conditions = exact.map(([name, value]): Condition => [`${column(name)} = :${name}`, { [name]: value }]);
  const contains = { actorContains: ['actorId', 'actorName'], objectIdContains: ['objectId'] };
  for (const [name, text] of Object.entries({ actorContains, objectIdContains })) {
    if (text == null) continue;
    if (text.length < 1 || text.length > LONGEST_PART)
      throw new BadUserInput([{ path: `filter.${name}`, message: `Give 1 to ${LONGEST_PART} characters.` }]);
    const anywhere = contains[name as keyof typeof contains].map((column) => `INSTR(LOWER(event.${column}), LOWER(:${name})) > 0`);
    conditions.push([`(${anywhere.join(' OR ')})`, { [name]: text }]);
  }
  return conditions;
}

function cursorOf({ at, id }: AuditEvent): string {
  return toCursor(LIST, at.toISOString(), id);
}

function isPosition(position: string[]): boolean {
  return position.length === 2 && !Number.isNaN(Date.parse(position[0] as string));
}

import { type EntityManager, In, LessThan, Not, type SelectQueryBuilder } from 'typeorm';
import { isOnSqlite } from '../../platform/database/dialect.js';
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
import { nextSlice } from '../../platform/queues/slices.js';
import type { TenantContext } from '../../tenants/caller.js';
import { whileServed } from '../../tenants/tenant-lock.service.js';
import type { Changes } from '../changes.service.js';
import type { AuditFilter } from './audit.input.js';
import { AuditEvent } from './audit-event.entity.js';

const LIST = 'AUDIT';
/** Entries for one page: a tenant's record may be long. */
const LOOKED_THROUGH = 20_000;
/** Of these on SQLite, which reads them in this thread: an entry may have 40 KB. */
const LOOKED_AT_ONCE = 250;
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
    const after = page.after == null ? undefined : (fromCursor(page.after, LIST, isPosition) as Place);
    const range = { tenantId: caller.tenant.id, filter: filter ?? {}, after };
    const wanted = { conditions, limit: page.first + 1 };
    const { events, end } = await this.database.read((manager) => findEvents(manager, range, wanted), { isLong: conditions.length > 0 });
    const { pageInfo, ...found } = toConnection(events, page, cursorOf);
    if (!end || pageInfo.hasNextPage) return { ...found, pageInfo };
    return { ...found, pageInfo: { ...pageInfo, hasNextPage: true, endCursor: toCursor(LIST, ...end) } };
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

/** Of an entry in the order of the list. */
type Place = [at: string, id: string];

/** Where in the record is looked: in what an index finds. */
interface Range {
  tenantId: string;
  filter: AuditFilter;
  after: Place | undefined;
}

/**
 * The next entries that meet all conditions, among those that are looked through for a page.
 * @returns with them the last one that was looked through, when there are more
 */
async function findEvents(manager: EntityManager, range: Range, { conditions, limit }: { conditions: Condition[]; limit: number }) {
  const step = isOnSqlite(manager) ? LOOKED_AT_ONCE : LOOKED_THROUGH;
  const events: AuditEvent[] = [];
  let { after: end } = range;
  for (let looked = 0; looked < LOOKED_THROUGH; looked += step) {
    const next: Range = { ...range, after: end };
    end = conditions.length > 0 ? await placeAfter(manager, next, step) : undefined;
    const query = newestFirst(manager, next);
    if (end) query.andWhere('event.at >= :endAt AND (event.at > :endAt OR event.id >= :endId)', { endAt: momentOf(end), endId: end[1] });
    for (const [sql, parameters] of conditions) query.andWhere(sql, parameters);
    events.push(...(await readWhole(manager, query.limit(limit - events.length))));
    if (!end || events.length === limit) break;
    await nextSlice();
  }
  return { events, end };
}

/** Only what is found is read whole: most of an entry may stand on pages of its own. */
async function readWhole(manager: EntityManager, query: SelectQueryBuilder<AuditEvent>): Promise<AuditEvent[]> {
  const found = await query.select(['event.at', 'event.id']).getMany();
  const whole = await manager.findBy(AuditEvent, { id: In(found.map(({ id }) => id)) });
  const byId = new Map(whole.map((event) => [event.id, event]));
  return found.flatMap(({ id }) => byId.get(id) ?? []);
}

/** The place of the last of so many entries; undefined when there are not as many. */
async function placeAfter(manager: EntityManager, range: Range, count: number): Promise<Place | undefined> {
  const [last] = await newestFirst(manager, range)
    .select(['event.at', 'event.id'])
    .offset(count - 1)
    .limit(1)
    .getMany();
  return last && placeOf(last);
}

function newestFirst(manager: EntityManager, { tenantId, filter, after }: Range): SelectQueryBuilder<AuditEvent> {
  const { since, until } = filter;
  const query = manager.createQueryBuilder(AuditEvent, 'event').where({ tenantId, ...anchorOf(filter) });
  if (since) query.andWhere('event.at >= :since', { since: storable(since) });
  if (until) query.andWhere('event.at < :until', { until: storable(until) });
  if (after) {
    query.andWhere('event.at <= :at AND (event.at < :at OR event.id < :id)', { at: momentOf(after), id: after[1] });
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

function momentOf([at]: Place): Date {
  return storable(new Date(at));
}

function placeOf({ at, id }: AuditEvent): Place {
  return [at.toISOString(), id];
}

function cursorOf(event: AuditEvent): string {
  return toCursor(LIST, ...placeOf(event));
}

function isPosition(position: string[]): boolean {
  return position.length === 2 && !Number.isNaN(Date.parse(position[0] as string));
}

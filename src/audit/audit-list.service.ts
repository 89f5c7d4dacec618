import { type FindOptionsWhere, In, LessThan } from 'typeorm';
import type { TenantContext } from '../access/principal.js';
import { type Connection, fromCursor, type PageRequest, requirePageSize, toConnection, toCursor } from '../platform/connection.js';
import type { Database } from '../platform/transaction.js';
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
  constructor(private readonly database: Database) {}

  /**
   * One page of entries, the newest first.
   * @throws {BadUserInput} when `first` or `after` make no sense
   */
  async list(caller: TenantContext, { filter, ...page }: AuditListRequest): Promise<Connection<AuditEvent>> {
    requirePageSize(caller, page.first);
    const where: FindOptionsWhere<AuditEvent> = { tenantId: caller.tenant.id, ...matching(filter ?? {}) };
    const events = await this.database.read((manager) => {
      const query = manager.createQueryBuilder(AuditEvent, 'event').where(where);
      if (filter?.since) query.andWhere('event.at >= :since', { since: filter.since });
      if (filter?.until) query.andWhere('event.at < :until', { until: filter.until });
      if (page.after != null) {
        const [at, id] = fromCursor(page.after, LIST, isPosition) as [string, string];
        query.andWhere('event.at <= :at AND (event.at < :at OR event.id < :id)', { at: new Date(at), id });
      }
      return query
        .orderBy('event.at', 'DESC')
        .addOrderBy('event.id', 'DESC')
        .limit(page.first + 1)
        .getMany();
    });
    return toConnection(events, page, ({ at, id }) => toCursor(LIST, at.toISOString(), id));
  }

  /** Removes entries that are older than so many days, in small steps, so that nobody waits for long. */
  async sweep(now: Date, days: number): Promise<void> {
    const at = LessThan(new Date(now.getTime() - days * MILLISECONDS_A_DAY));
    for (let sweep = 0; sweep < SWEEPS_AT_ONCE; sweep += 1) {
      const old = await this.database.read((manager) =>
        manager.find(AuditEvent, { select: { id: true }, where: { at }, order: { at: 'ASC' }, take: ROWS_IN_A_SWEEP }),
      );
      if (old.length > 0) await this.database.write((manager) => manager.delete(AuditEvent, { id: In(old.map(({ id }) => id)) }));
      if (old.length < ROWS_IN_A_SWEEP) return;
    }
  }
}

function matching({ action, actorId, objectType, objectId, requestId }: AuditFilter): FindOptionsWhere<AuditEvent> {
  const wanted = { action, actorId, objectType, objectId, requestId };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value != null));
}

function isPosition(position: string[]): boolean {
  return position.length === 2 && !Number.isNaN(Date.parse(position[0] as string));
}

import { Arg, Authorized, Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { type Connection, PageInfo } from '../../platform/graphql/connection.js';
import type { GraphQLContext, Principal } from '../../tenants/caller.js';
import { AuditFilter } from './audit.input.js';
import { AuditEvent } from './audit-event.entity.js';
import { AuditListService } from './audit-list.service.js';

const DEFAULT_PAGE = 50;

/** An entry in a list, with its cursor. */
@ObjectType({ description: 'An entry of the record in a list, with its cursor.' })
export class AuditEventEdge {
  @Field({ description: 'The place of this entry in the list.' })
  cursor!: string;

  @Field(() => AuditEvent, { description: 'The entry.' })
  node!: AuditEvent;
}

/** A page of the record. */
@ObjectType({ description: 'A page of the record.' })
export class AuditEventConnection implements Connection<AuditEvent> {
  @Field(() => [AuditEventEdge], { description: 'The entries of this page, each with its cursor.' })
  edges!: AuditEventEdge[];

  @Field(() => [AuditEvent], { description: 'The entries of this page.' })
  nodes!: AuditEvent[];

  @Field(() => PageInfo, { description: 'Where this page stands in the list.' })
  pageInfo!: PageInfo;
}

/** The record, as people read it. Nothing changes it. */
@Resolver(() => AuditEvent)
export class AuditResolver {
  constructor(private readonly service: AuditListService) {}

  @Authorized('audit:read')
  @Query(() => AuditEventConnection, {
    description:
      'The record of what was done in this tenant, the newest first, page by page. For one page 20,000 entries are looked through at most: it may hold fewer than were asked for, or none, and more may follow. Needs the scope audit:read.',
  })
  auditEvents(
    @Ctx() { principal }: GraphQLContext,
    @Arg('filter', () => AuditFilter, { nullable: true, description: 'Which entries; all when absent.' }) filter: AuditFilter | null,
    @Arg('first', () => Int, { defaultValue: DEFAULT_PAGE, description: 'How many at most: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'The endCursor of the page before.' }) after: string | null,
  ): Promise<AuditEventConnection> {
    return this.service.list(principal as Principal, { filter, first, after });
  }
}

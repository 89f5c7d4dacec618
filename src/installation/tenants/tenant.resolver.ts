import { Arg, Authorized, Ctx, Extensions, Field, FieldResolver, Int, Mutation, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { TenantLimits } from '../../changes/tenant-limits.rules.js';
import { Client } from '../../clients/client.entity.js';
import { type Connection, PageInfo } from '../../platform/graphql/connection.js';
import type { GraphQLContext, Principal } from '../../tenants/caller.js';
import { apiAudience } from '../../tenants/scopes.js';
import { Tenant } from '../../tenants/tenant.entity.js';
import { TenantDirectory } from '../../tenants/tenant-directory.service.js';
import { CreateTenantInput, UpdateTenantInput } from './tenant.input.js';
import { TenantService } from './tenant.service.js';
import { TenantListService } from './tenant-list.service.js';

const DEFAULT_PAGE = 50;
const HOST = { description: 'The host of the tenant, with its port when that is not the usual one.' };

/** A new tenant's administrator, and the only sight of its secret. */
export interface Administrator {
  client: Client;
  clientSecret: string;
}

/** A new tenant with its administrator. */
@ObjectType({ description: 'A new tenant with its administrator.' })
export class CreateTenantPayload implements Administrator {
  @Field(() => Tenant, { description: 'The tenant as it was saved.' })
  tenant!: Tenant;

  @Field(() => Client, { description: "The tenant's administrator: a client of the new tenant that may do everything there." })
  client!: Client;

  @Field(() => String, { description: 'Its secret. This is the only time it is shown: hand it to whoever will manage the tenant.' })
  clientSecret!: string;
}

/** What is left of a tenant that was deleted. */
@ObjectType({ description: 'What is left of a tenant that was deleted.' })
export class DeleteTenantPayload {
  @Field({ description: 'Its host, free to be used again.' })
  host!: string;
}

/** A tenant in a list, with its cursor. */
@ObjectType({ description: 'A tenant in a list, with its cursor.' })
export class TenantEdge {
  @Field({ description: 'The place of this tenant in the list.' })
  cursor!: string;

  @Field(() => Tenant, { description: 'The tenant.' })
  node!: Tenant;
}

/** A page of tenants. */
@ObjectType({ description: 'A page of a list of tenants.' })
export class TenantConnection implements Connection<Tenant> {
  @Field(() => [TenantEdge], { description: 'The tenants of this page, each with its cursor.' })
  edges!: TenantEdge[];

  @Field(() => [Tenant], { description: 'The tenants of this page.' })
  nodes!: Tenant[];

  @Field(() => PageInfo, { description: 'Where this page stands in the list.' })
  pageInfo!: PageInfo;

  /** What `totalCount` counts when it is asked for. */
  search!: string | null;
}

/** Tenants, as people of the home tenant manage them. */
@Resolver(() => Tenant)
export class TenantResolver {
  constructor(
    private readonly service: TenantService<Administrator>,
    private readonly list: TenantListService,
    private readonly directory: TenantDirectory,
    private readonly limits: TenantLimits,
  ) {}

  @Authorized('tenants:read')
  @Query(() => Tenant, {
    nullable: true,
    description:
      'The tenant of this host, enabled or not; null when there is none. From the home tenant only. Needs the scope tenants:read.',
  })
  tenant(@Ctx() { principal }: GraphQLContext, @Arg('host', HOST) host: string): Promise<Tenant | null> {
    return this.list.find(principal as Principal, host);
  }

  @Authorized('tenants:read')
  @Query(() => TenantConnection, {
    description: 'All tenants, by host, page by page. From the home tenant only. Needs the scope tenants:read.',
  })
  async tenants(
    @Ctx() { principal }: GraphQLContext,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Only tenants whose name or host contains this; case and accents do not count.',
    })
    search: string | null,
    @Arg('first', () => Int, { defaultValue: DEFAULT_PAGE, description: 'How many at most: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'The endCursor of the page before.' }) after: string | null,
  ): Promise<TenantConnection> {
    return { ...(await this.list.list(principal as Principal, { search, first, after })), search };
  }

  @Authorized('tenants:write')
  @Mutation(() => CreateTenantPayload, {
    description:
      "Makes a tenant with signing keys and an administrator of its own, whose secret is shown in this answer and never again. Its issuer has the home tenant's scheme. From the home tenant only. Needs the scope tenants:write.",
  })
  createTenant(
    @Ctx() { principal }: GraphQLContext,
    @Arg('input', { description: 'What the tenant is made from.' }) input: CreateTenantInput,
  ): Promise<CreateTenantPayload> {
    return this.service.create(principal as Principal, input);
  }

  @Authorized('tenants:write')
  @Mutation(() => Tenant, {
    description:
      'Changes a tenant; what the input leaves out stays. Every instance sees it at the next request. From the home tenant only. Needs the scope tenants:write.',
  })
  updateTenant(
    @Ctx() { principal }: GraphQLContext,
    @Arg('host', HOST) host: string,
    @Arg('input', { description: 'What changes.' }) input: UpdateTenantInput,
  ): Promise<Tenant> {
    return this.service.update(principal as Principal, host, input);
  }

  @Authorized('tenants:write')
  @Mutation(() => DeleteTenantPayload, {
    description:
      'Removes a tenant that is disabled, with its clients, keys, sessions and record. This cannot be undone. From the home tenant only. Needs the scope tenants:write.',
  })
  deleteTenant(@Ctx() { principal }: GraphQLContext, @Arg('host', HOST) host: string): Promise<DeleteTenantPayload> {
    return this.service.delete(principal as Principal, host);
  }

  @Extensions({ isName: true })
  @FieldResolver(() => String, { description: 'The issuer of its tokens: its URL, without a trailing slash.' })
  issuer(@Root() tenant: Tenant): string {
    return this.directory.contextOf(tenant).issuer;
  }

  @FieldResolver(() => String, { description: 'The audience of clients that are created without one.' })
  defaultAudience(@Root() tenant: Tenant): string {
    return tenant.defaultAudience ?? apiAudience(this.directory.contextOf(tenant).issuer);
  }

  @FieldResolver(() => Int, { description: 'How many clients it may have.' })
  maxClients(@Root() tenant: Tenant): number {
    return tenant.maxClients ?? this.limits.clients;
  }

  @FieldResolver(() => Int, { description: 'How many mutations a minute it may make. What ends access is not hindered.' })
  maxMutationsPerMinute(@Root() tenant: Tenant): number {
    return tenant.maxMutationsPerMinute ?? this.limits.mutationsAMinute;
  }

  @FieldResolver(() => Int, { description: 'By how many bytes a day its record may grow. What ends access is not hindered.' })
  maxRecordBytesPerDay(@Root() tenant: Tenant): number {
    return tenant.maxRecordBytesPerDay ?? this.limits.recordBytesADay;
  }
}

/** What a list tells only when it is asked. */
@Resolver(() => TenantConnection)
export class TenantConnectionResolver {
  constructor(private readonly list: TenantListService) {}

  @FieldResolver(() => Int, {
    description: 'How many tenants there are, or match the search, on all pages together. Counted only when asked for.',
  })
  totalCount(@Ctx() { principal }: GraphQLContext, @Root() { search }: TenantConnection): Promise<number> {
    return this.list.count(principal as Principal, search);
  }
}

import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import {
  Arg,
  Authorized,
  Ctx,
  Extensions,
  Field,
  FieldResolver,
  Info,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import type { GraphQLContext, Principal } from '../tenants/caller.js';
import { Client } from './client.entity.js';
import { CreateClientInput, UpdateClientInput } from './client.input.js';
import { lastTokenExpiry } from './client.rules.js';
import { ClientService } from './client.service.js';
import { ClientSecret } from './client-secret.entity.js';
import { ClientConnection } from './list/client-connection.js';
import { ClientFilter, ClientOrder } from './list/client-filter.input.js';
import { ClientListService } from './list/client-list.service.js';
import { ClientLoader, requireHours } from './list/client-loader.service.js';
import { ClientUsage } from './use/client-usage.js';

const DEFAULT_PAGE = 50;
const DEFAULT_HOURS = 24;

/** A new client, and the only sight of its secret. */
@ObjectType({ description: 'A new client with its secret.' })
export class CreateClientPayload {
  @Field(() => Client, { description: 'The client as it was saved.' })
  client!: Client;

  @Field(() => String, {
    nullable: true,
    description:
      'The secret. This is the only time it is shown: keep it where the application will read it. Null for an application that proves itself with its own key.',
  })
  clientSecret!: string | null;
}

/** A client whose tokens were cut. */
@ObjectType({ description: 'A client whose tokens were cut.' })
export class RevokeClientTokensPayload {
  @Field(() => Client, { description: 'The client. It may get new tokens.' })
  client!: Client;

  @Field(() => GraphQLDateTime, {
    description:
      'Introspection refuses the tokens already. From this moment on even an API that checks tokens by itself refuses the last one.',
  })
  lastTokenExpiresAt!: Date;
}

/** What is left of a client that was deleted. */
@ObjectType({ description: 'What is left of a client that was deleted.' })
export class DeleteClientPayload {
  @Field({ description: 'The client id, free to be used again.' })
  clientId!: string;

  @Field(() => GraphQLDateTime, {
    description: 'No token is issued any more. From this moment on even an API that checks tokens by itself refuses the last one.',
  })
  lastTokenExpiresAt!: Date;
}

/** Clients, as people manage them. */
@Resolver(() => Client)
export class ClientResolver {
  constructor(
    private readonly service: ClientService,
    private readonly list: ClientListService,
    private readonly loader: ClientLoader,
  ) {}

  @Authorized('clients:read')
  @Query(() => Client, {
    nullable: true,
    description: 'The client with exactly this client id; null when there is none. Needs the scope clients:read.',
  })
  client(
    @Ctx() { principal }: GraphQLContext,
    @Arg('clientId', { description: 'The client id, upper and lower case included.' }) clientId: string,
  ): Promise<Client | null> {
    return this.list.find(principal as Principal, clientId);
  }

  @Authorized('clients:read')
  @Query(() => ClientConnection, { description: "The tenant's clients, page by page. Needs the scope clients:read." })
  async clients(
    @Ctx() { principal }: GraphQLContext,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Only clients whose name or client id contains this; case and accents do not count.',
    })
    search: string | null,
    @Arg('filter', () => ClientFilter, { nullable: true, description: 'Only clients to which this applies; all when absent.' })
    filter: ClientFilter | null,
    @Arg('first', () => Int, { defaultValue: DEFAULT_PAGE, description: 'How many at most: 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'The endCursor of the page before.' }) after: string | null,
    @Arg('orderBy', () => ClientOrder, { nullable: true, description: 'The order; by name when absent.' }) orderBy: ClientOrder | null,
  ): Promise<ClientConnection> {
    return { ...(await this.list.list(principal as Principal, { search, filter, first, after, orderBy })), search, filter };
  }

  @Authorized('clients:write')
  @Mutation(() => CreateClientPayload, {
    description:
      'Registers an application and makes its secret, which is shown in this answer and never again. Needs the scope clients:write.',
  })
  createClient(
    @Ctx() { principal }: GraphQLContext,
    @Arg('input', { description: 'What the client is made from.' }) input: CreateClientInput,
  ): Promise<CreateClientPayload> {
    return this.service.create(principal as Principal, input);
  }

  @Authorized('clients:write')
  @Mutation(() => Client, {
    description:
      'Changes a client; what the input leaves out stays. Disabling one stops it at once and cuts its tokens. Needs the scope clients:write.',
  })
  updateClient(
    @Ctx() { principal }: GraphQLContext,
    @Arg('clientId', { description: 'The client id, upper and lower case included.' }) clientId: string,
    @Arg('input', { description: 'What changes.' }) input: UpdateClientInput,
  ): Promise<Client> {
    return this.service.update(principal as Principal, clientId, input);
  }

  @Authorized('clients:write')
  @Mutation(() => DeleteClientPayload, {
    description:
      'Removes a client and its secrets. It gets no token from then on, and those it has are cut. Needs the scope clients:write.',
  })
  deleteClient(
    @Ctx() { principal }: GraphQLContext,
    @Arg('clientId', { description: 'The client id, upper and lower case included.' }) clientId: string,
  ): Promise<DeleteClientPayload> {
    return this.service.delete(principal as Principal, clientId);
  }

  @Authorized('clients:write')
  @Mutation(() => RevokeClientTokensPayload, {
    description:
      'Cuts every token that was issued to a client until now; the client itself goes on and may get new ones. Needs the scope clients:write.',
  })
  revokeClientTokens(
    @Ctx() { principal }: GraphQLContext,
    @Arg('clientId', { description: 'The client id, upper and lower case included.' }) clientId: string,
  ): Promise<RevokeClientTokensPayload> {
    return this.service.revokeTokens(principal as Principal, clientId);
  }

  @Extensions({ most: 22 })
  @FieldResolver(() => [ClientSecret], {
    description: 'The secrets that the client can use, and the last 20 that ended in the last 30 days; the newest first.',
  })
  secrets(@Ctx() { principal }: GraphQLContext, @Root() client: Client): Promise<ClientSecret[]> {
    return this.loader.secretsOf(principal as Principal, client);
  }

  @FieldResolver(() => GraphQLDateTime, {
    description:
      'The moment after which even an API that checks tokens by itself refuses the last token issued so far. Introspection refuses those of a disabled client already.',
  })
  lastTokenExpiresAt(@Root() client: Client): Date {
    return client.enabled ? lastTokenExpiry(client, new Date()) : (client.tokensExpireBy ?? client.updatedAt);
  }

  @Extensions({ most: 720, requireArguments: requireHours })
  @FieldResolver(() => [ClientUsage], {
    description: 'Tokens issued and requests refused, hour by hour, the oldest first and this hour last.',
  })
  usage(
    @Ctx() { principal }: GraphQLContext,
    @Root() client: Client,
    @Arg('hours', () => Int, {
      defaultValue: DEFAULT_HOURS,
      description: 'For how many hours of the clock, the present one included: 1 to 720.',
    })
    hours: number,
    @Info() { fieldNodes, fragments }: GraphQLResolveInfo,
  ): Promise<ClientUsage[]> {
    const values = fieldNodes.reduce((sum, { selectionSet }) => sum + countFields(selectionSet, fragments), 0);
    return this.loader.usageOf(principal as Principal, client, { hours, values });
  }
}

/** How many fields are selected, those of fragments included; a document has no fragment that contains itself. */
function countFields(selected: SelectionSetNode | undefined, fragments: GraphQLResolveInfo['fragments']): number {
  return (selected?.selections ?? []).reduce((sum, selection) => {
    if (selection.kind === Kind.FIELD) return sum + 1;
    const { selectionSet } = selection.kind === Kind.INLINE_FRAGMENT ? selection : (fragments[selection.name.value] ?? {});
    return sum + countFields(selectionSet, fragments);
  }, 0);
}

/** What a list tells only when it is asked. */
@Resolver(() => ClientConnection)
export class ClientConnectionResolver {
  constructor(private readonly list: ClientListService) {}

  @FieldResolver(() => Int, {
    description: 'How many clients there are, or match search and filter, on all pages together. Counted only when asked for.',
  })
  totalCount(@Ctx() { principal }: GraphQLContext, @Root() { search, filter }: ClientConnection): Promise<number> {
    return this.list.count(principal as Principal, { search, filter });
  }
}

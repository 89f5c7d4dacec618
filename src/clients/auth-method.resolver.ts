import { GraphQLDateTime, GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Authorized, Ctx, Extensions, Field, FieldResolver, Int, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import type { GraphQLContext, Principal } from '../tenants/caller.js';
import { ChangeClientAuthMethodInput } from './auth-method.input.js';
import { AuthMethodService } from './auth-method.service.js';
import { Client, ClientAuthMethod } from './client.entity.js';
import { ClientLoader } from './list/client-loader.service.js';

const CLIENT_ID = { description: 'The client id, upper and lower case included.' };
const VERSION = {
  nullable: true,
  description:
    'The version of the client that you have seen. When it is at another one by now, nothing is changed and the code is CONFLICT.',
};
const DEFAULT_OVERLAP_SECONDS = 86_400;
const LEAST_UNUSED_MS = 3_600_000;

/** A client that proves itself in another way now. */
@ObjectType({ description: 'A client that proves itself in another way now.' })
export class ChangeClientAuthMethodPayload {
  @Field(() => Client, { description: 'The client.' })
  client!: Client;

  @Field(() => String, {
    nullable: true,
    description: 'Its secret, where the new way has one. This is the only time it is shown: keep it where the application will read it.',
  })
  clientSecret!: string | null;
}

/** How often a client has proved itself in a way, since it last came from one to another. */
@ObjectType({ description: 'How often a client has proved itself in a way, since it last came from one way to another.' })
export class AuthMethodUse {
  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it last did, to within a few seconds; null when it has not.' })
  lastUsedAt!: Date | null;

  @Extensions({ longest: 45 })
  @Field(() => String, { nullable: true, description: 'From which address.' })
  lastUsedIp!: string | null;

  @Field(() => GraphQLSafeInt, { description: 'How often.' })
  useCount!: number;
}

/** The way in which a client proved itself before, while it goes on. */
@ObjectType({ description: 'The way in which a client proved itself before, while it goes on beside the present one.' })
export class PreviousAuthMethod {
  @Field(() => ClientAuthMethod, { description: 'The way.' })
  authMethod!: ClientAuthMethod;

  @Field(() => GraphQLDateTime, { description: 'When it ends by itself.' })
  endsAt!: Date;

  @Field(() => AuthMethodUse, { description: 'How it was used since the present way is there.' })
  use!: AuthMethodUse;

  @Field({
    description:
      'Whether nothing is likely to break when it is ended: the present way was used since, and this one was not for over an hour and over twice the token lifetime.',
  })
  safeToEnd!: boolean;
}

/** What these ways go by is counted by itself. */
const TELLING_OF_THEMSELVES: ReadonlySet<ClientAuthMethod> = new Set([
  ClientAuthMethod.SECRET,
  ClientAuthMethod.CLIENT_SECRET_JWT,
  ClientAuthMethod.FEDERATED_JWT,
]);

/** How clients come from one way to prove themselves to another, as people manage it. */
@Resolver(() => Client)
export class AuthMethodResolver {
  constructor(
    private readonly service: AuthMethodService,
    private readonly loader: ClientLoader,
  ) {}

  @Authorized('clients:write')
  @Mutation(() => ChangeClientAuthMethodPayload, {
    description:
      'Gives a client another way to prove itself, and lets the one before go on for the overlap. Tokens go on. Needs the scope clients:write, and every management right that the client has.',
  })
  changeClientAuthMethod(
    @Ctx() { principal }: GraphQLContext,
    @Arg('clientId', CLIENT_ID) clientId: string,
    @Arg('input', { description: 'The new way.' }) input: ChangeClientAuthMethodInput,
  ): Promise<ChangeClientAuthMethodPayload> {
    return this.service.change(principal as Principal, clientId, input);
  }

  @Authorized('clients:write')
  @Mutation(() => Client, {
    description:
      'Ends the way in which a client proved itself before, at once, with the tokens that were issued for its secrets or by its federated credentials. Needs the scope clients:write, and every management right that the client has.',
  })
  endPreviousAuthMethod(
    @Ctx() { principal }: GraphQLContext,
    @Arg('clientId', CLIENT_ID) clientId: string,
    @Arg('version', () => Int, VERSION) version: number | null,
  ): Promise<Client> {
    return this.service.end(principal as Principal, clientId, { version });
  }

  @Authorized('clients:write')
  @Mutation(() => Client, {
    description:
      'Goes back to the way in which a client proved itself before, as long as that has not ended, and lets the one that was to follow it go on for the overlap. Needs the scope clients:write, and every management right that the client has.',
  })
  restorePreviousAuthMethod(
    @Ctx() { principal }: GraphQLContext,
    @Arg('clientId', CLIENT_ID) clientId: string,
    @Arg('overlapSeconds', () => Int, {
      defaultValue: DEFAULT_OVERLAP_SECONDS,
      description: 'For how long the present way goes on: 0 to 2592000 seconds. 0 ends it at once.',
    })
    overlapSeconds: number,
    @Arg('version', () => Int, VERSION) version: number | null,
  ): Promise<Client> {
    return this.service.restore(principal as Principal, clientId, { overlapSeconds, version });
  }

  @FieldResolver(() => AuthMethodUse, {
    nullable: true,
    description:
      'How the present way was used: with keys or a certificate ever, with secrets or credentials while another goes on beside it. Null for these otherwise: each secret and credential tells of its own use.',
  })
  async authMethodUse(@Ctx() { principal }: GraphQLContext, @Root() client: Client): Promise<AuthMethodUse | null> {
    const { previousMethodEndsAt: endsAt } = client;
    if (TELLING_OF_THEMSELVES.has(client.authMethod) && (endsAt === null || endsAt.getTime() <= Date.now())) return null;
    return this.loader.useOf(principal as Principal, client, client.authMethod);
  }

  @FieldResolver(() => PreviousAuthMethod, {
    nullable: true,
    description: 'The way in which it proved itself before, while that goes on; null when there is none.',
  })
  async previousAuthMethod(@Ctx() { principal }: GraphQLContext, @Root() client: Client): Promise<PreviousAuthMethod | null> {
    const { previousAuthMethod: authMethod, previousMethodEndsAt: endsAt, authMethodChangedAt: changedAt, accessTokenLifetime } = client;
    const now = Date.now();
    if (!authMethod || !endsAt || !changedAt || endsAt.getTime() <= now) return null;
    const [present, use] = await Promise.all(
      [client.authMethod, authMethod].map((method) => this.loader.useOf(principal as Principal, client, method)),
    );
    const unusedSince = use?.lastUsedAt ?? changedAt;
    const isQuiet = now - unusedSince.getTime() > Math.max(LEAST_UNUSED_MS, 2_000 * accessTokenLifetime);
    const isOtherUsed = present?.lastUsedAt != null && present.lastUsedAt > unusedSince;
    return { authMethod, endsAt, use: use as AuthMethodUse, safeToEnd: isQuiet && isOtherUsed };
  }
}

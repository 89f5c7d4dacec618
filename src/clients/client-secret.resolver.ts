import { GraphQLDateTime } from 'graphql-scalars';
import { Arg, Authorized, Ctx, Extensions, Field, FieldResolver, ID, Int, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import type { GraphQLContext, Principal } from '../tenants/caller.js';
import { Client } from './client.entity.js';
import { ClientSecret } from './client-secret.entity.js';
import { ClientSecretService } from './client-secret.service.js';
import { ClientLoader } from './list/client-loader.service.js';
import { rotationOf, SecretRotation } from './secret-rotation.js';

const DEFAULT_OVERLAP_SECONDS = 86_400;
const CLIENT_ID = { description: 'The client id, upper and lower case included.' };

/** A client with its new secret, and the only sight of that. */
@ObjectType({ description: 'A client with its new secret.' })
export class RotateClientSecretPayload {
  @Field(() => Client, { description: 'The client, its secrets as they stand now.' })
  client!: Client;

  @Field(() => String, { description: 'The new secret. This is the only time it is shown: keep it where the application will read it.' })
  clientSecret!: string;
}

/** That a secret was found where it should not be. */
@ObjectType({ description: 'That somebody found the secret where it should not be, and reported it at /connect/leaked.' })
export class SecretLeak {
  @Field(() => GraphQLDateTime, { description: 'When it was reported; from then on it was refused.' })
  reportedAt!: Date;

  @Field(() => String, { description: 'The address that the report came from.' })
  reportedFrom!: string;

  @Extensions({ longest: 1000 })
  @Field(() => String, { nullable: true, description: 'Where the reporter says that the secret was found.' })
  url!: string | null;
}

/** Secrets, as people rotate them. */
@Resolver(() => ClientSecret)
export class ClientSecretResolver {
  constructor(
    private readonly service: ClientSecretService,
    private readonly loader: ClientLoader,
  ) {}

  @Authorized('clients:write')
  @Mutation(() => RotateClientSecretPayload, {
    description:
      'Makes a second secret, which is shown in this answer and never again, and lets the first expire after the overlap. Tokens go on. Needs the scope clients:write, and every management right that the client has.',
  })
  rotateClientSecret(
    @Ctx() { principal }: GraphQLContext,
    @Arg('clientId', CLIENT_ID) clientId: string,
    @Arg('overlapSeconds', () => Int, {
      defaultValue: DEFAULT_OVERLAP_SECONDS,
      description: 'For how long the first secret keeps working: 0 to 2592000 seconds. 0 ends it at once.',
    })
    overlapSeconds: number,
    @Arg('version', () => Int, {
      nullable: true,
      description:
        'The version of the client that you have seen. When it is at another one by now, nothing is changed and the code is CONFLICT.',
    })
    version: number | null,
  ): Promise<RotateClientSecretPayload> {
    return this.service.rotate(principal as Principal, clientId, { overlapSeconds, version });
  }

  @Authorized('clients:write')
  @Mutation(() => Client, {
    description:
      'Ends a secret now, with all tokens that were issued for it. The last secret that an enabled client can use cannot be revoked, and when only one remains it does not expire any more. Needs the scope clients:write.',
  })
  revokeClientSecret(
    @Ctx() { principal }: GraphQLContext,
    @Arg('clientId', CLIENT_ID) clientId: string,
    @Arg('secretId', () => ID, { description: 'The id of one of its secrets.' }) secretId: string,
  ): Promise<Client> {
    return this.service.revoke(principal as Principal, clientId, secretId);
  }

  @FieldResolver(() => SecretRotation, { description: 'Whether the secret is still needed.' })
  rotation(@Root() secret: ClientSecret): SecretRotation {
    const { secrets = [], client } = this.loader.siblingsOf(secret) ?? {};
    return rotationOf(secret, {
      others: secrets,
      lifetimeSeconds: client?.accessTokenLifetime ?? Number.POSITIVE_INFINITY,
      now: new Date(),
    });
  }

  @FieldResolver(() => SecretLeak, { nullable: true, description: 'The report that the secret has leaked; null when there is none.' })
  leak(@Root() { leakedAt, leakedFrom, leakedUrl }: ClientSecret): SecretLeak | null {
    return leakedAt && { reportedAt: leakedAt, reportedFrom: leakedFrom ?? '', url: leakedUrl };
  }
}

import { GraphQLDateTime } from 'graphql-scalars';
import { Ctx, Extensions, FieldResolver, Resolver, Root } from 'type-graphql';
import type { GraphQLContext, Principal } from '../tenants/caller.js';
import { Client } from './client.entity.js';
import { FederatedCredential } from './federation/federated-credential.entity.js';
import { MOST_CREDENTIALS } from './federation/federated-credential.rules.js';
import { ClientLoader } from './list/client-loader.service.js';
import { ClientRefusal } from './use/client-refusal.js';
import { MOST_REFUSALS } from './use/client-refusals.service.js';

/** What clients prove themselves with beside secrets, and what did not prove them. */
@Resolver(() => Client)
export class ClientProofResolver {
  constructor(private readonly loader: ClientLoader) {}

  @Extensions({ most: MOST_CREDENTIALS })
  @FieldResolver(() => [FederatedCredential], {
    description: 'Which tokens of trusted issuers prove a client with FEDERATED_JWT, the oldest first: any one will do. None otherwise.',
  })
  federatedCredentials(@Ctx() { principal }: GraphQLContext, @Root() client: Client): Promise<FederatedCredential[]> {
    return this.loader.credentialsOf(principal as Principal, client);
  }

  @FieldResolver(() => GraphQLDateTime, {
    nullable: true,
    description: 'When the keys of a client with jwksUri were last fetched; null before that, and otherwise.',
  })
  async keysFetchedAt(@Ctx() { principal }: GraphQLContext, @Root() client: Client): Promise<Date | null> {
    return (await this.loader.keySetOf(principal as Principal, client))?.fetchedAt ?? null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Why the keys of a client with jwksUri could not be fetched the last time; null when they could. Those before serve for a day.',
  })
  async keysError(@Ctx() { principal }: GraphQLContext, @Root() client: Client): Promise<string | null> {
    return (await this.loader.keySetOf(principal as Principal, client))?.error ?? null;
  }

  @Extensions({ most: MOST_REFUSALS })
  @FieldResolver(() => [ClientRefusal], {
    description: 'The last ten times that something did not prove who the client is, to within a few seconds, and why; the newest first.',
  })
  lastRefusals(@Ctx() { principal }: GraphQLContext, @Root() client: Client): Promise<ClientRefusal[]> {
    return this.loader.refusalsOf(principal as Principal, client);
  }
}

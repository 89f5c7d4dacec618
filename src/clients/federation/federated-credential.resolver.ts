import { Ctx, Extensions, FieldResolver, Resolver, Root } from 'type-graphql';
import type { GraphQLContext, Principal } from '../../tenants/caller.js';
import { FederatedCredential } from './federated-credential.entity.js';
import { warningsOf } from './federated-credential.rules.js';
import { audienceOf } from './federated-credentials.service.js';

/** What is told of a credential beside what is stored of it. */
@Resolver(() => FederatedCredential)
export class FederatedCredentialResolver {
  @Extensions({ longest: 200 })
  @FieldResolver(() => String, { description: "The one aud that the token has to have: the tenant's issuer where no other was given." })
  audience(@Ctx() { principal }: GraphQLContext, @Root() credential: FederatedCredential): string {
    return audienceOf(credential, principal as Principal);
  }

  @Extensions({ most: 1 })
  @FieldResolver(() => [String], { description: 'What to think of before it is used, in sentences; mostly nothing.' })
  warnings(@Root() credential: FederatedCredential): string[] {
    return warningsOf(credential);
  }
}

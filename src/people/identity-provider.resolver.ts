import { Arg, Authorized, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { GraphQLContext, Principal } from '../tenants/caller.js';
import { IdentityProvider } from './identity-provider.entity.js';
import { IdentityProviderInput } from './identity-provider.input.js';
import { IdentityProviderService } from './identity-provider.service.js';

/** How people sign in, as administrators set it up. */
@Resolver(() => IdentityProvider)
export class IdentityProviderResolver {
  constructor(private readonly service: IdentityProviderService) {}

  @Authorized('clients:read')
  @Query(() => IdentityProvider, {
    nullable: true,
    description:
      "The external OpenID provider through which the tenant's people sign in; null when there is none. Needs the scope clients:read.",
  })
  identityProvider(@Ctx() { principal }: GraphQLContext): Promise<IdentityProvider | null> {
    return this.service.find(principal as Principal);
  }

  @Authorized('clients:write')
  @Mutation(() => IdentityProvider, {
    description:
      'Names the external OpenID provider through which people sign in, in place of the one before, and signs out who signed in through that. Needs the scope clients:write, and every right that it gives.',
  })
  setIdentityProvider(
    @Ctx() { principal }: GraphQLContext,
    @Arg('input', { description: 'The provider, and what people may do.' }) input: IdentityProviderInput,
  ): Promise<IdentityProvider> {
    return this.service.set(principal as Principal, input);
  }

  @Authorized('clients:write')
  @Mutation(() => Boolean, {
    description:
      'Lets nobody sign in through a provider any more, and signs out who did. True when there was one. Needs the scope clients:write.',
  })
  removeIdentityProvider(@Ctx() { principal }: GraphQLContext): Promise<boolean> {
    return this.service.remove(principal as Principal);
  }
}

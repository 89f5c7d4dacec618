import { Arg, Authorized, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { GraphQLContext, Principal } from '../tenants/caller.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeys } from './signing-keys.js';

/** Signing keys, as people look after them. */
@Resolver(() => SigningKey)
export class SigningKeyResolver {
  constructor(private readonly signingKeys: SigningKeys) {}

  @Authorized('keys:write')
  @Query(() => [SigningKey], {
    name: 'signingKeys',
    description: "The tenant's signing keys that the JWKS has, the newest first. Needs the scope keys:write.",
  })
  list(@Ctx() { principal }: GraphQLContext): Promise<SigningKey[]> {
    return this.signingKeys.list(principal as Principal);
  }

  @Authorized('keys:write')
  @Mutation(() => [SigningKey], {
    description:
      'Lets the next key sign, and publishes another to follow it: at once when every API can know the next key, otherwise when ten minutes have passed since it was published; until then another rotation is CONFLICT, and so is one while 50 keys are published. The present one stays published until its last token has expired. Answers with all keys. Needs the scope keys:write.',
  })
  async rotateSigningKey(@Ctx() { principal }: GraphQLContext): Promise<SigningKey[]> {
    await this.signingKeys.rotate(principal as Principal);
    return this.signingKeys.list(principal as Principal);
  }

  @Authorized('keys:write')
  @Mutation(() => [SigningKey], {
    description:
      'Withdraws a key that is in wrong hands, and with it every token that it signed. When it is the one that signs, the next one does at once. Answers with the keys that remain. Needs the scope keys:write.',
  })
  async revokeSigningKey(
    @Ctx() { principal }: GraphQLContext,
    @Arg('kid', () => ID, { description: 'The kid of the key.' }) kid: string,
  ): Promise<SigningKey[]> {
    await this.signingKeys.revoke(principal as Principal, kid);
    return this.signingKeys.list(principal as Principal);
  }
}

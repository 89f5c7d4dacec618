import { Arg, Authorized, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { GraphQLContext, Principal } from '../access/principal.js';
import { KeyRing } from './key-ring.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeys } from './signing-keys.js';

/** Signing keys, as people look after them. */
@Resolver(() => SigningKey)
export class SigningKeyResolver {
  constructor(
    private readonly signingKeys: SigningKeys,
    private readonly ring: KeyRing,
  ) {}

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
      'Lets the next key sign, and publishes another to follow it. The present one stays published until its last token has expired. Answers with all keys. Needs the scope keys:write.',
  })
  async rotateSigningKey(
    @Ctx() { principal }: GraphQLContext,
    @Arg('compromised', {
      defaultValue: false,
      description: 'true when the present key is in wrong hands: it is withdrawn at once, and every token that it signed is refused.',
    })
    compromised: boolean,
  ): Promise<SigningKey[]> {
    await this.signingKeys.rotate(principal as Principal, { compromised });
    const keys = await this.signingKeys.list(principal as Principal);
    this.ring.update(keys);
    return keys;
  }
}

import { Arg, Authorized, Ctx, Extensions, Field, Mutation, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import { Client } from '../../clients/client.entity.js';
import type { GraphQLContext, Principal } from '../../tenants/caller.js';
import { FederatedCheck } from './federated-jwt.js';
import { FederationService } from './federation.service.js';

registerEnumType(FederatedCheck, {
  name: 'AssertionCheckName',
  description: 'The checks of a token of a trusted issuer, in the order in which they are made.',
  valuesConfig: {
    ALGORITHM: { description: 'It is signed in an algorithm that counts at all.' },
    ISSUER: { description: 'Its issuer is trusted and enabled, and signs in this algorithm.' },
    CLIENT: { description: 'It names one client, which is enabled and proves itself so.' },
    CREDENTIAL: { description: 'A credential of the client has its subject and claims.' },
    KEY: { description: "The issuer's keys are at hand, with the one that it names." },
    SIGNATURE: { description: 'That key made the signature.' },
    AUDIENCE: { description: 'It has one audience, that of the credential.' },
    LIFETIME: { description: 'It has an end, has not expired, is valid, and does not live for too long.' },
    TYPE: { description: 'It is of a kind that may prove a client.' },
    REPLAY: { description: 'It was not used before, where the issuer is for single use.' },
  },
});

/** One check of a token. */
@ObjectType({ description: 'One check of a token of a trusted issuer.' })
export class AssertionCheck {
  @Field(() => FederatedCheck, { description: 'What is checked.' })
  name!: FederatedCheck;

  @Field({ description: 'Whether it passes. After the first that does not no other is made.' })
  passed!: boolean;

  @Extensions({ longest: 200 })
  @Field(() => String, { nullable: true, description: 'Why it does not, in words.' })
  reason!: string | null;

  @Extensions({ longest: 200 })
  @Field(() => String, { nullable: true, description: 'What of it is not as it has to be, such as sub or another claim.' })
  about!: string | null;

  @Extensions({ longest: 12_000 })
  @Field(() => String, { nullable: true, description: 'What was expected there.' })
  expected!: string | null;

  @Extensions({ longest: 400 })
  @Field(() => String, { nullable: true, description: 'What came, as far as it is no secret.' })
  received!: string | null;
}

/** How a token would fare at the token endpoint. */
@ObjectType({ description: 'How a token would fare at the token endpoint.' })
export class AssertionTest {
  @Field(() => String, { nullable: true, description: 'The client that it names; null where it names none, or several.' })
  clientId!: string | null;

  @Field({ description: 'Whether it passes every check, and would prove the client.' })
  isAccepted!: boolean;

  @Extensions({ most: 10 })
  @Field(() => [AssertionCheck], { description: 'The checks that were made, in their order.' })
  checks!: AssertionCheck[];
}

/** Tokens and keys of others, as people who manage clients look at them. */
@Resolver()
export class FederationResolver {
  constructor(private readonly service: FederationService) {}

  @Authorized('clients:read')
  @Query(() => AssertionTest, {
    description:
      'Tells how a token of a trusted issuer would fare at the token endpoint, check by check, without using it up. Its keys may be fetched for that. Needs the scope clients:read.',
  })
  async testAssertion(
    @Ctx() { principal }: GraphQLContext,
    @Arg('assertion', { description: 'The token: a signed JWT.' }) assertion: string,
    @Arg('clientId', () => String, { nullable: true, description: 'The client_id that would be sent with it.' }) clientId: string | null,
  ): Promise<AssertionTest> {
    const outcome = await this.service.test(principal as Principal, assertion, clientId ?? undefined);
    const checks = outcome.checks.map(({ name, refusal }) => {
      const { refusal: reason = null, about = null, expected = null, received = null } = refusal ?? {};
      return { name, passed: refusal === undefined, reason, about, expected, received };
    });
    return { clientId: outcome.clientId, isAccepted: checks.every(({ passed }) => passed), checks };
  }

  @Authorized('clients:write')
  @Mutation(() => Client, {
    description:
      'Fetches the public keys of a client with jwksUri anew, once in 30 seconds at most; keysFetchedAt and keysError tell what came of it. Needs the scope clients:write.',
  })
  refreshClientKeys(
    @Ctx() { principal }: GraphQLContext,
    @Arg('clientId', { description: 'The client id, upper and lower case included.' }) clientId: string,
  ): Promise<Client> {
    return this.service.refreshKeys(principal as Principal, clientId);
  }
}

import DataLoader from 'dataloader';
import { GraphQLDateTime } from 'graphql-scalars';
import { Arg, Authorized, Ctx, Extensions, Field, FieldResolver, Mutation, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { GraphQLContext, Principal } from '../../tenants/caller.js';
import { algorithmsOf } from '../keys/public-key.js';
import type { KeySet } from './key-set.entity.js';
import { TrustedIssuer, TrustedIssuerKey } from './trusted-issuer.entity.js';
import { CreateTrustedIssuerInput, UpdateTrustedIssuerInput } from './trusted-issuer.input.js';
import { TrustedIssuerService } from './trusted-issuer.service.js';

const ISSUER = { description: 'The issuer, byte for byte.' };

/** What is left of a trusted issuer that was deleted. */
@ObjectType({ description: 'What is left of a trusted issuer that was deleted.' })
export class DeleteTrustedIssuerPayload {
  @Extensions({ longest: 500 })
  @Field({ description: 'The issuer. What was issued through it has ended.' })
  issuer!: string;
}

/** Trusted issuers, as people manage them. */
@Resolver(() => TrustedIssuer)
export class TrustedIssuerResolver {
  readonly #keySets = new WeakMap<Principal, DataLoader<TrustedIssuer, KeySet | undefined>>();

  constructor(private readonly service: TrustedIssuerService) {}

  @Authorized('clients:read')
  @Extensions({ most: 50 })
  @Query(() => [TrustedIssuer], {
    description: "The issuers whose tokens say who the tenant's clients are, by name; 50 at most. Needs the scope clients:read.",
  })
  trustedIssuers(@Ctx() { principal }: GraphQLContext): Promise<TrustedIssuer[]> {
    return this.service.list(principal as Principal);
  }

  @Authorized('clients:write')
  @Mutation(() => TrustedIssuer, {
    description:
      'Trusts an issuer to say who clients are. Nothing is fetched before a client shows one of its tokens. Needs the scope clients:write, and every management right of clients that name the issuer already.',
  })
  createTrustedIssuer(
    @Ctx() { principal }: GraphQLContext,
    @Arg('input', { description: 'The issuer, and what its tokens are held to.' }) input: CreateTrustedIssuerInput,
  ): Promise<TrustedIssuer> {
    return this.service.create(principal as Principal, input);
  }

  @Authorized('clients:write')
  @Mutation(() => TrustedIssuer, {
    description:
      'Changes a trusted issuer; what the input leaves out stays. Disabling one ends at once what was issued through it. Needs the scope clients:write, and every management right of clients that name the issuer.',
  })
  updateTrustedIssuer(
    @Ctx() { principal }: GraphQLContext,
    @Arg('issuer', ISSUER) issuer: string,
    @Arg('input', { description: 'What changes.' }) input: UpdateTrustedIssuerInput,
  ): Promise<TrustedIssuer> {
    return this.service.update(principal as Principal, issuer, input);
  }

  @Authorized('clients:write')
  @Mutation(() => DeleteTrustedIssuerPayload, {
    description:
      'Trusts an issuer no more, and ends at once what was issued through it. Clients keep the credentials that name it, which prove nothing then. Needs the scope clients:write, and every management right of these clients.',
  })
  deleteTrustedIssuer(@Ctx() { principal }: GraphQLContext, @Arg('issuer', ISSUER) issuer: string): Promise<DeleteTrustedIssuerPayload> {
    return this.service.delete(principal as Principal, issuer);
  }

  @Extensions({ most: 100 })
  @FieldResolver(() => [TrustedIssuerKey], {
    description: 'The keys that are at hand: those that were given, or that were fetched last. None before a client first showed a token.',
  })
  async keys(@Ctx() { principal }: GraphQLContext, @Root() issuer: TrustedIssuer): Promise<TrustedIssuerKey[]> {
    const jwks = issuer.jwks ?? (await this.#keySetOf(principal as Principal, issuer))?.jwks;
    const keys = (jwks?.keys ?? []) as Record<string, unknown>[];
    return keys.map((jwk) => ({
      kid: typeof jwk.kid === 'string' ? jwk.kid : null,
      algorithms: algorithmsOf(jwk).filter((algorithm) => issuer.algorithms.includes(algorithm)),
    }));
  }

  @FieldResolver(() => GraphQLDateTime, {
    nullable: true,
    description: 'When its keys were last fetched; null when they never were, or were given.',
  })
  async keysFetchedAt(@Ctx() { principal }: GraphQLContext, @Root() issuer: TrustedIssuer): Promise<Date | null> {
    return (await this.#keySetOf(principal as Principal, issuer))?.fetchedAt ?? null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Why its keys could not be fetched the last time; null when they could. Those that were fetched before serve for a day.',
  })
  async keysError(@Ctx() { principal }: GraphQLContext, @Root() issuer: TrustedIssuer): Promise<string | null> {
    return (await this.#keySetOf(principal as Principal, issuer))?.error ?? null;
  }

  /** Of all issuers of a request in one query. Nothing is kept: a mutation may change it. */
  #keySetOf(caller: Principal, issuer: TrustedIssuer): Promise<KeySet | undefined> {
    const loader =
      this.#keySets.get(caller) ??
      new DataLoader((issuers: readonly TrustedIssuer[]) => this.service.keySetsOf(caller, issuers), { cache: false });
    this.#keySets.set(caller, loader);
    return loader.load(issuer);
  }
}

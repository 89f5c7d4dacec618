import { IsOptional, Max, Min } from 'class-validator';
import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, InputType, Int } from 'type-graphql';
import { HoldsNoSecret, IsListOf, IsName, rule } from '../../platform/graphql/input-rules.js';
import type { PublicJwks } from '../keys/public-jwks.js';
import { IsJwksUri } from '../proof-input-rules.js';
import { findGivenKeysFault, ISSUER_ALGORITHMS, isIssuerName } from './trusted-issuer.rules.js';

const LEAST_SECONDS = 60;
const MOST_SECONDS = 86_400;
const LIFETIME_MESSAGE = { message: `Give a whole number of seconds from ${LEAST_SECONDS} to ${MOST_SECONDS} (a day).` };

const JWKS_URI =
  'Where its keys are, as an https URL (JWKS, RFC 7517). When absent, and without jwks, the issuer says where they are (OpenID Connect Discovery).';
const JWKS =
  'Its public keys, where they cannot be fetched: a JWKS of at most 100 keys and 64 KiB. What no signature is checked with is not kept.';
const ALGORITHMS = 'The algorithms in which its tokens may be signed, of RS256, RS384, RS512, PS256, ES256, ES384 and EdDSA';
const LIFETIME = `How long one of its tokens may live, in seconds: ${LEAST_SECONDS} to ${MOST_SECONDS}`;
const SINGLE_USE = 'Whether each of its tokens counts once, by its jti. Kubernetes and SPIFFE use one again by design.';

/** An issuer that is to be trusted. */
@InputType({ description: 'An issuer whose tokens say who a client is. Its keys come from one place: discovery, jwksUri or jwks.' })
export class CreateTrustedIssuerInput {
  @Field({ description: 'What people call it: 1 to 100 characters after trimming.' })
  @IsName()
  name!: string;

  @Field({
    description:
      'What its tokens have as iss, compared byte for byte: an https URL without query and fragment, or a SPIFFE trust domain (spiffe://example.org), whose tokens have none. It cannot be changed later.',
  })
  @rule('Give an https URL of at most 500 characters without user, query and fragment, or spiffe:// and a trust domain.', isIssuerName)
  @HoldsNoSecret()
  issuer!: string;

  @Field(() => String, { nullable: true, description: JWKS_URI })
  @IsOptional()
  @IsJwksUri()
  @HoldsNoSecret()
  jwksUri?: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: JWKS })
  @IsOptional()
  @AreKeys()
  jwks?: PublicJwks | null;

  @Field(() => [String], { nullable: true, description: `${ALGORITHMS}; RS256 and ES256 when absent.` })
  @IsOptional()
  @AreAlgorithms()
  algorithms?: string[] | null;

  @Field(() => Int, { nullable: true, defaultValue: 3600, description: `${LIFETIME}.` })
  @IsOptional()
  @Min(LEAST_SECONDS, LIFETIME_MESSAGE)
  @Max(MOST_SECONDS, LIFETIME_MESSAGE)
  maxAssertionLifetime?: number | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false, description: SINGLE_USE })
  singleUse?: boolean | null;
}

/** What may be changed of a trusted issuer. */
@InputType({ description: 'What may be changed of a trusted issuer; what is absent stays as it is.' })
export class UpdateTrustedIssuerInput {
  @Field(() => String, { nullable: true, description: 'What people call it: 1 to 100 characters after trimming.' })
  @IsOptional()
  @IsName()
  name?: string | null;

  @Field(() => String, { nullable: true, description: `${JWKS_URI} It takes the place of jwks; null goes back to discovery.` })
  @IsOptional()
  @IsJwksUri()
  @HoldsNoSecret()
  jwksUri?: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: `${JWKS} They take the place of jwksUri; null goes back to discovery.` })
  @IsOptional()
  @AreKeys()
  jwks?: PublicJwks | null;

  @Field(() => [String], { nullable: true, description: `${ALGORITHMS}.` })
  @IsOptional()
  @AreAlgorithms()
  algorithms?: string[] | null;

  @Field(() => Int, { nullable: true, description: `${LIFETIME}.` })
  @IsOptional()
  @Min(LEAST_SECONDS, LIFETIME_MESSAGE)
  @Max(MOST_SECONDS, LIFETIME_MESSAGE)
  maxAssertionLifetime?: number | null;

  @Field(() => Boolean, { nullable: true, description: SINGLE_USE })
  singleUse?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'false stops all who prove themselves through it, and ends at once the tokens that they have; true lets them in again.',
  })
  enabled?: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The version that the change is based on. When it is at another one by now, nothing is changed and the code is CONFLICT.',
  })
  version?: number | null;
}

function AreKeys(): PropertyDecorator {
  return rule(
    (value) => findGivenKeysFault(value) ?? '',
    (value) => findGivenKeysFault(value) === undefined,
  );
}

function AreAlgorithms(): PropertyDecorator {
  const message = `Give at least one of ${ISSUER_ALGORITHMS.join(', ')}.`;
  return IsListOf({
    least: 1,
    most: ISSUER_ALGORITHMS.length,
    of: (value) => (ISSUER_ALGORITHMS as readonly unknown[]).includes(value),
    message,
  });
}

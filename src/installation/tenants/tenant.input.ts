import { IsIn, IsOptional } from 'class-validator';
import { Field, InputType, Int } from 'type-graphql';
import { HoldsNoSecret, IsAudience, IsName, IsTenantLimit, IsTokenLifetime } from '../../platform/graphql/input-rules.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../platform/setting-values.js';
import { AccessTokenType, SigningAlgorithmEnum } from '../../tenants/tenant.entity.js';

/** What a tenant is created from. */
@InputType({ description: 'What a tenant is created from.' })
export class CreateTenantInput {
  @Field({ description: 'What people call the tenant: 1 to 100 characters after trimming.' })
  @IsName()
  name!: string;

  @Field({
    description:
      'Its host, such as acme.example.com, with a port when that is not the usual one. A name without a dot is refused, unless the home tenant has such one. An IDN may be given in Unicode. It cannot be changed later.',
  })
  host!: string;

  @Field(() => AccessTokenType, {
    defaultValue: AccessTokenType.AT_JWT,
    description: 'What its access tokens call themselves in their header, as typ.',
  })
  accessTokenType!: AccessTokenType;
}

/** What may be changed of a tenant. */
@InputType({ description: 'What may be changed of a tenant; what is absent stays as it is.' })
export class UpdateTenantInput {
  @Field(() => String, { nullable: true, description: 'What people call the tenant: 1 to 100 characters after trimming.' })
  @IsOptional()
  @IsName()
  name?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'false stops the tenant at once and ends its tokens and sessions, true serves it again. The home tenant stays enabled.',
  })
  enabled?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The audience of clients that are created without one, as an absolute URI; null for the issuer's /api. That of the home tenant is set by API_AUDIENCE.",
  })
  @IsOptional()
  @IsAudience()
  @HoldsNoSecret()
  defaultAudience?: string | null;

  @Field(() => SigningAlgorithmEnum, {
    nullable: true,
    description:
      'What tokens are signed with, from ten minutes after the change on, when every API can know the new key. That of the home tenant is set by SIGNING_ALGORITHM.',
  })
  @IsOptional()
  @IsIn(SIGNING_ALGORITHMS)
  signingAlgorithm?: SigningAlgorithm | null;

  @Field(() => AccessTokenType, {
    nullable: true,
    description: 'What access tokens call themselves in their header from now on, as typ. Those that were issued before stay good.',
  })
  accessTokenType?: AccessTokenType | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The shortest lifetime that a client may be given from now on, in seconds: 1 to 31536000.',
  })
  @IsOptional()
  @IsTokenLifetime()
  minAccessTokenLifetime?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The longest lifetime that a client may be given from now on, in seconds: 1 to 31536000.',
  })
  @IsOptional()
  @IsTokenLifetime()
  maxAccessTokenLifetime?: number | null;

  @Field(() => Int, { nullable: true, description: 'How many clients it may have, 1 to 1000000000; null for TENANT_CLIENT_LIMIT.' })
  @IsOptional()
  @IsTenantLimit()
  maxClients?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many mutations a minute it may make, 1 to 1000000000; null for TENANT_MUTATION_LIMIT.',
  })
  @IsOptional()
  @IsTenantLimit()
  maxMutationsPerMinute?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'By how many bytes a day its record may grow, 1 to 1000000000; null for TENANT_RECORD_LIMIT.',
  })
  @IsOptional()
  @IsTenantLimit()
  maxRecordBytesPerDay?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version that the change is based on. When the tenant is at another one by now, nothing is changed and the code is CONFLICT.',
  })
  version?: number | null;
}

import { IsOptional } from 'class-validator';
import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, InputType, Int } from 'type-graphql';
import { HoldsNoSecret } from '../platform/graphql/input-rules.js';
import { ClientAuthMethod } from './client.entity.js';
import { FederatedCredentialInput } from './federation/federated-credential.input.js';
import type { PublicJwks } from './keys/public-jwks.js';
import { AreFederatedCredentials, IsJwksUri, IsPublicJwks, IsTlsClientAuth } from './proof-input-rules.js';
import { TlsClientAuthInput } from './tls-client-auth.js';

/** How a client is to prove itself from now on. */
@InputType({ description: 'How a client is to prove itself from now on, and for how long the way before goes on beside it.' })
export class ChangeClientAuthMethodInput {
  @Field(() => ClientAuthMethod, { description: 'The new way: another one than it has.' })
  authMethod!: ClientAuthMethod;

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'Its public keys, with PRIVATE_KEY_JWT or SELF_SIGNED_TLS_CLIENT_AUTH.' })
  @IsOptional()
  @IsPublicJwks()
  jwks?: PublicJwks | null;

  @Field(() => String, { nullable: true, description: 'Where these are, in place of jwks.' })
  @IsOptional()
  @IsJwksUri()
  @HoldsNoSecret()
  jwksUri?: string | null;

  @Field(() => [FederatedCredentialInput], { nullable: true, description: 'With FEDERATED_JWT: of which any one proves it, 1 to 20.' })
  @IsOptional()
  @AreFederatedCredentials()
  federatedCredentials?: FederatedCredentialInput[] | null;

  @Field(() => TlsClientAuthInput, {
    nullable: true,
    description: 'With TLS_CLIENT_AUTH: the name that its certificates have.',
  })
  @IsOptional()
  @IsTlsClientAuth()
  tlsClientAuth?: TlsClientAuthInput | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: 86_400,
    description: 'For how long the way before goes on: 0 to 2592000 seconds (30 days). 0 ends it at once.',
  })
  overlapSeconds?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version that the change is based on. When the client is at another one by now, nothing is changed and the code is CONFLICT.',
  })
  version?: number | null;
}

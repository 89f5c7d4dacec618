import { IsOptional, Matches } from 'class-validator';
import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, InputType, Int } from 'type-graphql';
import { HoldsNoSecret, IsListOf, IsName, IsTokenLifetime, isAudience } from '../platform/graphql/input-rules.js';
import { ClientAuthMethod, SenderConstraint } from './client.entity.js';
import { FederatedCredentialInput } from './federation/federated-credential.input.js';
import type { PublicJwks } from './keys/public-jwks.js';
import { AreFederatedCredentials, IsJwksUri, IsPublicJwks, IsTlsClientAuth } from './proof-input-rules.js';
import { TlsClientAuthInput } from './tls-client-auth.js';

const MOST_AUDIENCES = 20;
const MOST_SCOPES = 100;
const LONGEST_VALUE = 200;

/** What a client id looks like (RFC 3986's unreserved characters, so that it never needs encoding). */
export const CLIENT_ID_FORM = /^[A-Za-z0-9._~-]{1,100}$/;

/** What a client is created from. */
@InputType({ description: 'What a client is created from. Its name and client id cannot be changed later.' })
export class CreateClientInput {
  @Field({ description: 'What people call the application: 1 to 100 characters after trimming.' })
  @IsName()
  name!: string;

  @Field({ description: 'What the application will send as client_id: 1 to 100 of A-Z a-z 0-9 . _ ~ - and not in use yet.' })
  @Matches(CLIENT_ID_FORM, { message: 'Use 1 to 100 of the characters A-Z a-z 0-9 . _ ~ - and no others.' })
  @HoldsNoSecret()
  clientId!: string;

  @Field(() => Int, { defaultValue: 3600, nullable: true, description: 'How long each access token lives, in seconds: 1 to 31536000.' })
  @IsOptional()
  @IsTokenLifetime()
  accessTokenLifetime?: number | null;

  @Field(() => [String], { nullable: true, description: 'The scopes that the application may ask for; none when absent.' })
  @IsOptional()
  @IsScopes()
  scopes?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      "The APIs that its tokens may be for, as absolute URIs, the usual one first. When absent: the tenant's API, and this one when a scope manages it.",
  })
  @IsOptional()
  @IsAudiences()
  audiences?: string[] | null;

  @Field(() => ClientAuthMethod, {
    defaultValue: ClientAuthMethod.SECRET,
    nullable: true,
    description: 'How the application proves who it is. It is changed by changeClientAuthMethod.',
  })
  authMethod?: ClientAuthMethod | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'The public keys of an application with PRIVATE_KEY_JWT or SELF_SIGNED_TLS_CLIENT_AUTH, as a JWKS (RFC 7517) of at most 10 keys and 16 KiB. What no signature is checked with is not kept.',
  })
  @IsOptional()
  @IsPublicJwks()
  jwks?: PublicJwks | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Where the public keys of an application with PRIVATE_KEY_JWT or SELF_SIGNED_TLS_CLIENT_AUTH are, as an https URL, in place of jwks. They are fetched when it first shows an assertion.',
  })
  @IsOptional()
  @IsJwksUri()
  @HoldsNoSecret()
  jwksUri?: string | null;

  @Field(() => [FederatedCredentialInput], {
    nullable: true,
    description: 'Which tokens of trusted issuers prove an application with FEDERATED_JWT: 1 to 20, of which any one will do.',
  })
  @IsOptional()
  @AreFederatedCredentials()
  federatedCredentials?: FederatedCredentialInput[] | null;

  @Field(() => TlsClientAuthInput, {
    nullable: true,
    description: 'The name that the certificates of an application with TLS_CLIENT_AUTH have.',
  })
  @IsOptional()
  @IsTlsClientAuth()
  tlsClientAuth?: TlsClientAuthInput | null;

  @Field(() => SenderConstraint, {
    nullable: true,
    defaultValue: SenderConstraint.NONE,
    description: 'To what its tokens have to be bound.',
  })
  senderConstraint?: SenderConstraint | null;
}

/** What may be changed of a client. */
@InputType({ description: 'What may be changed of a client; what is absent stays as it is.' })
export class UpdateClientInput {
  @Field(() => Int, { nullable: true, description: 'How long each access token issued from now on lives, in seconds: 1 to 31536000.' })
  @IsOptional()
  @IsTokenLifetime()
  accessTokenLifetime?: number | null;

  @Field(() => [String], { nullable: true, description: 'All scopes that the application may ask for from now on.' })
  @IsOptional()
  @IsScopes()
  scopes?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'All APIs that its tokens may be for from now on, as absolute URIs, the usual one first.',
  })
  @IsOptional()
  @IsAudiences()
  audiences?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: 'false stops the application at once and ends its tokens, true lets it in again.' })
  enabled?: boolean | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'All public keys of an application with PRIVATE_KEY_JWT or SELF_SIGNED_TLS_CLIENT_AUTH from now on. To change one without an outage, give both for a while.',
  })
  @IsOptional()
  @IsPublicJwks()
  jwks?: PublicJwks | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Where the public keys of an application with PRIVATE_KEY_JWT or SELF_SIGNED_TLS_CLIENT_AUTH are, as an https URL, in place of jwks. They are fetched when it first shows an assertion. It takes the place of jwks, as jwks does of it.',
  })
  @IsOptional()
  @IsJwksUri()
  @HoldsNoSecret()
  jwksUri?: string | null;

  @Field(() => [FederatedCredentialInput], {
    nullable: true,
    description:
      'All of which any one proves an application with FEDERATED_JWT from now on: 1 to 20. One that stays as it was keeps its tokens; one that is gone ends them.',
  })
  @IsOptional()
  @AreFederatedCredentials()
  federatedCredentials?: FederatedCredentialInput[] | null;

  @Field(() => TlsClientAuthInput, {
    nullable: true,
    description: 'The name that the certificates of an application with TLS_CLIENT_AUTH have from now on.',
  })
  @IsOptional()
  @IsTlsClientAuth()
  tlsClientAuth?: TlsClientAuthInput | null;

  @Field(() => SenderConstraint, {
    nullable: true,
    description: 'To what its tokens have to be bound from now on; those that it has go on.',
  })
  senderConstraint?: SenderConstraint | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The version that the change is based on. When the client is at another one by now, nothing is changed and the code is CONFLICT.',
  })
  version?: number | null;
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
function IsScopes(): PropertyDecorator {
  const form = new RegExp(`^[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,${LONGEST_VALUE}}$`);
  return IsListOf({
    most: MOST_SCOPES,
    of: (value) => typeof value === 'string' && form.test(value) && !['openid', 'offline_access'].includes(value),
    message: `Each scope is 1 to ${LONGEST_VALUE} printable ASCII characters without blanks, " and \\. The scopes openid and offline_access have no meaning here.`,
  });
}

function IsAudiences(): PropertyDecorator {
  const message = `Give at least one audience; each is an absolute URI of at most ${LONGEST_VALUE} characters without a fragment.`;
  return IsListOf({ least: 1, most: MOST_AUDIENCES, of: isAudience, message });
}

import { GraphQLDateTime, GraphQLJSONObject } from 'graphql-scalars';
import { Extensions, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import type { PublicJwks } from './keys/public-jwks.js';
import { TlsClientAuth } from './tls-client-auth.js';

/** How a client proves who it is at the token endpoint. */
export enum ClientAuthMethod {
  SECRET = 'SECRET',
  CLIENT_SECRET_JWT = 'CLIENT_SECRET_JWT',
  PRIVATE_KEY_JWT = 'PRIVATE_KEY_JWT',
  FEDERATED_JWT = 'FEDERATED_JWT',
  TLS_CLIENT_AUTH = 'TLS_CLIENT_AUTH',
  SELF_SIGNED_TLS_CLIENT_AUTH = 'SELF_SIGNED_TLS_CLIENT_AUTH',
}

/** To what the tokens of a client have to be bound. */
export enum SenderConstraint {
  NONE = 'NONE',
  DPOP = 'DPOP',
  CERTIFICATE = 'CERTIFICATE',
}

registerEnumType(SenderConstraint, {
  name: 'SenderConstraint',
  description: 'To what the tokens of a client have to be bound, so that they are worth nothing to whoever finds them.',
  valuesConfig: {
    NONE: { description: 'To nothing, unless the application asks for it.' },
    DPOP: { description: 'To a key whose DPoP proof the application sends (RFC 9449): without one it gets no token.' },
    CERTIFICATE: { description: 'To the certificate by which the connection is made (RFC 8705): without one it gets no token.' },
  },
});

registerEnumType(ClientAuthMethod, {
  name: 'ClientAuthMethod',
  description: 'How a client proves who it is at the token endpoint.',
  valuesConfig: {
    SECRET: {
      description:
        'With its client id and secret, in a Basic header or in the form (client_secret_basic, client_secret_post). Only a keyed hash of the secret is stored.',
    },
    CLIENT_SECRET_JWT: {
      description:
        'With a JWT that its secret signs with HS256 (client_secret_jwt). To check it the secret itself is needed: it is stored, encrypted. Choose PRIVATE_KEY_JWT where you can.',
    },
    PRIVATE_KEY_JWT: {
      description: 'With a JWT that its private key signs (private_key_jwt). Only its public keys are known here; there is no secret.',
    },
    FEDERATED_JWT: {
      description:
        'With a JWT that the platform gives it on which it runs: a CI service, a cluster, a cloud (RFC 7523). It holds nothing that could leak; what is known here is whose tokens count, and what they have to say.',
    },
    TLS_CLIENT_AUTH: {
      description:
        "With a certificate that one of the tenant's authorities made for it (tls_client_auth, RFC 8705), by which the connection is made. What is known here is the name in it.",
    },
    SELF_SIGNED_TLS_CLIENT_AUTH: {
      description:
        'With a certificate of its own making (self_signed_tls_client_auth, RFC 8705), by which the connection is made. What is known here are its public keys.',
    },
  },
});

/** An application that may get access tokens of a tenant. */
@Entity('clients')
@Unique(['tenantId', 'clientId'])
@Index(['tenantId', 'nameKey', 'id'])
@Index(['tenantId', 'createdAt', 'id'])
@Index(['tenantId', 'lastUsedAt', 'id', 'enabled', 'createdAt', 'nameKey', 'clientId'])
@Index(['tenantId', 'accessTokenLifetime'])
@Index(['tenantId', 'tokensExpireBy'])
@Index(['searchSlot', 'tenantId', 'id'])
@Extensions({ readRight: 'clients:read' })
@ObjectType({
  description:
    'An application that may get access tokens and call your APIs with them. In the answer of a mutation every field but id, clientId and version needs clients:read as well.',
})
export class Client {
  @Extensions({ isName: true })
  @Field(() => ID, { description: 'Identifies the client within this API. What the application sends is its clientId.' })
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  @Field({ description: 'What people call the application. It never changes.' })
  @Column('varchar', { length: 100 })
  name!: string;

  /** The name as it is sorted: without accents, in lower case. */
  @Column('varchar', { name: 'name_key', length: 100 })
  nameKey!: string;

  /** Name and client id as they are searched. */
  @Column('varchar', { name: 'search_text', length: 2000 })
  searchText!: string;

  /** The client's place in the index of what is searched; absent until it is indexed. */
  @Column('int', { name: 'search_slot', nullable: true, select: false })
  searchSlot!: number | null;

  @Extensions({ isName: true })
  @Field({ description: 'What the application sends as client_id. It is compared exactly and never changes.' })
  @Column('varchar', { name: 'client_id', length: 100 })
  clientId!: string;

  @Field(() => Int, { description: 'How long each access token lives, in seconds. A change holds from the next token on.' })
  @Column('int', { name: 'access_token_lifetime' })
  accessTokenLifetime!: number;

  @Field(() => ClientAuthMethod, { description: 'How the application proves who it is at the token endpoint.' })
  @Column('varchar', { name: 'auth_method', length: 30 })
  authMethod!: ClientAuthMethod;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'The public keys of a client with PRIVATE_KEY_JWT or SELF_SIGNED_TLS_CLIENT_AUTH, as a JWKS (RFC 7517); null when they are fetched, and otherwise.',
  })
  @Column('simple-json', { nullable: true })
  jwks!: PublicJwks | null;

  @Extensions({ longest: 500 })
  @Field(() => String, {
    nullable: true,
    description:
      'Where the public keys of a client with PRIVATE_KEY_JWT or SELF_SIGNED_TLS_CLIENT_AUTH are fetched from; null when they were given, and otherwise.',
  })
  @Column('varchar', { name: 'jwks_uri', length: 500, nullable: true })
  jwksUri!: string | null;

  @Field(() => TlsClientAuth, {
    nullable: true,
    description: 'The name that the certificates of a client with TLS_CLIENT_AUTH have; null otherwise.',
  })
  @Column('simple-json', { name: 'tls_client_auth', nullable: true })
  tlsClientAuth!: TlsClientAuth | null;

  @Field(() => SenderConstraint, { description: 'To what its tokens have to be bound.' })
  @Column('varchar', { name: 'sender_constraint', length: 20, default: SenderConstraint.NONE })
  senderConstraint!: SenderConstraint;

  /** The way before this one, which goes on for a while. */
  @Column('varchar', { name: 'previous_auth_method', length: 30, nullable: true })
  previousAuthMethod!: ClientAuthMethod | null;

  @Column('datetime', { name: 'previous_method_ends_at', precision: 3, nullable: true })
  previousMethodEndsAt!: Date | null;

  /** When it came to prove itself as it does now; null when it never did otherwise. */
  @Column('datetime', { name: 'auth_method_changed_at', precision: 3, nullable: true })
  authMethodChangedAt!: Date | null;

  @Field(() => [String], {
    description: 'The scopes that the application may ask for; without a scope in its request it gets all that fit the audience.',
  })
  @Column('simple-json')
  scopes!: string[];

  @Field(() => [String], { description: 'The APIs that its tokens may be for. The first is used when the application names no resource.' })
  @Column('simple-json')
  audiences!: string[];

  @Field({ description: 'Whether the application gets tokens. A disabled one is refused like an unknown one.' })
  @Column('boolean')
  enabled!: boolean;

  /**
   * Named by every token; a new one cuts all tokens that name another. Independent of clocks, and of
   * a client of the same id that was deleted before. Empty for a client of an older release.
   */
  @Column('varchar', { name: 'token_epoch', length: 16, default: '' })
  tokenEpoch!: string;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'When the client last proved who it is, to within a few seconds; null when it never did.',
  })
  @Column('datetime', { name: 'last_used_at', precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  /** When the last token issued under a longer lifetime, or before the client was disabled, has expired. */
  @Column('datetime', { name: 'tokens_expire_by', precision: 3, nullable: true })
  tokensExpireBy!: Date | null;

  @Extensions({ isName: true })
  @Field(() => Int, { description: 'Grows by one with every change. Send it with an update to be told when somebody else was faster.' })
  @Column('int')
  version!: number;

  @Field(() => GraphQLDateTime, { description: 'When the client was created.' })
  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When the client was last changed.' })
  @Column('datetime', { name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}

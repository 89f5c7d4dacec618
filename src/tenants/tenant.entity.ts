import { GraphQLDateTime } from 'graphql-scalars';
import { Extensions, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { SIGNING_ALGORITHMS } from '../platform/setting-values.js';

/** The JOSE algorithms that tokens can be signed with, as GraphQL has them. */
export const SigningAlgorithmEnum = Object.fromEntries(SIGNING_ALGORITHMS.map((name) => [name, name]));

registerEnumType(SigningAlgorithmEnum, {
  name: 'SigningAlgorithm',
  description: 'The JOSE algorithm that access tokens are signed with.',
  valuesConfig: {
    ES256: { description: 'ECDSA on P-256 with SHA-256: small and fast. The usual one.' },
    RS256: { description: 'RSA with SHA-256: for APIs that know nothing else.' },
    EdDSA: { description: 'Ed25519.' },
  },
});

/** What an access token says of itself in its header, as `typ`. */
export enum AccessTokenType {
  AT_JWT = 'AT_JWT',
  JWT = 'JWT',
}

registerEnumType(AccessTokenType, {
  name: 'AccessTokenType',
  description: 'What access tokens call themselves in their header, as typ.',
  valuesConfig: {
    AT_JWT: { description: 'at+jwt, as RFC 9068 has it: nobody can take another kind of token for one.' },
    JWT: { description: "JWT: for APIs whose library knows nothing else, such as Spring's decoder as it is." },
  },
});

/** One company's world: its issuer, its keys and its clients. Nothing is shared between tenants. */
@Entity('tenants')
@Extensions({ readRight: 'tenants:read' })
@ObjectType({
  description:
    "One company's world: its issuer, its keys, its clients, its administrators and its record. In the answer of a mutation every field but id, host, issuer and version needs tenants:read as well.",
})
export class Tenant {
  @Extensions({ isName: true })
  @Field(() => ID, { description: 'Identifies the tenant within this API. What names it everywhere else is its host.' })
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  /** Host, with a port that is not the scheme's own: what names the tenant in a request. */
  @Extensions({ isName: true })
  @Field({ description: 'Its host, with a port that is not the usual one, in lower case and ASCII. It never changes.' })
  @Column('varchar', { length: 255, unique: true })
  host!: string;

  @Field({ description: 'What people call it.' })
  @Column('varchar', { length: 100 })
  name!: string;

  /** Name and host as they are searched. */
  @Column('varchar', { name: 'search_text', length: 2000, default: '' })
  searchText!: string;

  /** The tenant that the installation began with; exactly one. */
  @Field({ description: 'Whether it is the home tenant: the one that the installation began with and that manages the others.' })
  @Column('boolean', { name: 'is_home' })
  isHome!: boolean;

  @Field({ description: 'Whether it is served. A disabled tenant answers like a host that is not known, and issues nothing.' })
  @Column('boolean', { default: true })
  enabled!: boolean;

  /** Of clients that are created without one; `<issuer>/api` when absent. */
  @Column('varchar', { name: 'default_audience', length: 200, nullable: true })
  defaultAudience!: string | null;

  @Field(() => Int, { description: 'The shortest access token lifetime that a client may be given, in seconds.' })
  @Column('int', { name: 'min_token_lifetime', default: 1 })
  minAccessTokenLifetime!: number;

  @Field(() => Int, {
    description: 'The longest access token lifetime that a client may be given, in seconds. Clients keep one that they had before.',
  })
  @Column('int', { name: 'max_token_lifetime', default: 31_536_000 })
  maxAccessTokenLifetime!: number;

  /** Those that follow are of the settings when absent. */
  @Column('int', { name: 'max_clients', nullable: true })
  maxClients!: number | null;

  @Column('int', { name: 'max_mutations_a_minute', nullable: true })
  maxMutationsPerMinute!: number | null;

  @Column('int', { name: 'max_record_bytes_a_day', nullable: true })
  maxRecordBytesPerDay!: number | null;

  /** How many clients it has, as far as it was counted. */
  @Column({ type: 'int', name: 'client_count', nullable: true, insert: false, update: false })
  clientCount!: number | null;

  /** Counted up by every change to the tenant's clients, so that changes which depend on one another wait for one another. */
  @Column('int')
  revision!: number;

  /** With what new signing keys are made; absent before the first one was. */
  @Field(() => SigningAlgorithmEnum, {
    nullable: true,
    description: 'What its tokens are signed with. A change takes effect ten minutes later, when every API can know the new key.',
  })
  @Column('varchar', { name: 'signing_algorithm', length: 10, nullable: true })
  signingAlgorithm!: string | null;

  @Field(() => AccessTokenType, {
    description:
      'What its access tokens call themselves in their header, as typ. Those for its own GraphQL API and for introspection are at+jwt whatever it is.',
  })
  @Column('varchar', { name: 'access_token_type', length: 10, default: AccessTokenType.AT_JWT })
  accessTokenType!: AccessTokenType;

  /** When the last token of all clients that were deleted has expired. */
  @Column('datetime', { name: 'tokens_expire_by', precision: 3, nullable: true })
  tokensExpireBy!: Date | null;

  /** Counted up by every change of the tenant itself and of its keys: whoever kept either learns from it. */
  @Extensions({ isName: true })
  @Field(() => Int, { description: 'Grows with every change of the tenant and of its signing keys.' })
  @Column('int', { default: 1 })
  version!: number;

  @Field(() => GraphQLDateTime, { description: 'When it was created.' })
  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When it was last changed.' })
  @Column('datetime', { name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}

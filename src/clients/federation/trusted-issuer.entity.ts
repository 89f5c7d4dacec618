import { GraphQLDateTime, GraphQLJSONObject } from 'graphql-scalars';
import { Extensions, Field, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { PublicJwks } from '../keys/public-jwks.js';

/** One of the keys of a trusted issuer, as far as people tell keys apart. */
@ObjectType({ description: 'A public key of a trusted issuer that is at hand.' })
export class TrustedIssuerKey {
  @Extensions({ longest: 200 })
  @Field(() => String, { nullable: true, description: 'Its kid, which a token names; null where it has none.' })
  kid!: string | null;

  @Field(() => [String], { description: 'The algorithms in which it may have signed.' })
  @Extensions({ longest: 10, most: 5 })
  algorithms!: string[];
}

/** Somebody whose tokens a tenant believes: the platform that its clients run on says in them who they are. */
@Entity('trusted_issuers')
@Unique(['tenantId', 'issuerKey'])
@Extensions({ readRight: 'clients:read' })
@ObjectType({
  description:
    'An issuer of tokens that says who a client is: a CI service, a cluster, a cloud. Clients with FEDERATED_JWT prove themselves by its tokens. In the answer of a mutation every field but id, issuer and version needs clients:read as well.',
})
export class TrustedIssuer {
  @Extensions({ isName: true })
  @Field(() => ID, { description: 'Identifies it within this API.' })
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  @Field({ description: 'What people call it.' })
  @Column('varchar', { length: 100 })
  name!: string;

  @Extensions({ isName: true, longest: 500 })
  @Field({ description: 'What its tokens have as iss, compared byte for byte. It never changes.' })
  @Column('varchar', { length: 500 })
  issuer!: string;

  /** By which it is found: SHA-256 of the issuer, in base64url. */
  @Column('varchar', { name: 'issuer_key', length: 43 })
  issuerKey!: string;

  @Extensions({ longest: 500 })
  @Field(() => String, {
    nullable: true,
    description: 'Where its keys are; null where it describes itself (OpenID Connect Discovery) or its keys were given.',
  })
  @Column('varchar', { name: 'jwks_uri', length: 500, nullable: true })
  jwksUri!: string | null;

  @Extensions({ longest: 70_000 })
  @Field(() => GraphQLJSONObject, { nullable: true, description: 'Its keys as they were given (RFC 7517); null where they are fetched.' })
  @Column('simple-json', { nullable: true })
  jwks!: PublicJwks | null;

  @Extensions({ longest: 10, most: 7 })
  @Field(() => [String], { description: 'The algorithms in which its tokens may be signed.' })
  @Column('simple-json')
  algorithms!: string[];

  @Field(() => Int, { description: 'How long one of its tokens may live, in seconds.' })
  @Column('int', { name: 'max_assertion_lifetime' })
  maxAssertionLifetime!: number;

  @Field({ description: 'Whether each of its tokens counts once, by its jti.' })
  @Column('boolean', { name: 'single_use' })
  singleUse!: boolean;

  @Field({ description: 'Whether its tokens count. What was issued through one that is disabled has ended.' })
  @Column('boolean')
  enabled!: boolean;

  /** Named by every token of ours that was issued through it; a new one ends those that name another. */
  @Column('varchar', { length: 16 })
  epoch!: string;

  @Extensions({ isName: true })
  @Field(() => Int, { description: 'Grows by one with every change. Send it with an update to be told when somebody else was faster.' })
  @Column('int')
  version!: number;

  @Field(() => GraphQLDateTime, { description: 'When it was first trusted.' })
  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When it was last changed.' })
  @Column('datetime', { name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}

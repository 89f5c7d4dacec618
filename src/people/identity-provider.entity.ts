import { GraphQLDateTime } from 'graphql-scalars';
import { Extensions, Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Which rights a value of the claim gives. */
@ObjectType({ description: 'Which rights a value of the claim gives.' })
export class ClaimGrant {
  @Extensions({ longest: 1020 })
  @Field({ description: 'A value of the claim, compared exactly.' })
  value!: string;

  @Extensions({ longest: 20 })
  @Field(() => [String], { description: 'The scopes that it gives.' })
  scopes!: string[];
}

/** The external OpenID provider through which the people of a tenant sign in. */
@Entity('identity_providers')
@Extensions({ readRight: 'clients:read' })
@ObjectType({
  description:
    'The external OpenID provider through which people sign in. In the answer of a mutation every field but issuer needs clients:read as well.',
})
export class IdentityProvider {
  @PrimaryColumn('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  @Field({ description: 'What people call it: "Continue with …".' })
  @Column('varchar', { length: 100 })
  name!: string;

  @Extensions({ isName: true, longest: 500 })
  @Field({ description: 'Its issuer.' })
  @Column('varchar', { length: 500 })
  issuer!: string;

  @Extensions({ longest: 510 })
  @Field({ description: 'The client id that it knows this tenant by.' })
  @Column('varchar', { name: 'client_id', length: 255 })
  clientId!: string;

  /** The secret for it, encrypted for this row. */
  @Column('text', { name: 'encrypted_secret' })
  encryptedSecret!: string;

  /** Which encryption key the secret is encrypted with. */
  @Column('varchar', { name: 'key_id', length: 16 })
  keyId!: string;

  @Extensions({ longest: 510 })
  @Field({ description: 'The scopes that it is asked for.' })
  @Column('varchar', { length: 255 })
  scope!: string;

  @Extensions({ longest: 510 })
  @Field({ description: 'The claim of the ID token whose values decide what a person may do.' })
  @Column('varchar', { length: 255 })
  claim!: string;

  @Field(() => [ClaimGrant], { description: 'Which values of the claim give which scopes. Who has none of them is not let in.' })
  @Column('simple-json')
  grants!: ClaimGrant[];

  /** Another one with each change: a sign-in that began before does not end in a session. */
  @Column('varchar', { length: 36 })
  version!: string;

  @Field(() => GraphQLDateTime, { description: 'When it was first named.' })
  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When it was last changed.' })
  @Column('datetime', { name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}

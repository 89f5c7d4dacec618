import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a signing key is for at the moment. */
export enum SigningKeyState {
  NEXT = 'NEXT',
  ACTIVE = 'ACTIVE',
  RETIRED = 'RETIRED',
}

registerEnumType(SigningKeyState, {
  name: 'SigningKeyState',
  description: 'What a signing key is for at the moment.',
  valuesConfig: {
    NEXT: {
      description: 'It is published and signs later: from activatesAt on when a change is planned, otherwise after the next rotation.',
    },
    ACTIVE: { description: 'It signs.' },
    RETIRED: { description: 'It signs no more and stays published for the tokens that it signed.' },
  },
});

/** A key that signs a tenant's access tokens. Its private part is stored encrypted. */
@Entity('signing_keys')
@Index(['tenantId', 'createdAt'])
@ObjectType({ description: "A key that signs access tokens. Its public part is in the tenant's JWKS, its private part is shown nowhere." })
export class SigningKey {
  @Field(() => ID, { name: 'kid', description: 'The kid of the tokens that it signs, and of the key in the JWKS.' })
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  @Field({ description: 'A JOSE algorithm: ES256, RS256 or EdDSA.' })
  @Column('varchar', { length: 10 })
  algorithm!: string;

  /** Without any private member, as the JWKS publishes it. */
  @Column('simple-json', { name: 'public_jwk' })
  publicJwk!: Record<string, string>;

  /** PKCS #8 in PEM, encrypted for this row. */
  @Column('text', { name: 'encrypted_private_key' })
  encryptedPrivateKey!: string;

  @Field(() => SigningKeyState, { description: 'What it is for at the moment.' })
  state?: SigningKeyState;

  /** Which encryption key the private key is encrypted with. */
  @Column('varchar', { name: 'key_id', length: 16 })
  keyId!: string;

  @Field(() => GraphQLDateTime, { description: 'When the key was made, and published.' })
  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;

  /** From when on the key may sign: everybody who keeps a JWKS for a while knows it by then. */
  @Column('datetime', { name: 'usable_from', precision: 3, nullable: true })
  usableFrom!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'From when on it signs, until a later one does; null while it waits for a rotation.',
  })
  @Column('datetime', { name: 'activates_at', precision: 3, nullable: true })
  activatesAt!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'Until when the JWKS has it: by then the last token that it signed has expired. Null while no other key takes its place.',
  })
  @Column('datetime', { name: 'published_until', precision: 3, nullable: true })
  publishedUntil!: Date | null;
}

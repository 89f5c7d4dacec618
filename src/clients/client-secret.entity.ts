import { GraphQLDateTime, GraphQLSafeInt } from 'graphql-scalars';
import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Client } from './client.entity.js';
import type { SecretDigest } from './secret.js';

/** What is kept of a client's secret: a keyed digest, or the encrypted secret where it has to sign assertions. */
@Entity('client_secrets')
@Index(['expiresAt', 'tenantId', 'clientRowId'])
@Index(['tenantId', 'expiresAt', 'clientRowId'])
@Index(['tenantId', 'lookupDigest'])
@Index(['clientRowId', 'expiresAt'])
@ObjectType({
  description:
    'A secret of a client, as far as it can still be told: the secret itself is shown once, when it is made, and no answer repeats it.',
})
export class ClientSecret {
  @Field(() => ID, { description: 'Names this secret among those of its client.' })
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  @Column('varchar', { name: 'client_row_id', length: 36 })
  clientRowId!: string;

  @ManyToOne(() => Client, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'client_row_id' })
  client?: Relation<Client>;

  /** HMAC-SHA-256 over the client's row id and the secret; empty when the secret is stored encrypted. */
  @Column('varchar', { length: 44 })
  digest!: SecretDigest;

  /** The secret of a client with `CLIENT_SECRET_JWT`, encrypted for this row. */
  @Column('text', { name: 'encrypted_secret', nullable: true })
  encryptedSecret!: string | null;

  /** By which the row of a secret is found when only the secret is known; absent until the next use for one of an older release. */
  @Column('varchar', { name: 'lookup_digest', length: 44, nullable: true })
  lookupDigest!: string | null;

  /** Which encryption key the three above were made with. */
  @Column('varchar', { name: 'key_id', length: 16 })
  keyId!: string;

  @Field({ description: 'The last characters of the secret, to tell it from the others.' })
  @Column('varchar', { length: 20 })
  hint!: string;

  @Field(() => GraphQLDateTime, { description: 'When the secret was made.' })
  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'From when on the secret is refused; null when it does not expire.' })
  @Column('datetime', { name: 'expires_at', precision: 3, nullable: true })
  expiresAt!: Date | null;

  /** When a newer secret was made to take its place. */
  @Column('datetime', { name: 'superseded_at', precision: 3, nullable: true })
  supersededAt!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'When somebody revoked the secret, which also ended the tokens issued for it; null when nobody did.',
  })
  @Column('datetime', { name: 'revoked_at', precision: 3, nullable: true })
  revokedAt!: Date | null;

  @Column('datetime', { name: 'leaked_at', precision: 3, nullable: true })
  leakedAt!: Date | null;

  /** Address of whoever reported the leak. */
  @Column('varchar', { name: 'leaked_from', length: 45, nullable: true })
  leakedFrom!: string | null;

  /** Where the reporter says that the secret was found. */
  @Column('varchar', { name: 'leaked_url', length: 500, nullable: true })
  leakedUrl!: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'When the secret was last used, to within a few seconds; null when it never was.',
  })
  @Column('datetime', { name: 'last_used_at', precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'The address from which it was last used.' })
  @Column('varchar', { name: 'last_used_ip', length: 45, nullable: true })
  lastUsedIp!: string | null;

  @Field(() => GraphQLSafeInt, { description: 'How often a client proved itself with it: for tokens, introspection and revocation.' })
  @Column('bigint', { name: 'use_count', default: 0, transformer: { to: (count: number) => count, from: Number } })
  useCount!: number;
}

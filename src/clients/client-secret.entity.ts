import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Client } from './client.entity.js';
import type { SecretDigest } from './secret.js';

/** What is kept of a client's secret: a keyed digest, never the secret. */
@Entity('client_secrets')
@ObjectType({
  description: 'A secret of a client, as far as it can still be told: the secret itself is shown once, when it is made, and is not stored.',
})
export class ClientSecret {
  @Field(() => ID, { description: 'Names this secret among those of its client.' })
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  @Index()
  @Column('varchar', { name: 'client_row_id', length: 36 })
  clientRowId!: string;

  @ManyToOne(() => Client, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'client_row_id' })
  client?: Relation<Client>;

  /** HMAC-SHA-256 over the client's row id and the secret. */
  @Column('varchar', { length: 44 })
  digest!: SecretDigest;

  /** Which encryption key the digest was made with. */
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
}

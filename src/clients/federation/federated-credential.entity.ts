import { GraphQLDateTime, GraphQLJSONObject, GraphQLSafeInt } from 'graphql-scalars';
import { Extensions, Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Client } from '../client.entity.js';

/** What a token of a trusted issuer has to say so that it proves a client. */
@Entity('federated_credentials')
@Index(['clientRowId'])
@Index(['tenantId', 'subjectKey', 'clientRowId'])
@Index(['tenantId', 'issuerKey', 'managesLatchkey'])
@ObjectType({ description: 'What a token of a trusted issuer has to say so that it proves who the client is: all of it together.' })
export class FederatedCredential {
  @Field(() => ID, { description: 'Names it among those of its client.' })
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  @Column('varchar', { name: 'client_row_id', length: 36 })
  clientRowId!: string;

  @ManyToOne(() => Client, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'client_row_id' })
  client?: Relation<Client>;

  @Extensions({ longest: 500 })
  @Field({ description: 'The iss of the token: one of the trusted issuers.' })
  @Column('varchar', { length: 500 })
  issuer!: string;

  /** By which all of an issuer are found: SHA-256 of it, in base64url. */
  @Column('varchar', { name: 'issuer_key', length: 43 })
  issuerKey!: string;

  @Extensions({ longest: 500 })
  @Field(() => String, { nullable: true, description: 'The sub of the token, exactly; null where a pattern stands in its place.' })
  @Column('varchar', { length: 500, nullable: true })
  subject!: string | null;

  /** By which a client is found that did not say who it is: SHA-256 of issuer and subject; null with a pattern. */
  @Column('varchar', { name: 'subject_key', length: 43, nullable: true })
  subjectKey!: string | null;

  @Extensions({ longest: 500 })
  @Field(() => String, {
    nullable: true,
    description: 'What the whole sub has to fit: * stands for characters but : and /, and ** for all but :, at least one each.',
  })
  @Column('varchar', { name: 'subject_pattern', length: 500, nullable: true })
  subjectPattern!: string | null;

  @Extensions({ longest: 4_000 })
  @Field(() => GraphQLJSONObject, { description: 'Claims that the token has to have with exactly these values.' })
  @Column('simple-json')
  claims!: Record<string, unknown>;

  /** Null for the tenant's issuer, whatever that is. */
  @Column('varchar', { length: 200, nullable: true })
  audience!: string | null;

  /** Whether its client has a right to manage Latchkey: whoever can sign for the issuer has it too. */
  @Column('boolean', { name: 'manages_latchkey' })
  managesLatchkey!: boolean;

  @Field(() => GraphQLDateTime, { description: 'When it was made.' })
  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'When the client last proved itself by it, to within a few seconds; null when it never did.',
  })
  @Column('datetime', { name: 'last_used_at', precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  @Extensions({ longest: 45 })
  @Field(() => String, { nullable: true, description: 'From which address it was last used.' })
  @Column('varchar', { name: 'last_used_ip', length: 45, nullable: true })
  lastUsedIp!: string | null;

  @Field(() => GraphQLSafeInt, { description: 'How often it was used.' })
  @Column('bigint', { name: 'use_count', default: 0, transformer: { to: (count: number) => count, from: Number } })
  useCount!: number;
}

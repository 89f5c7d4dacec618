import { GraphQLDateTime } from 'graphql-scalars';
import { Extensions, Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** Somebody whose certificates a tenant believes. */
@Entity('certificate_authorities')
@Unique(['tenantId', 'fingerprint'])
@Extensions({ readRight: 'clients:read' })
@ObjectType({
  description:
    'An authority whose certificates prove clients with TLS_CLIENT_AUTH (RFC 8705). In the answer of a mutation every field but id and fingerprint needs clients:read as well.',
})
export class CertificateAuthority {
  @Extensions({ isName: true })
  @Field(() => ID, { description: 'Identifies it within this API.' })
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  @Field({ description: 'What people call it.' })
  @Column('varchar', { length: 100 })
  name!: string;

  @Extensions({ isName: true, longest: 95 })
  @Field({ description: 'SHA-256 of its certificate, in pairs of hexadecimal digits between colons, as OpenSSL writes it.' })
  @Column('varchar', { length: 95 })
  fingerprint!: string;

  @Extensions({ longest: 24_000 })
  @Field({ description: 'Its certificate, in PEM.' })
  @Column('text')
  certificate!: string;

  @Field(() => GraphQLDateTime, { description: 'When it was first trusted.' })
  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;
}

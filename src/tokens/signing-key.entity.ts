import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A key that signs a tenant's access tokens. Its private part is stored encrypted. */
@Entity('signing_keys')
@Index(['tenantId', 'createdAt'])
export class SigningKey {
  /** The `kid` of the tokens that it signed. */
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  /** A JOSE algorithm: `ES256`. */
  @Column('varchar', { length: 10 })
  algorithm!: string;

  /** Without any private member, as the JWKS publishes it. */
  @Column('simple-json', { name: 'public_jwk' })
  publicJwk!: Record<string, string>;

  /** PKCS #8 in PEM, encrypted for this row. */
  @Column('text', { name: 'encrypted_private_key' })
  encryptedPrivateKey!: string;

  /** Which encryption key the private key is encrypted with. */
  @Column('varchar', { name: 'key_id', length: 16 })
  keyId!: string;

  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;

  /** Set when the key is retired: until the last token that it signed has expired, it stays published. */
  @Column('datetime', { name: 'published_until', precision: 3, nullable: true })
  publishedUntil!: Date | null;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A token that was revoked by itself, kept until it would have expired. */
@Entity('revoked_tokens')
export class RevokedToken {
  @PrimaryColumn('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  @PrimaryColumn('varchar', { length: 100 })
  jti!: string;

  @Column('datetime', { name: 'expires_at', precision: 3 })
  expiresAt!: Date;
}

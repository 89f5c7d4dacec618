import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A client assertion or DPoP proof that was used, kept until it would have expired. */
@Entity('used_proofs')
export class UsedProof {
  @PrimaryColumn('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  /** SHA-256 of who made it and of its `jti`, in base64url. */
  @PrimaryColumn('varchar', { length: 43 })
  id!: string;

  @Column('datetime', { name: 'expires_at', precision: 3 })
  expiresAt!: Date;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One company's world: its issuer, its keys and its clients. Nothing is shared between tenants. */
@Entity('tenants')
export class Tenant {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  /** Host, with a port that is not the scheme's own: what names the tenant in a request. */
  @Column('varchar', { length: 255, unique: true })
  host!: string;

  @Column('varchar', { length: 100 })
  name!: string;

  /** The tenant that the installation began with; exactly one. */
  @Column('boolean', { name: 'is_home' })
  isHome!: boolean;

  /** Counted up by every change to the tenant's clients, so that changes which depend on one another wait for one another. */
  @Column('int')
  revision!: number;

  /** With what new signing keys are made; absent before the first one was. */
  @Column('varchar', { name: 'signing_algorithm', length: 10, nullable: true })
  signingAlgorithm!: string | null;

  /** When the last token of all clients that were deleted has expired. */
  @Column('datetime', { name: 'tokens_expire_by', precision: 3, nullable: true })
  tokensExpireBy!: Date | null;

  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column('datetime', { name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PublicJwks } from '../keys/public-jwks.js';

/** The public keys of somebody else as they were last fetched, and when they may be asked for again. All instances share it. */
@Entity('key_sets')
export class KeySet {
  @PrimaryColumn('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  /** From where they are: see `keyOfSource`. */
  @PrimaryColumn('varchar', { length: 43 })
  source!: string;

  /** Those that signatures are checked with; null before any was had. */
  @Column('simple-json', { nullable: true })
  jwks!: PublicJwks | null;

  @Column('datetime', { name: 'fetched_at', precision: 3, nullable: true })
  fetchedAt!: Date | null;

  /** Up to when nobody has to ask anew. */
  @Column('datetime', { name: 'fresh_until', precision: 3, nullable: true })
  freshUntil!: Date | null;

  /** When somebody last set out to ask. */
  @Column('datetime', { name: 'asked_at', precision: 3 })
  askedAt!: Date;

  /** Before this nobody asks again, whatever for. */
  @Column('datetime', { name: 'next_at', precision: 3 })
  nextAt!: Date;

  /** In a row. */
  @Column('int')
  failures!: number;

  /** Why the last time failed, for people; null when it did not, or nobody knows yet. */
  @Column('varchar', { length: 200, nullable: true })
  error!: string | null;
}

import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, PrimaryGeneratedColumn, type Relation, Unique } from 'typeorm';
import { SET_SIZE } from './slot-bitmap.js';

/**
 * Some clients of a tenant that are indexed for searches together, once and for all: what is searched of a client never
 * changes. Each client has a slot; those whose client is gone stay empty.
 */
@Entity('client_segments')
@Unique(['tenantId', 'firstClient'])
export class ClientSegment {
  @PrimaryGeneratedColumn('increment', { type: 'int' })
  id!: number;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  /** The lowest id in it: of two instances that index the same clients at once, one is refused. */
  @Column('varchar', { name: 'first_client', length: 36 })
  firstClient!: string;
}

/** The trigram index: in which clients of a segment one, two or three characters occur. */
@Entity('client_grams')
export class ClientGram {
  @PrimaryColumn('int', { name: 'segment_id' })
  segmentId!: number;

  @ManyToOne(() => ClientSegment, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'segment_id' })
  segment?: Relation<ClientSegment>;

  @PrimaryColumn('varchar', { length: 3 })
  gram!: string;

  /** A set of slots, counted from the segment's first. */
  @Column('blob')
  slots!: Buffer;
}

/** With it begins what stands in the place of a segment's first client as long as nobody searches it: it is not done yet, or is to go. */
export const HIDDEN = '-';

/** The slot of a segment's first client; its others follow. */
export function firstSlotOf(segmentId: number): number {
  return segmentId * SET_SIZE;
}

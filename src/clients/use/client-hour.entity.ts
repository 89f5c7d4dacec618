import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many tokens a client got in one hour, and how many requests for one were refused. */
@Entity('client_hours')
export class ClientHour {
  @PrimaryColumn('varchar', { name: 'client_row_id', length: 36 })
  clientRowId!: string;

  /** Whole hours since 1970, UTC. */
  @PrimaryColumn('int')
  hour!: number;

  @Column('bigint', { transformer: { to: (count: number) => count, from: Number } })
  issued!: number;

  @Column('bigint', { transformer: { to: (count: number) => count, from: Number } })
  refused!: number;
}

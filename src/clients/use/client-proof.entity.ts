import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How a client has proved itself since it last came to do so in another way, for ways that are not counted elsewhere or will end. */
@Entity('client_proofs')
export class ClientProof {
  @PrimaryColumn('varchar', { name: 'client_row_id', length: 36 })
  clientRowId!: string;

  @PrimaryColumn('varchar', { name: 'auth_method', length: 30 })
  authMethod!: string;

  @Column('datetime', { name: 'last_used_at', precision: 3 })
  lastUsedAt!: Date;

  @Column('varchar', { name: 'last_used_ip', length: 45 })
  lastUsedIp!: string;

  @Column('bigint', { name: 'use_count', transformer: { to: (count: number) => count, from: Number } })
  useCount!: number;
}

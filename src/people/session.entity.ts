import { Column, Entity, type FindOperator, MoreThanOrEqual, PrimaryColumn } from 'typeorm';

/** Somebody who signed in to the console. What the cookie holds is not in it. */
@Entity('sessions')
export class Session {
  /** SHA-256 of what the cookie holds, in base64url. */
  @PrimaryColumn('varchar', { length: 43 })
  id!: string;

  @Column('varchar', { name: 'tenant_id', length: 36 })
  tenantId!: string;

  /** The client that signed in; absent for a person. */
  @Column('varchar', { name: 'client_row_id', length: 36, nullable: true })
  clientRowId!: string | null;

  /** The epoch of the client's tokens when it signed in: cutting those ends the session. Empty for a person. */
  @Column('varchar', { name: 'token_epoch', length: 16 })
  tokenEpoch!: string;

  /** The secret that the client signed in with; absent for a person. */
  @Column('varchar', { name: 'secret_id', length: 36, nullable: true })
  secretId!: string | null;

  /** Names a person at the identity provider; absent for a client. */
  @Column('varchar', { length: 255, nullable: true })
  subject!: string | null;

  /** What a person is called; absent for a client. */
  @Column('varchar', { length: 255, nullable: true })
  name!: string | null;

  /** What a person may do; a client may do what it may at the moment. */
  @Column('simple-json')
  scopes!: string[];

  @Column('datetime', { name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column('datetime', { name: 'expires_at', precision: 3 })
  expiresAt!: Date;
}

/** The subjects of people, whatever they are. SQLite finds these by the index; for those that are not absent it would go through all sessions. */
export function anySubject(): FindOperator<string> {
  return MoreThanOrEqual('');
}

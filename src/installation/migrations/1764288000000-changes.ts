import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The record as a chain, an entry on the one before, and what a tenant may use of the server. A release before it works on what it
 * leaves: its entries have no link.
 */
export class Changes1764288000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const column of COLUMNS) await runner.query(`ALTER TABLE tenants ADD COLUMN ${column}`);
    for (const column of LINK) await runner.query(`ALTER TABLE audit_events ADD COLUMN ${column}`);
    await runner.query('CREATE UNIQUE INDEX audit_events_by_sequence ON audit_events (tenant_id, sequence)');
  }

  async down(runner: QueryRunner): Promise<void> {
    const onMysql = runner.connection.options.type === 'mysql';
    await runner.query(`DROP INDEX audit_events_by_sequence${onMysql ? ' ON audit_events' : ''}`);
    for (const column of LINK) await runner.query(`ALTER TABLE audit_events DROP COLUMN ${nameOf(column)}`);
    for (const column of COLUMNS) await runner.query(`ALTER TABLE tenants DROP COLUMN ${nameOf(column)}`);
  }
}

const LINK = ['sequence int NULL', 'hash varchar(60) NULL'];

const COLUMNS = [
  'max_clients int NULL',
  'max_mutations_a_minute int NULL',
  'max_record_bytes_a_day int NULL',
  'client_count int NULL',
  'mutation_minute int NOT NULL DEFAULT 0',
  'mutation_count int NOT NULL DEFAULT 0',
  'record_day int NOT NULL DEFAULT 0',
  'record_bytes bigint NOT NULL DEFAULT 0',
  'record_sequence int NOT NULL DEFAULT 0',
  "record_hash varchar(60) NOT NULL DEFAULT ''",
  'record_swept_sequence int NOT NULL DEFAULT 0',
  "record_swept_hash varchar(60) NOT NULL DEFAULT ''",
  "record_began_at varchar(24) NOT NULL DEFAULT ''",
  "record_seal varchar(60) NOT NULL DEFAULT ''",
  'record_key varchar(200) NULL',
  'record_key_id varchar(16) NULL',
];

function nameOf(column: string): string {
  return column.slice(0, column.indexOf(' '));
}

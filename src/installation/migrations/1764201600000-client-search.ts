import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialect } from './dialect.js';

/**
 * An index of what occurs in names and client ids. Clients begin without a place in it, those that a release before this one
 * makes among them, and go into it later; that release works on what this leaves.
 */
export class ClientSearch1764201600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { tail } = await dialect(runner);
    const onMysql = runner.connection.options.type === 'mysql';
    await runner.query('ALTER TABLE clients ADD COLUMN search_slot int NULL');
    await runner.query('CREATE INDEX clients_by_slot ON clients (search_slot, tenant_id, id)');
    await runner.query(`CREATE TABLE client_segments (
      id ${onMysql ? 'int NOT NULL PRIMARY KEY AUTO_INCREMENT' : 'integer NOT NULL PRIMARY KEY AUTOINCREMENT'},
      tenant_id varchar(36) NOT NULL,
      first_client varchar(36) NOT NULL,
      CONSTRAINT client_segments_claim UNIQUE (tenant_id, first_client),
      CONSTRAINT client_segments_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
    ) ${tail}`);
    await runner.query(`CREATE TABLE client_grams (
      segment_id int NOT NULL,
      gram varchar(3) NOT NULL,
      slots ${onMysql ? 'varbinary(512)' : 'blob'} NOT NULL,
      PRIMARY KEY (segment_id, gram),
      CONSTRAINT client_grams_segment FOREIGN KEY (segment_id) REFERENCES client_segments (id) ON DELETE CASCADE
    ) ${onMysql ? tail : 'WITHOUT ROWID'}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['client_grams', 'client_segments']) await runner.query(`DROP TABLE ${table}`);
    await runner.query(`DROP INDEX clients_by_slot${runner.connection.options.type === 'mysql' ? ' ON clients' : ''}`);
    await runner.query('ALTER TABLE clients DROP COLUMN search_slot');
  }
}

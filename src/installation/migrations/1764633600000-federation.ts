import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialect } from './dialect.js';

/** Clients that hold no secret: issuers that a tenant trusts, what their tokens have to say, and keys of others. A release before it works on what it leaves. */
export class Federation1764633600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { moment, flag, longText, tail } = await dialect(runner);
    await runner.query('ALTER TABLE clients ADD COLUMN jwks_uri varchar(500) NULL');
    await runner.query(`CREATE TABLE trusted_issuers (
      id varchar(36) NOT NULL PRIMARY KEY,
      tenant_id varchar(36) NOT NULL,
      name varchar(100) NOT NULL,
      issuer varchar(500) NOT NULL,
      issuer_key varchar(43) NOT NULL,
      jwks_uri varchar(500) NULL,
      jwks ${longText} NULL,
      algorithms varchar(200) NOT NULL,
      max_assertion_lifetime int NOT NULL,
      single_use ${flag} NOT NULL,
      enabled ${flag} NOT NULL,
      epoch varchar(16) NOT NULL,
      version int NOT NULL,
      created_at ${moment} NOT NULL,
      updated_at ${moment} NOT NULL,
      CONSTRAINT trusted_issuers_issuer UNIQUE (tenant_id, issuer_key),
      CONSTRAINT trusted_issuers_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    ) ${tail}`);
    await runner.query(`CREATE TABLE federated_credentials (
      id varchar(36) NOT NULL PRIMARY KEY,
      tenant_id varchar(36) NOT NULL,
      client_row_id varchar(36) NOT NULL,
      issuer varchar(500) NOT NULL,
      issuer_key varchar(43) NOT NULL,
      subject varchar(500) NULL,
      subject_key varchar(43) NULL,
      subject_pattern varchar(500) NULL,
      claims ${longText} NOT NULL,
      audience varchar(200) NULL,
      manages_latchkey ${flag} NOT NULL,
      created_at ${moment} NOT NULL,
      last_used_at ${moment} NULL,
      last_used_ip varchar(45) NULL,
      use_count bigint NOT NULL DEFAULT 0,
      CONSTRAINT federated_credentials_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id),
      CONSTRAINT federated_credentials_client FOREIGN KEY (client_row_id) REFERENCES clients (id) ON DELETE CASCADE
    ) ${tail}`);
    await runner.query('CREATE INDEX federated_credentials_by_client ON federated_credentials (client_row_id)');
    await runner.query('CREATE INDEX federated_credentials_by_subject ON federated_credentials (tenant_id, subject_key, client_row_id)');
    await runner.query('CREATE INDEX federated_credentials_by_issuer ON federated_credentials (tenant_id, issuer_key, manages_latchkey)');
    await runner.query(`CREATE TABLE key_sets (
      tenant_id varchar(36) NOT NULL,
      source varchar(43) NOT NULL,
      jwks ${longText} NULL,
      fetched_at ${moment} NULL,
      fresh_until ${moment} NULL,
      asked_at ${moment} NOT NULL,
      next_at ${moment} NOT NULL,
      failures int NOT NULL,
      error varchar(200) NULL,
      PRIMARY KEY (tenant_id, source),
      CONSTRAINT key_sets_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    ) ${tail}`);
    await runner.query('CREATE INDEX key_sets_by_age ON key_sets (asked_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['key_sets', 'federated_credentials', 'trusted_issuers']) await runner.query(`DROP TABLE ${table}`);
    await runner.query('ALTER TABLE clients DROP COLUMN jwks_uri');
  }
}

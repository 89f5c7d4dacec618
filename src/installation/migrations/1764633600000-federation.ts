import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialect } from './dialect.js';

/**
 * Clients that hold no secret: issuers that a tenant trusts, what their tokens have to say, and keys of others; how a client comes from
 * one way to prove itself to another, and why it was refused. A release before it works on what it leaves.
 */
export class Federation1764633600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { moment, flag, longText, tail } = await dialect(runner);
    for (const column of columnsOfClients(moment)) await runner.query(`ALTER TABLE clients ADD COLUMN ${column}`);
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
    await runner.query(`CREATE TABLE certificate_authorities (
      id varchar(36) NOT NULL PRIMARY KEY,
      tenant_id varchar(36) NOT NULL,
      name varchar(100) NOT NULL,
      fingerprint varchar(95) NOT NULL,
      certificate text NOT NULL,
      created_at ${moment} NOT NULL,
      CONSTRAINT certificate_authorities_fingerprint UNIQUE (tenant_id, fingerprint),
      CONSTRAINT certificate_authorities_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    ) ${tail}`);
    await runner.query(`CREATE TABLE client_proofs (
      client_row_id varchar(36) NOT NULL,
      auth_method varchar(30) NOT NULL,
      last_used_at ${moment} NOT NULL,
      last_used_ip varchar(45) NOT NULL,
      use_count bigint NOT NULL,
      PRIMARY KEY (client_row_id, auth_method),
      CONSTRAINT client_proofs_client FOREIGN KEY (client_row_id) REFERENCES clients (id) ON DELETE CASCADE
    ) ${tail}`);
    await runner.query(`CREATE TABLE client_refusals (
      client_row_id varchar(36) NOT NULL PRIMARY KEY,
      refusals ${longText} NOT NULL,
      CONSTRAINT client_refusals_client FOREIGN KEY (client_row_id) REFERENCES clients (id) ON DELETE CASCADE
    ) ${tail}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'client_refusals',
      'client_proofs',
      'certificate_authorities',
      'key_sets',
      'federated_credentials',
      'trusted_issuers',
    ])
      await runner.query(`DROP TABLE ${table}`);
    for (const column of columnsOfClients('')) await runner.query(`ALTER TABLE clients DROP COLUMN ${column.split(' ')[0]}`);
  }
}

function columnsOfClients(moment: string): string[] {
  return [
    'jwks_uri varchar(500) NULL',
    'tls_client_auth text NULL',
    "sender_constraint varchar(20) NOT NULL DEFAULT 'NONE'",
    'previous_auth_method varchar(30) NULL',
    `previous_method_ends_at ${moment} NULL`,
    `auth_method_changed_at ${moment} NULL`,
  ];
}

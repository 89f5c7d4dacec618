import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialect } from './dialect.js';

/** Tenants, clients, their secrets, and signing keys. */
export class Initial1763856000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { moment, flag, tail } = await dialect(runner);
    await runner.query(`CREATE TABLE tenants (
      id varchar(36) NOT NULL PRIMARY KEY,
      host varchar(255) NOT NULL,
      name varchar(100) NOT NULL,
      is_home ${flag} NOT NULL,
      revision int NOT NULL,
      created_at ${moment} NOT NULL,
      updated_at ${moment} NOT NULL,
      CONSTRAINT tenants_host UNIQUE (host)
    ) ${tail}`);
    await runner.query(`CREATE TABLE clients (
      id varchar(36) NOT NULL PRIMARY KEY,
      tenant_id varchar(36) NOT NULL,
      name varchar(100) NOT NULL,
      name_key varchar(100) NOT NULL,
      search_text varchar(2000) NOT NULL,
      client_id varchar(100) NOT NULL,
      access_token_lifetime int NOT NULL,
      auth_method varchar(30) NOT NULL,
      scopes text NOT NULL,
      audiences text NOT NULL,
      enabled ${flag} NOT NULL,
      tokens_expire_by ${moment} NULL,
      version int NOT NULL,
      created_at ${moment} NOT NULL,
      updated_at ${moment} NOT NULL,
      CONSTRAINT clients_client_id UNIQUE (tenant_id, client_id),
      CONSTRAINT clients_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    ) ${tail}`);
    await runner.query('CREATE INDEX clients_by_name ON clients (tenant_id, name_key, id)');
    await runner.query('CREATE INDEX clients_by_creation ON clients (tenant_id, created_at, id)');
    await runner.query(`CREATE TABLE client_secrets (
      id varchar(36) NOT NULL PRIMARY KEY,
      tenant_id varchar(36) NOT NULL,
      client_row_id varchar(36) NOT NULL,
      digest varchar(44) NOT NULL,
      key_id varchar(16) NOT NULL,
      hint varchar(20) NOT NULL,
      created_at ${moment} NOT NULL,
      expires_at ${moment} NULL,
      CONSTRAINT client_secrets_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id),
      CONSTRAINT client_secrets_client FOREIGN KEY (client_row_id) REFERENCES clients (id) ON DELETE CASCADE
    ) ${tail}`);
    await runner.query('CREATE INDEX client_secrets_by_client ON client_secrets (client_row_id)');
    await runner.query(`CREATE TABLE signing_keys (
      id varchar(36) NOT NULL PRIMARY KEY,
      tenant_id varchar(36) NOT NULL,
      algorithm varchar(10) NOT NULL,
      public_jwk text NOT NULL,
      encrypted_private_key text NOT NULL,
      key_id varchar(16) NOT NULL,
      created_at ${moment} NOT NULL,
      published_until ${moment} NULL,
      CONSTRAINT signing_keys_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    ) ${tail}`);
    await runner.query('CREATE INDEX signing_keys_by_tenant ON signing_keys (tenant_id, created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['signing_keys', 'client_secrets', 'clients', 'tenants']) await runner.query(`DROP TABLE ${table}`);
  }
}

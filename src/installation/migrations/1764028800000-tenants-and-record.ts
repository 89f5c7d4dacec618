import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialect } from './dialect.js';

/** Tenants that can be managed, sessions, identity providers, and the record of what was done. A release before it works on what it leaves. */
export class TenantsAndRecord1764028800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { moment, flag, longText, tail } = await dialect(runner);
    const columns = [
      `enabled ${flag} NOT NULL DEFAULT 1`,
      'default_audience varchar(200) NULL',
      'min_token_lifetime int NOT NULL DEFAULT 1',
      'max_token_lifetime int NOT NULL DEFAULT 31536000',
      'version int NOT NULL DEFAULT 1',
      "search_text varchar(2000) NOT NULL DEFAULT ''",
    ];
    for (const column of columns) await runner.query(`ALTER TABLE tenants ADD COLUMN ${column}`);
    await runner.query('CREATE INDEX signing_keys_by_activation ON signing_keys (activates_at)');
    await runner.query('CREATE INDEX signing_keys_by_end ON signing_keys (published_until)');
    await runner.query(`CREATE TABLE audit_events (
      id varchar(36) NOT NULL PRIMARY KEY,
      tenant_id varchar(36) NOT NULL,
      at ${moment} NOT NULL,
      action varchar(40) NOT NULL,
      actor_type varchar(20) NOT NULL,
      actor_id varchar(255) NULL,
      actor_name varchar(255) NULL,
      object_type varchar(20) NOT NULL,
      object_id varchar(255) NOT NULL,
      \`before\` ${longText} NULL,
      \`after\` ${longText} NULL,
      request_id varchar(36) NULL,
      address varchar(45) NULL,
      CONSTRAINT audit_events_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    ) ${tail}`);
    await runner.query('CREATE INDEX audit_events_by_moment ON audit_events (tenant_id, at, id)');
    await runner.query('CREATE INDEX audit_events_by_object ON audit_events (tenant_id, object_id, at, id)');
    await runner.query('CREATE INDEX audit_events_by_actor ON audit_events (tenant_id, actor_id, at, id)');
    await runner.query('CREATE INDEX audit_events_by_action ON audit_events (tenant_id, action, at, id)');
    await runner.query('CREATE INDEX audit_events_by_kind ON audit_events (tenant_id, object_type, at, id)');
    await runner.query('CREATE INDEX audit_events_by_request ON audit_events (tenant_id, request_id)');
    await runner.query('CREATE INDEX audit_events_by_age ON audit_events (at)');
    await runner.query(`CREATE TABLE identity_providers (
      tenant_id varchar(36) NOT NULL PRIMARY KEY,
      name varchar(100) NOT NULL,
      issuer varchar(500) NOT NULL,
      client_id varchar(255) NOT NULL,
      encrypted_secret text NOT NULL,
      key_id varchar(16) NOT NULL,
      scope varchar(255) NOT NULL,
      claim varchar(255) NOT NULL,
      grants ${longText} NOT NULL,
      version varchar(36) NOT NULL,
      created_at ${moment} NOT NULL,
      updated_at ${moment} NOT NULL,
      CONSTRAINT identity_providers_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    ) ${tail}`);
    await runner.query(`CREATE TABLE sessions (
      id varchar(43) NOT NULL PRIMARY KEY,
      tenant_id varchar(36) NOT NULL,
      client_row_id varchar(36) NULL,
      token_epoch varchar(16) NOT NULL,
      secret_id varchar(36) NULL,
      subject varchar(255) NULL,
      name varchar(255) NULL,
      scopes text NOT NULL,
      created_at ${moment} NOT NULL,
      expires_at ${moment} NOT NULL,
      CONSTRAINT sessions_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id),
      CONSTRAINT sessions_client FOREIGN KEY (client_row_id) REFERENCES clients (id) ON DELETE CASCADE
    ) ${tail}`);
    await runner.query('CREATE INDEX sessions_by_end ON sessions (expires_at)');
    await runner.query('CREATE INDEX sessions_by_client ON sessions (client_row_id)');
    await runner.query('CREATE INDEX sessions_by_subject ON sessions (tenant_id, subject)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['sessions', 'identity_providers', 'audit_events']) await runner.query(`DROP TABLE ${table}`);
    const onMysql = runner.connection.options.type === 'mysql';
    for (const index of ['signing_keys_by_end', 'signing_keys_by_activation']) {
      await runner.query(`DROP INDEX ${index}${onMysql ? ' ON signing_keys' : ''}`);
    }
    for (const column of ['search_text', 'version', 'max_token_lifetime', 'min_token_lifetime', 'default_audience', 'enabled']) {
      await runner.query(`ALTER TABLE tenants DROP COLUMN ${column}`);
    }
  }
}

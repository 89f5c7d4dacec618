import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialect } from './dialect.js';

/**
 * Rotation and use of secrets, other ways to prove who one is, revoked tokens, proofs that were used,
 * and signing keys that follow one another. A release before it works on what it leaves.
 */
export class LifeOfSecrets1763942400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { moment, tail } = await dialect(runner);
    const columns: Record<string, string[]> = {
      tenants: ['signing_algorithm varchar(10) NULL', `tokens_expire_by ${moment} NULL`],
      clients: ["token_epoch varchar(16) NOT NULL DEFAULT ''", 'jwks text NULL', `last_used_at ${moment} NULL`],
      client_secrets: [
        'lookup_digest varchar(44) NULL',
        'encrypted_secret text NULL',
        `superseded_at ${moment} NULL`,
        `revoked_at ${moment} NULL`,
        `leaked_at ${moment} NULL`,
        'leaked_from varchar(45) NULL',
        'leaked_url varchar(500) NULL',
        `last_used_at ${moment} NULL`,
        'last_used_ip varchar(45) NULL',
        'use_count bigint NOT NULL DEFAULT 0',
      ],
      signing_keys: [`usable_from ${moment} NULL`, `activates_at ${moment} NULL`],
    };
    for (const [table, definitions] of Object.entries(columns)) {
      for (const definition of definitions) await runner.query(`ALTER TABLE ${table} ADD COLUMN ${definition}`);
    }
    await runner.query('UPDATE signing_keys SET usable_from = created_at, activates_at = created_at');
    await runner.query('CREATE INDEX client_secrets_by_lookup ON client_secrets (lookup_digest)');
    await runner.query('CREATE INDEX client_secrets_by_end ON client_secrets (expires_at)');
    await runner.query(`CREATE TABLE client_hours (
      client_row_id varchar(36) NOT NULL,
      hour int NOT NULL,
      issued bigint NOT NULL,
      refused bigint NOT NULL,
      PRIMARY KEY (client_row_id, hour),
      CONSTRAINT client_hours_client FOREIGN KEY (client_row_id) REFERENCES clients (id) ON DELETE CASCADE
    ) ${tail}`);
    await runner.query('CREATE INDEX client_hours_by_hour ON client_hours (hour)');
    await runner.query(`CREATE TABLE revoked_tokens (
      tenant_id varchar(36) NOT NULL,
      jti varchar(100) NOT NULL,
      expires_at ${moment} NOT NULL,
      PRIMARY KEY (tenant_id, jti),
      CONSTRAINT revoked_tokens_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    ) ${tail}`);
    await runner.query('CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at)');
    await runner.query(`CREATE TABLE used_proofs (
      tenant_id varchar(36) NOT NULL,
      id varchar(43) NOT NULL,
      expires_at ${moment} NOT NULL,
      PRIMARY KEY (tenant_id, id),
      CONSTRAINT used_proofs_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
    ) ${tail}`);
    await runner.query('CREATE INDEX used_proofs_by_end ON used_proofs (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['used_proofs', 'revoked_tokens', 'client_hours']) await runner.query(`DROP TABLE ${table}`);
    const onMysql = runner.connection.options.type === 'mysql';
    for (const index of ['client_secrets_by_end', 'client_secrets_by_lookup']) {
      await runner.query(`DROP INDEX ${index}${onMysql ? ' ON client_secrets' : ''}`);
    }
    const columns: Record<string, string[]> = {
      signing_keys: ['activates_at', 'usable_from'],
      client_secrets: [
        'use_count',
        'last_used_ip',
        'last_used_at',
        'leaked_url',
        'leaked_from',
        'leaked_at',
        'revoked_at',
        'superseded_at',
        'encrypted_secret',
        'lookup_digest',
      ],
      clients: ['last_used_at', 'jwks', 'token_epoch'],
      tenants: ['tokens_expire_by', 'signing_algorithm'],
    };
    for (const [table, names] of Object.entries(columns)) {
      for (const name of names) await runner.query(`ALTER TABLE ${table} DROP COLUMN ${name}`);
    }
  }
}

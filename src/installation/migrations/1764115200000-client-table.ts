import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Clients by their last use and by what else they are filtered and sorted by, so that one index tells which are wanted;
 * secrets by their end with whose they are. A release before it works on what it leaves.
 */
export class ClientTable1764115200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX clients_by_use ON clients (tenant_id, last_used_at, id, enabled, created_at, name_key, client_id)');
    await indexEndOfSecrets(runner, 'expires_at, tenant_id, client_row_id');
  }

  async down(runner: QueryRunner): Promise<void> {
    await indexEndOfSecrets(runner, 'expires_at');
    await dropIndex(runner, 'clients', 'clients_by_use');
  }
}

/** The end comes first: of an index that begins with the tenant SQLite believes that it finds the secrets of one client. */
async function indexEndOfSecrets(runner: QueryRunner, columns: string): Promise<void> {
  await dropIndex(runner, 'client_secrets', 'client_secrets_by_end');
  await runner.query(`CREATE INDEX client_secrets_by_end ON client_secrets (${columns})`);
}

async function dropIndex(runner: QueryRunner, table: string, index: string): Promise<void> {
  await runner.query(`DROP INDEX ${index}${runner.connection.options.type === 'mysql' ? ` ON ${table}` : ''}`);
}

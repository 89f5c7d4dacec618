import type { MigrationInterface, QueryRunner } from 'typeorm';

const RIGHTS = ['clients:read', 'clients:write', 'tenants:read', 'tenants:write', 'audit:read', 'keys:write'];

/** Indexes, with their columns from now on and before. */
const LONGER = [
  ['client_secrets', 'client_secrets_by_client', 'client_row_id, expires_at', 'client_row_id'],
  ['client_secrets', 'client_secrets_by_lookup', 'tenant_id, lookup_digest', 'lookup_digest'],
  ['audit_events', 'audit_events_by_request', 'tenant_id, request_id, at, id', 'tenant_id, request_id'],
] as const;

/**
 * What is asked about all clients of a tenant, all secrets of a client or the record of a request is found without going through more.
 * A release before it works on what it leaves.
 */
export class ShortWays1764547200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, name, columns] of LONGER) await changeIndex(runner, table, name, columns);
    await runner.query('CREATE INDEX client_secrets_of_tenant ON client_secrets (tenant_id, expires_at, client_row_id)');
    await runner.query('CREATE INDEX clients_by_lifetime ON clients (tenant_id, access_token_lifetime)');
    await runner.query('CREATE INDEX clients_by_last_token ON clients (tenant_id, tokens_expire_by)');
    if (isMysql(runner)) return;
    // Such an index is SQLite's alone, which works in the thread of the server: elsewhere a long search keeps nobody else waiting.
    for (const right of RIGHTS) {
      const holders = `enabled = 1 AND INSTR(scopes, '"${right}"') > 0`;
      await runner.query(`CREATE INDEX ${nameOf(right)} ON clients (tenant_id) WHERE ${holders}`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    // The one that MySQL had made by itself for the foreign key went when another could take its place.
    if (isMysql(runner)) await runner.query('CREATE INDEX client_secrets_by_tenant ON client_secrets (tenant_id)');
    const ofRights = isMysql(runner) ? [] : RIGHTS.map(nameOf);
    for (const index of [...ofRights, 'clients_by_last_token', 'clients_by_lifetime']) await dropIndex(runner, 'clients', index);
    await dropIndex(runner, 'client_secrets', 'client_secrets_of_tenant');
    for (const [table, name, , before] of LONGER) await changeIndex(runner, table, name, before);
  }
}

function nameOf(right: string): string {
  return `clients_with_${right.replace(':', '_')}`;
}

function isMysql(runner: QueryRunner): boolean {
  return runner.connection.options.type === 'mysql';
}

async function dropIndex(runner: QueryRunner, table: string, index: string): Promise<void> {
  await runner.query(`DROP INDEX ${index}${isMysql(runner) ? ` ON ${table}` : ''}`);
}

/** In one statement on MySQL, which wants an index for a foreign key at all times. */
async function changeIndex(runner: QueryRunner, table: string, name: string, columns: string): Promise<void> {
  const statements = isMysql(runner)
    ? [`ALTER TABLE ${table} DROP INDEX ${name}, ADD INDEX ${name} (${columns})`]
    : [`DROP INDEX ${name}`, `CREATE INDEX ${name} ON ${table} (${columns})`];
  for (const statement of statements) await runner.query(statement);
}

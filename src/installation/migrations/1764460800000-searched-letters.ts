import type { MigrationInterface, QueryRunner } from 'typeorm';
import { toNameKey, toSearchText } from '../../platform/search-text.js';
import { searchTextOf } from '../../tenants/tenant-row.js';

const ROWS_AT_ONCE = 500;

interface ClientRow {
  id: string;
  tenant_id: string;
  name: string;
  client_id: string;
  search_text: string;
}

interface TenantRow {
  id: string;
  name: string;
  host: string;
  search_text: string;
}

/**
 * Names are searched without strokes and joiners, and with ß as ss: what is searched is made anew where it differs, and
 * where it does the index of the tenant's clients goes, to be made again beside the requests. A release before it works on
 * what it leaves, and finds such names by other letters.
 */
export class SearchedLetters1764460800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const tenants = new Set<string>();
    for await (const row of rowsOf<ClientRow>(runner, 'SELECT id, tenant_id, name, client_id, search_text FROM clients')) {
      const text = toSearchText(`${row.name}\n${row.client_id}`);
      if (text === row.search_text) continue;
      await runner.query('UPDATE clients SET search_text = ?, name_key = ? WHERE id = ?', [text, toNameKey(row.name), row.id]);
      tenants.add(row.tenant_id);
    }
    for (const tenant of tenants) await dropIndex(runner, tenant);
    for await (const row of rowsOf<TenantRow>(runner, 'SELECT id, name, host, search_text FROM tenants')) {
      const text = searchTextOf(row);
      if (text !== row.search_text) await runner.query('UPDATE tenants SET search_text = ? WHERE id = ?', [text, row.id]);
    }
  }

  /** The release before finds all others, and these by the letters that they are stored with. */
  async down(): Promise<void> {}
}

/** Some at a time, in the order of their ids. */
async function* rowsOf<Row extends { id: string }>(runner: QueryRunner, select: string): AsyncGenerator<Row> {
  for (let after = '', more = true; more; ) {
    const rows: Row[] = await runner.query(`${select} WHERE id > ? ORDER BY id LIMIT ${ROWS_AT_ONCE}`, [after]);
    yield* rows;
    more = rows.length === ROWS_AT_ONCE;
    after = rows.at(-1)?.id ?? '';
  }
}

async function dropIndex(runner: QueryRunner, tenantId: string): Promise<void> {
  await runner.query('DELETE FROM client_grams WHERE segment_id IN (SELECT id FROM client_segments WHERE tenant_id = ?)', [tenantId]);
  await runner.query('DELETE FROM client_segments WHERE tenant_id = ?', [tenantId]);
  await runner.query('UPDATE clients SET search_slot = NULL WHERE tenant_id = ? AND search_slot IS NOT NULL', [tenantId]);
}

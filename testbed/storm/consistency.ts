import type { TestDatabase } from '../database.js';

type Row = Record<string, unknown>;
type Rows = Record<'clients' | 'secrets' | 'hours' | 'tenants' | 'record' | 'keys', Row[]>;

const MOST_SECRETS = 2;

/** What cannot be true together in a database; nothing when all of it can. */
export async function contradictionsIn({ query }: Pick<TestDatabase, 'query'>): Promise<string[]> {
  const rows: Rows = {
    clients: await query('SELECT id, tenant_id, client_id, enabled, auth_method, jwks, scopes FROM clients'),
    secrets: await query('SELECT client_row_id, expires_at, leaked_at FROM client_secrets'),
    hours: await query('SELECT client_row_id FROM client_hours'),
    tenants: await query('SELECT id, host, is_home FROM tenants'),
    record: await query('SELECT tenant_id, action FROM audit_events'),
    keys: await query('SELECT tenant_id FROM signing_keys'),
  };
  return [
    ...rows.clients.flatMap((client) => wrongSecrets(client, rows.secrets)),
    ...strays('secrets', rows.secrets, { belongTo: rows.clients, by: 'client_row_id' }),
    ...strays('hours', rows.hours, { belongTo: rows.clients, by: 'client_row_id' }),
    ...strays('clients', rows.clients, { belongTo: rows.tenants, by: 'tenant_id' }),
    ...strays('keys', rows.keys, { belongTo: rows.tenants, by: 'tenant_id' }),
    ...strays('entries', rows.record, { belongTo: rows.tenants, by: 'tenant_id' }),
    ...rows.tenants.flatMap((tenant) => wrongTenant(tenant, rows)),
  ];
}

function wrongSecrets({ id, client_id, enabled, auth_method, jwks }: Row, secrets: readonly Row[]): string[] {
  const own = secrets.filter(({ client_row_id }) => client_row_id === id);
  const live = own.filter(({ expires_at }) => expires_at === null || toDate(expires_at) > new Date()).length;
  if (auth_method === 'PRIVATE_KEY_JWT') return own.length > 0 || jwks === null ? [`${client_id} has a key and ${own.length} secrets`] : [];
  const hasLost = own.some(({ leaked_at }) => leaked_at !== null);
  return live > MOST_SECRETS || (enabled && live < 1 && !hasLost) ? [`${client_id} has ${live} live secrets of ${own.length}`] : [];
}

function strays(what: string, rows: readonly Row[], { belongTo, by }: { belongTo: readonly Row[]; by: string }): string[] {
  const known = new Set(belongTo.map(({ id }) => id));
  const lost = rows.filter((row) => !known.has(row[by])).length;
  return lost > 0 ? [`${lost} ${what} belong to nobody`] : [];
}

/** Whether a tenant has what it needs, and what its record tells of: each client was created, or came with the tenant. */
function wrongTenant({ id, host, is_home }: Row, { clients, tenants, record, keys }: Rows): string[] {
  const count = (action: string) => record.filter((entry) => entry.tenant_id === id && entry.action === action).length;
  const own = clients.filter(({ tenant_id }) => tenant_id === id);
  const told = count('CREATE_CLIENT') + count('RESET_ADMINISTRATOR') - count('DELETE_CLIENT');
  const toldTenants = is_home ? count('CREATE_TENANT') - count('DELETE_TENANT') + 1 : tenants.length;
  return [
    ...(own.length === told ? [] : [`${host} has ${own.length} clients, and its record tells of ${told}`]),
    ...(tenants.length === toldTenants ? [] : [`there are ${tenants.length} tenants, and the record tells of ${toldTenants}`]),
    ...(keys.filter(({ tenant_id }) => tenant_id === id).length >= 2 ? [] : [`${host} has too few keys`]),
    ...(own.some(({ enabled, scopes }) => enabled && String(scopes).includes('clients:write')) ? [] : [`nobody manages ${host}`]),
  ];
}

function toDate(stored: unknown): Date {
  return stored instanceof Date ? stored : new Date(`${String(stored).replace(' ', 'T')}Z`);
}

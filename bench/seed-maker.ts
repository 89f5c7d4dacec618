import { getMetadataArgsStorage } from 'typeorm';
import { loadBuilt, openBuilt } from './built.ts';

type Row = Record<string, unknown>;
type Entity = new () => object;

/** A tenant as clients are made in it. */
export interface SeedTenant {
  tenant: object;
  issuer: string;
}

/** What is said of a client that is made; the rest is as the server makes a new one. */
export interface SeedClient {
  name: string;
  clientId: string;
  enabled?: boolean;
  createdAt?: Date;
  lastUsedAt?: Date | null;
}

/** Rows of one table. */
interface Rows {
  table: string;
  columns: string[];
  rows: unknown[][];
}

/** Makes rows and gathers them. */
export interface Maker {
  tenant(names: { host: string; name: string }): Promise<SeedTenant>;
  /** @returns its secret */
  client(at: SeedTenant, client: SeedClient): Promise<string>;
  /** What has gathered since the last time. */
  take(): Rows[];
  close(): Promise<void>;
}

/**
 * The server's own services make each row; only the way into the tables is shorter.
 * @param env with the encryption key of the database that the rows are for, and a database that is not it
 */
export async function createMaker(env: Record<string, string>): Promise<Maker> {
  const { clients, secrets, cipher, database } = await openBuilt(env);
  const { SigningKeyStore } = await loadBuilt('keys/signing-key-store.js');
  const { newTenant } = await loadBuilt('tenants/tenant-row.js');
  const { Tenant } = await loadBuilt('tenants/tenant.entity.js');
  const { ClientAuthMethod, SenderConstraint } = await loadBuilt('clients/client.entity.js');
  const { hintOf, makeSecret } = await loadBuilt('clients/secret.js');
  const keys = new SigningKeyStore(cipher);
  const { manager, take } = createGatherer();
  const tenant = async (names: { host: string; name: string }) => {
    const made = { ...newTenant(names), signingAlgorithm: 'ES256' };
    await manager.insert(Tenant, made);
    const key = { tenantId: made.id, algorithm: 'ES256', usableFrom: new Date() };
    await keys.insert(manager, { ...key, activatesAt: key.usableFrom });
    await keys.insert(manager, key);
    return { tenant: made, issuer: `http://${names.host}` };
  };
  const client = async (at: SeedTenant, { name, clientId, ...other }: SeedClient) => {
    const rights = {
      scopes: ['orders:read'],
      audiences: [`${at.issuer}/api`],
      authMethod: ClientAuthMethod.SECRET,
      jwks: null,
      jwksUri: null,
      tlsClientAuth: null,
      senderConstraint: SenderConstraint.NONE,
    };
    // Nobody counts what is poured in: the server counts a tenant's clients by itself once a day.
    const change = { manager: manager.with(other), caller: at, countClient: async () => undefined };
    const row = await clients.insert(change, { name, clientId, accessTokenLifetime: 3600, ...rights });
    const secret = makeSecret();
    await secrets.insert(manager, row, { secret, hint: hintOf(secret) });
    return secret;
  };
  return { tenant, client, take, close: () => database.close() };
}

/** Stands in for TypeORM's manager, and keeps what it is given. */
function createGatherer() {
  const gathered = new Map<Entity, Row[]>();
  const insert = async (entity: Entity, row: Row) => {
    const rows = gathered.get(entity) ?? [];
    gathered.set(entity, rows);
    rows.push({ ...row });
  };
  const create = (_entity: Entity, row: Row) => row;
  const manager = {
    create,
    insert,
    with: (other: Row) => ({ create, insert: (entity: Entity, row: Row) => insert(entity, { ...row, ...other }) }),
  };
  const take = () => {
    const tables = [...gathered].map(([entity, rows]) => toTable(entity, rows));
    gathered.clear();
    return tables;
  };
  return { manager, take };
}

function toTable(entity: Entity, rows: readonly Row[]): Rows {
  const storage = getMetadataArgsStorage();
  const table = storage.tables.find(({ target }) => target === entity)?.name ?? '';
  const columns = storage.filterColumns(entity);
  return {
    table,
    columns: columns.map(({ options, propertyName }) => options.name ?? propertyName),
    rows: rows.map((row) => columns.map(({ propertyName }) => toColumn(row[propertyName]))),
  };
}

/** Both databases take moments as text in UTC, flags as numbers and JSON as text. */
function toColumn(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, -1);
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

import DataLoader from 'dataloader';
import type { TenantContext } from '../access/principal.js';
import type { Database } from '../platform/transaction.js';
import { ClientAuthMethod } from './client.entity.js';
import type { PublicJwks } from './public-jwks.js';
import { fromStoredAudience } from './scopes.js';
import type { SecretDigest, StoredDigest } from './secret.js';

/** A secret as the token endpoint checks it. */
export interface RegisteredSecret extends StoredDigest {
  id: string;
  /** Only with `CLIENT_SECRET_JWT`. */
  encryptedSecret: string | null;
  /** Whether the row of the secret can be found by the secret alone. */
  hasLookupDigest: boolean;
  /** Milliseconds since 1970. */
  expiresAt: number | null;
}

/** What the token endpoint needs of a client. */
export interface RegisteredClient {
  rowId: string;
  tenantId: string;
  clientId: string;
  enabled: boolean;
  authMethod: ClientAuthMethod;
  jwks: PublicJwks | null;
  tokenEpoch: string;
  accessTokenLifetimeSeconds: number;
  scopes: string[];
  audiences: string[];
  secrets: RegisteredSecret[];
}

/** What a row was read for. */
interface Wanted {
  wanted_tenant: string;
  wanted_client: string;
  /** Null when the tenant is not served. */
  tenant_version: number | null;
}

interface Row extends Wanted {
  /** Not so for the rows of the decoy. */
  is_wanted: number;
  row_id: string;
  tenant_id: string;
  client_id: string;
  enabled: number | boolean;
  auth_method: string;
  jwks: string | null;
  token_epoch: string;
  lifetime: number;
  scopes: string;
  audiences: string;
  secret_id: string | null;
  key_id: string;
  digest: SecretDigest;
  encrypted_secret: string | null;
  lookup_digest: string | null;
  expires_at: Date | string | null;
}

/** What comes back when there is neither the client nor a decoy. */
interface NoRow extends Wanted {
  is_wanted: number;
  row_id: null;
}

interface Key {
  tenantId: string;
  clientId: string;
}

/** What a lookup came to. */
export interface Lookup {
  /** Absent when there is no such client. */
  client: RegisteredClient | undefined;
  /** Of the tenant, as it was when the client was read; absent when the tenant is not served any more. */
  tenantVersion: number | undefined;
}

/** Most clients in one query. SQLite keeps the statement of each size prepared. */
const LARGEST_BATCH = 64;

/** Most queries at a time: two, so that one that is slow does not hold up all others. */
const MOST_QUERIES = 2;

/**
 * Finds clients for machines, with the secrets that have not expired. Lookups of the same moment share one query; nothing is kept
 * past it, so that a client that was deleted or disabled is gone for the next request.
 */
export class ClientLookupService {
  readonly #rows: DataLoader<Key, (Row | NoRow)[], string>;
  readonly #waiting: (() => void)[] = [];
  #freeSlots = MOST_QUERIES;
  /** The row that is read in place of one that is not there, for its weight alone; nobody looks at what it says. */
  #decoyId: string | null = null;

  constructor(private readonly database: Database) {
    this.#rows = new DataLoader((keys) => this.#load(keys), {
      cache: false,
      maxBatchSize: LARGEST_BATCH,
      batchScheduleFn: (dispatch) => this.#schedule(dispatch),
    });
  }

  /** The client with exactly this client id, enabled or not. The id may be anything. */
  async find({ tenant, issuer }: TenantContext, clientId: string): Promise<Lookup> {
    const rows = await this.#rows.load({ tenantId: tenant.id, clientId });
    const found = rows.filter(isWanted);
    return { client: found[0] && toRegisteredClient(found, issuer), tenantVersion: rows[0]?.tenant_version ?? undefined };
  }

  /** What comes while the slots are taken waits together and is asked for in one query, all the larger under load. */
  #schedule(dispatch: () => void): void {
    if (this.#freeSlots === 0) {
      this.#waiting.push(dispatch);
    } else {
      this.#freeSlots -= 1;
      setImmediate(dispatch);
    }
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#freeSlots += 1;
  }

  async #load(keys: readonly Key[]): Promise<(Row | NoRow)[][]> {
    return this.#read(keys).finally(() => this.#release());
  }

  async #read(keys: readonly Key[]): Promise<(Row | NoRow)[][]> {
    const distinct = new Map(keys.map((key) => [nameOf(key.tenantId, key.clientId), key]));
    const wanted = [...distinct.values()].flatMap(({ tenantId, clientId }) => [tenantId, clientId]);
    const parameters = [...wanted, this.#decoyId, this.database.moment(new Date())];
    const rows: (Row | NoRow)[] = await this.database.read((manager) => manager.query(selectRows(distinct.size), parameters));
    const read = rows.filter((row) => row.row_id !== null);
    this.#keepDecoy(read, read.length < rows.length);
    const byName = Map.groupBy(rows, (row) => nameOf(row.wanted_tenant, row.wanted_client));
    return keys.map(({ tenantId, clientId }) => byName.get(nameOf(tenantId, clientId)) ?? []);
  }

  /** Stays with one until it is deleted, so that nobody who has a client can choose; and with one without keys, as most are. */
  #keepDecoy(rows: readonly Row[], isMissing: boolean): void {
    if (this.#decoyId !== null && !isMissing) return;
    this.#decoyId = rows.find(({ jwks }) => jwks === null)?.row_id ?? null;
  }
}

/** A tenant's id has no blank in it. */
function nameOf(tenantId: string, clientId: string): string {
  return `${tenantId} ${clientId}`;
}

const statements = new Map<number, string>();

/**
 * The rows of each wanted client, or those of the decoy in its place: the absence of a client takes as many steps and as many bytes.
 * Joined from what is wanted, so that one query can hold several.
 */
function selectRows(clients: number): string {
  const statement = statements.get(clients) ?? writeStatement(clients);
  statements.set(clients, statement);
  return statement;
}

function writeStatement(clients: number): string {
  const wanted = `SELECT ? AS tenant_id, ? AS client_id${' UNION ALL SELECT ?, ?'.repeat(clients - 1)}`;
  return `SELECT w.tenant_id AS wanted_tenant, w.client_id AS wanted_client, t.version AS tenant_version, k.id IS NOT NULL AS is_wanted, c.id AS row_id, c.tenant_id, c.client_id, c.enabled, c.auth_method, c.jwks, c.token_epoch,
      c.access_token_lifetime AS lifetime, c.scopes, c.audiences,
      s.id AS secret_id, s.key_id, s.digest, s.encrypted_secret, s.lookup_digest, s.expires_at
    FROM (${wanted}) w
    LEFT JOIN tenants t ON t.id = w.tenant_id AND t.enabled = 1
    LEFT JOIN clients k ON k.tenant_id = t.id AND k.client_id = w.client_id
    LEFT JOIN clients c ON c.id = COALESCE(k.id, ?)
    LEFT JOIN client_secrets s ON s.client_row_id = c.id AND (s.expires_at IS NULL OR s.expires_at > ?)`;
}

function isWanted(row: Row | NoRow): row is Row {
  return Number(row.is_wanted) === 1;
}

function toRegisteredClient(rows: readonly Row[], issuer: string): RegisteredClient {
  const row = rows[0] as Row;
  return {
    rowId: row.row_id,
    tenantId: row.tenant_id,
    clientId: row.client_id,
    enabled: Boolean(row.enabled),
    authMethod: row.auth_method as ClientAuthMethod,
    jwks: row.jwks === null ? null : JSON.parse(row.jwks),
    tokenEpoch: row.token_epoch,
    accessTokenLifetimeSeconds: Number(row.lifetime),
    scopes: JSON.parse(row.scopes),
    audiences: (JSON.parse(row.audiences) as string[]).map((audience) => fromStoredAudience(audience, issuer)),
    secrets: rows.filter(({ secret_id }) => secret_id !== null).map(toRegisteredSecret),
  };
}

function toRegisteredSecret(row: Row): RegisteredSecret {
  return {
    id: row.secret_id as string,
    digest: row.digest,
    keyId: row.key_id,
    encryptedSecret: row.encrypted_secret,
    hasLookupDigest: row.lookup_digest !== null,
    expiresAt: row.expires_at === null ? null : toDate(row.expires_at).getTime(),
  };
}

/** The row of nobody, read like any other. */
const NOBODY: readonly Row[] = [
  {
    wanted_tenant: '',
    wanted_client: '',
    tenant_version: 0,
    is_wanted: 0,
    row_id: '00000000-0000-0000-0000-000000000000',
    tenant_id: '00000000-0000-0000-0000-000000000000',
    client_id: 'nobody',
    enabled: 0,
    auth_method: ClientAuthMethod.SECRET,
    jwks: null,
    token_epoch: 'nobodyXX',
    lifetime: 3600,
    scopes: '[]',
    audiences: '["/api"]',
    secret_id: '00000000-0000-0000-0000-000000000000',
    key_id: '0000000000000000',
    digest: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' as SecretDigest,
    encrypted_secret: null,
    lookup_digest: '',
    expires_at: '1970-01-01 00:00:00.000',
  },
];

/**
 * Stands in for a client that does not exist, so that its refusal takes the way and the work of a
 * wrong secret. It is disabled, and its one secret has expired.
 */
export function nobody({ issuer }: TenantContext): RegisteredClient {
  return toRegisteredClient(NOBODY, issuer);
}

/** Whether a client is one that exists. */
export function isSomebody({ rowId }: RegisteredClient): boolean {
  return rowId !== NOBODY[0]?.row_id;
}

/** SQLite keeps moments as text in UTC, without saying so. */
function toDate(value: Date | string): Date {
  return value instanceof Date ? value : new Date(`${value.replace(' ', 'T')}Z`);
}

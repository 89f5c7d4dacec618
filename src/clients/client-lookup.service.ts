import DataLoader from 'dataloader';
import type { TenantContext } from '../access/principal.js';
import type { Database } from '../platform/transaction.js';
import { ClientAuthMethod } from './client.entity.js';
import { CLIENT_ID_FORM } from './client.input.js';
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

interface Row {
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

interface Key {
  tenantId: string;
  clientId: string;
}

/** Most ids in one query; statements come in a few sizes only, so that each is prepared once. */
const LARGEST_BATCH = 64;

/** Most queries at a time: two, so that one that is slow does not hold up all others. */
const MOST_QUERIES = 2;

/**
 * Finds clients for machines, with the secrets that have not expired. Lookups of the same moment share one query; nothing is kept
 * past it, so that a client that was deleted or disabled is gone for the next request.
 */
export class ClientLookupService {
  readonly #rows: DataLoader<Key, Row[], string>;
  readonly #waiting: (() => void)[] = [];
  #freeSlots = MOST_QUERIES;

  constructor(private readonly database: Database) {
    this.#rows = new DataLoader((keys) => this.#load(keys), {
      cache: false,
      maxBatchSize: LARGEST_BATCH,
      batchScheduleFn: (dispatch) => this.#schedule(dispatch),
    });
  }

  /** The client with exactly this client id, enabled or not. */
  async find({ tenant, issuer }: TenantContext, clientId: string): Promise<RegisteredClient | undefined> {
    if (!CLIENT_ID_FORM.test(clientId)) return undefined;
    const rows = await this.#rows.load({ tenantId: tenant.id, clientId });
    return rows[0] && toRegisteredClient(rows, issuer);
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

  async #load(keys: readonly Key[]): Promise<Row[][]> {
    return this.#read(keys).finally(() => this.#release());
  }

  async #read(keys: readonly Key[]): Promise<Row[][]> {
    const tenantIds = [...new Set(keys.map(({ tenantId }) => tenantId))];
    const clientIds = fill([...new Set(keys.map(({ clientId }) => clientId))]);
    const sql = selectRows(clientIds.length, tenantIds.length);
    const parameters = [...clientIds, this.database.moment(new Date()), ...tenantIds];
    const rows: Row[] = await this.database.read((manager) => manager.query(sql, parameters));
    return keys.map(({ tenantId, clientId }) => rows.filter((row) => row.client_id === clientId && row.tenant_id === tenantId));
  }
}

/** Repeats the last value until there are 1, 2, 4, 8 … of them. */
function fill(values: readonly string[]): string[] {
  const size = 2 ** Math.ceil(Math.log2(values.length));
  return Array.from({ length: size }, (_, index) => values[Math.min(index, values.length - 1)] as string);
}

/** Starts from the tenant, so that a row comes back whether the client is there or not: its absence takes no less time. */
function selectRows(clients: number, tenants: number): string {
  return `SELECT c.id AS row_id, c.tenant_id, c.client_id, c.enabled, c.auth_method, c.jwks, c.token_epoch,
      c.access_token_lifetime AS lifetime, c.scopes, c.audiences,
      s.id AS secret_id, s.key_id, s.digest, s.encrypted_secret, s.lookup_digest, s.expires_at
    FROM tenants t
    LEFT JOIN clients c ON c.tenant_id = t.id AND c.client_id IN (${placeholders(clients)})
    LEFT JOIN client_secrets s ON s.client_row_id = c.id AND (s.expires_at IS NULL OR s.expires_at > ?)
    WHERE t.id IN (${placeholders(tenants)})`;
}

function placeholders(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
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

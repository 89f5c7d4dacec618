import { type ClientRow, type Key, type NoRow, type RegisteredClient, toRegisteredClient } from '../clients/registered-client.js';
import type { Database } from '../platform/database/transaction.js';
import { Batches } from '../platform/queues/batches.js';
import type { TenantContext } from '../tenants/caller.js';
import type { AccessTokenType } from '../tenants/tenant.entity.js';

/** What a lookup came to. */
export interface Lookup {
  /** Absent when there is no such client. */
  client: RegisteredClient | undefined;
  /** Of the tenant, as it was when the client was read; absent when the tenant is not served any more. */
  tenantVersion: number | undefined;
  /** What the tenant's tokens call themselves at that moment. */
  accessTokenType: AccessTokenType | undefined;
}

/** Most clients in one query. SQLite keeps the statement of each size prepared. */
const LARGEST_BATCH = 64;

/** By which those who wait are told apart; the id may be of any length. */
const LONGEST_NAME = 100;

/**
 * Finds clients for machines, with the secrets that have not expired. Lookups of the same moment share one query; nothing is kept
 * past it, so that a client that was deleted or disabled is gone for the next request.
 */
export class ClientLookupService {
  readonly #rows = new Batches<Key, (ClientRow | NoRow)[]>({ load: (keys) => this.#read(keys), largest: LARGEST_BATCH, mostAtATime: 2 });
  /** The row that is read in place of one that is not there, for its weight alone; nobody looks at what it says. */
  #decoyId: string | null = null;

  constructor(private readonly database: Database) {}

  /** The client with exactly this client id, enabled or not. The id may be anything. */
  async find({ tenant, issuer }: TenantContext, clientId: string): Promise<Lookup> {
    const member = { crowd: tenant.id, name: clientId.slice(0, LONGEST_NAME) };
    const rows = await this.#rows.load(member, { tenantId: tenant.id, clientId });
    const found = rows.filter(isWanted);
    const client = found[0] && toRegisteredClient(found, { tenantId: tenant.id, clientId, issuer });
    const [{ tenant_version: tenantVersion, access_token_type: accessTokenType } = NO_TENANT] = rows;
    return { client, tenantVersion: tenantVersion ?? undefined, accessTokenType: accessTokenType ?? undefined };
  }

  async #read(keys: readonly Key[]): Promise<(ClientRow | NoRow)[][]> {
    const asked = new Map<string, (ClientRow | NoRow)[]>();
    const wanted: string[] = [];
    const found = keys.map(({ tenantId, clientId }) => {
      // A tenant's id has no blank in it.
      const name = `${tenantId} ${clientId}`;
      const own = asked.get(name) ?? [];
      if (!asked.has(name)) wanted.push(tenantId, clientId);
      asked.set(name, own);
      return own;
    });
    const distinct = [...asked.values()];
    const parameters = [...wanted, this.#decoyId, this.database.moment(new Date())];
    const rows = await this.database.rows<ClientRow | NoRow>(selectRows(distinct.length), parameters);
    for (const row of rows) distinct[Number(row.wanted)]?.push(row);
    const read = rows.filter((row) => row.row_id !== null);
    this.#keepDecoy(read, read.length < rows.length);
    return found;
  }

  /** Stays with one until it is deleted, so that nobody who has a client can choose; and with one without keys, as most are. */
  #keepDecoy(rows: readonly ClientRow[], isMissing: boolean): void {
    if (this.#decoyId !== null && !isMissing) return;
    this.#decoyId = rows.find(({ jwks }) => jwks === null)?.row_id ?? null;
  }
}

const NO_TENANT = { tenant_version: null, access_token_type: null };

/** What was ended at once has ended, whatever the clocks of other instances say, or one that goes back. */
const IS_LIVE = `(s.expires_at IS NULL
  OR (s.expires_at > ? AND s.revoked_at IS NULL AND (s.superseded_at IS NULL OR s.expires_at > s.superseded_at)))`;

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
  const others = Array.from({ length: clients - 1 }, (_, index) => ` UNION ALL SELECT ${index + 1}, ?, ?`).join('');
  const wanted = `SELECT 0 AS wanted, ? AS tenant_id, ? AS client_id${others}`;
  return `SELECT w.wanted, t.version AS tenant_version, t.access_token_type, k.id IS NOT NULL AS is_wanted, c.id AS row_id, c.enabled, c.auth_method, c.previous_auth_method, c.previous_method_ends_at,
      c.sender_constraint, c.jwks, c.jwks_uri, c.tls_client_auth, c.token_epoch,
      c.access_token_lifetime AS lifetime, c.scopes, c.audiences,
      s.id AS secret_id, s.key_id, s.digest, s.encrypted_secret, s.lookup_digest, s.expires_at
    FROM (${wanted}) w
    LEFT JOIN tenants t ON t.id = w.tenant_id AND t.enabled = 1
    LEFT JOIN clients k ON k.tenant_id = t.id AND k.client_id = w.client_id
    LEFT JOIN clients c ON c.id = COALESCE(k.id, ?)
    LEFT JOIN client_secrets s ON s.client_row_id = c.id AND ${IS_LIVE}`;
}

function isWanted(row: ClientRow | NoRow): row is ClientRow {
  return Number(row.is_wanted) === 1;
}

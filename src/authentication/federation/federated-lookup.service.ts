import type { TokenTerms } from '../../clients/federation/federated-credential.rules.js';
import { keyOfIssuer, keyOfSubject } from '../../clients/federation/federated-credentials.service.js';
import type { PublicJwks } from '../../clients/keys/public-jwks.js';
import { type ClientRow, type NoRow, type RegisteredClient, toRegisteredClient } from '../../clients/registered-client.js';
import type { Database } from '../../platform/database/transaction.js';
import { Batches } from '../../platform/queues/batches.js';
import type { TenantContext } from '../../tenants/caller.js';
import type { Lookup } from '../client-lookup.service.js';

/** Most assertions in one query. SQLite keeps the statement of each size prepared. */
const LARGEST_BATCH = 32;
const LONGEST_NAME = 100;

/** An issuer as the tokens of it are checked. */
export interface Trust {
  issuer: string;
  rowId: string;
  version: number;
  enabled: boolean;
  epoch: string;
  algorithms: string[];
  maxAssertionLifetimeSeconds: number;
  singleUse: boolean;
  jwksUri: string | null;
  /** Whether its keys were given: they are read when they are needed. */
  hasGivenKeys: boolean;
}

/** What a token has to say so that it proves the client. */
export interface RegisteredCredential extends Omit<TokenTerms, 'issuer'> {
  id: string;
  /** Null for the tenant's issuer. */
  audience: string | null;
}

/** Whose token is shown: what it says of itself, before anything of it is proved. */
export interface Said {
  /** Absent where the request did not say it. */
  clientId: string | undefined;
  issuer: string;
  subject: string;
}

/** What a lookup came to. */
export interface FederatedLookup extends Lookup {
  /** Absent when the tenant trusts no such issuer. */
  trust: Trust | undefined;
  /** Those of the client that name the issuer. */
  credentials: RegisteredCredential[];
}

/** Whom to look for. */
interface Key {
  tenantId: string;
  issuerKey: string;
  /** A client id, or the key of a subject. */
  name: string;
}

/** By what a client is named. */
type By = keyof typeof FOUND;

interface TrustColumns {
  issuer_id: string | null;
  issuer: string;
  issuer_version: number;
  issuer_enabled: number | boolean;
  issuer_epoch: string;
  algorithms: string;
  max_assertion_lifetime: number;
  single_use: number | boolean;
  issuer_jwks_uri: string | null;
  has_given_keys: number;
}

interface CredentialColumns {
  client_id: string;
  credential_id: string | null;
  subject: string | null;
  subject_pattern: string | null;
  claims: string;
  audience: string | null;
}

type Row = TrustColumns & CredentialColumns & (ClientRow | NoRow);

/**
 * Finds clients by tokens of trusted issuers, with the issuer and with what such a token has to say. Lookups of the same moment share one
 * query; nothing is kept past it.
 */
export class FederatedLookupService {
  readonly #rows: Readonly<Record<By, Batches<Key, Row[]>>> = {
    clientId: new Batches({ load: (keys) => this.#read('clientId', keys), largest: LARGEST_BATCH, mostAtATime: 2 }),
    subject: new Batches({ load: (keys) => this.#read('subject', keys), largest: LARGEST_BATCH, mostAtATime: 2 }),
  };
  /** The row that is read in place of one that is not there, for its weight alone. */
  #decoyId: string | null = null;

  constructor(private readonly database: Database) {}

  /** The client that a token names: by its id, or else by issuer and subject where these name exactly one. */
  async find(context: TenantContext, { clientId, issuer, subject }: Said): Promise<FederatedLookup> {
    const { tenant } = context;
    const member = { crowd: tenant.id, name: `${clientId} ${issuer} ${subject}`.slice(0, LONGEST_NAME) };
    const [by, name] = clientId === undefined ? (['subject', keyOfSubject(issuer, subject)] as const) : (['clientId', clientId] as const);
    const rows = await this.#rows[by].load(member, { tenantId: tenant.id, issuerKey: keyOfIssuer(issuer), name });
    const [first] = rows as [Row];
    const found = rows.filter(isWanted);
    const client = found[0] && toClient(found[0], context);
    return {
      client,
      tenantVersion: first.tenant_version ?? undefined,
      accessTokenType: first.access_token_type ?? undefined,
      trust: first.issuer_id === null ? undefined : toTrust(first),
      credentials: found.filter(({ credential_id }) => credential_id !== null).map(toCredential),
    };
  }

  /** The keys that were given for an issuer; none when it was changed since. */
  async givenKeys({ tenant }: TenantContext, { rowId, version }: Trust): Promise<PublicJwks> {
    const sql = 'SELECT jwks FROM trusted_issuers WHERE id = ? AND tenant_id = ? AND version = ?';
    const [row] = await this.database.rows<{ jwks: string | null }>(sql, [rowId, tenant.id, version]);
    return row?.jwks ? JSON.parse(row.jwks) : { keys: [] };
  }

  async #read(by: By, keys: readonly Key[]): Promise<Row[][]> {
    const { parametersOf } = FOUND[by];
    const rows = await this.database.rows<Row>(selectRows(by, keys.length), [...keys.flatMap(parametersOf), this.#decoyId]);
    const found: Row[][] = keys.map(() => []);
    for (const row of rows) found[Number(row.wanted)]?.push(row);
    this.#keepDecoy(rows);
    return found;
  }

  /** Stays with one until it is deleted, so that nobody who has a client can choose. */
  #keepDecoy(rows: readonly Row[]): void {
    if (this.#decoyId !== null && rows.every(({ row_id }) => row_id !== null)) return;
    this.#decoyId = rows.find(({ row_id, credential_id }) => row_id !== null && credential_id !== null)?.row_id ?? null;
  }
}

/** Of clients that have the very same subject the first or the last by their ids: with one alone they are the same. */
const named = (direction: 'ASC' | 'DESC') => `(SELECT f.client_row_id FROM federated_credentials f
    WHERE f.tenant_id = ? AND f.subject_key = ? ORDER BY f.client_row_id ${direction} LIMIT 1)`;

/** How a client is found that an assertion names: what is selected of each, the values for it, and what the client's row has to do with it. */
const FOUND = {
  clientId: {
    resolved: '? AS tenant_id, ? AS issuer_key, ? AS said',
    parametersOf: ({ tenantId, issuerKey, name }: Key) => [tenantId, issuerKey, name],
    is: 'k.tenant_id = t.id AND k.client_id = x.said',
  },
  subject: {
    resolved: `? AS tenant_id, ? AS issuer_key, ${named('ASC')} AS first_id, ${named('DESC')} AS last_id`,
    parametersOf: ({ tenantId, issuerKey, name }: Key) => [tenantId, issuerKey, tenantId, name, tenantId, name],
    is: 'k.id = x.first_id AND k.tenant_id = t.id AND x.first_id = x.last_id',
  },
} as const;

const statements = new Map<string, string>();

function selectRows(by: By, assertions: number): string {
  const name = `${by} ${assertions}`;
  const statement = statements.get(name) ?? writeStatement(by, assertions);
  statements.set(name, statement);
  return statement;
}

function writeStatement(by: By, assertions: number): string {
  const { resolved, is } = FOUND[by];
  const others = Array.from({ length: assertions - 1 }, (_, index) => ` UNION ALL SELECT ${index + 1}, ${resolved}`).join('');
  const all = `SELECT 0 AS wanted, ${resolved}${others}`;
  return `SELECT x.wanted, t.version AS tenant_version, t.access_token_type, k.id IS NOT NULL AS is_wanted, c.id AS row_id, c.client_id, c.enabled,
      c.auth_method, c.previous_auth_method, c.previous_method_ends_at, c.sender_constraint, NULL AS jwks, NULL AS jwks_uri, NULL AS tls_client_auth, c.token_epoch, c.access_token_lifetime AS lifetime, c.scopes, c.audiences, NULL AS secret_id,
      i.id AS issuer_id, i.issuer, i.version AS issuer_version, i.enabled AS issuer_enabled, i.epoch AS issuer_epoch, i.algorithms,
      i.max_assertion_lifetime, i.single_use, i.jwks_uri AS issuer_jwks_uri, i.jwks IS NOT NULL AS has_given_keys,
      f.id AS credential_id, f.subject, f.subject_pattern, f.claims, f.audience
    FROM (${all}) x
    LEFT JOIN tenants t ON t.id = x.tenant_id AND t.enabled = 1
    LEFT JOIN trusted_issuers i ON i.tenant_id = t.id AND i.issuer_key = x.issuer_key
    LEFT JOIN clients k ON ${is}
    LEFT JOIN clients c ON c.id = COALESCE(k.id, ?)
    LEFT JOIN federated_credentials f ON f.client_row_id = c.id AND (k.id IS NULL OR f.issuer_key = x.issuer_key)`;
}

function isWanted(row: Row): row is TrustColumns & CredentialColumns & ClientRow {
  return Number(row.is_wanted) === 1;
}

function toClient(row: CredentialColumns & ClientRow, { tenant, issuer }: TenantContext): RegisteredClient {
  return toRegisteredClient([row], { tenantId: tenant.id, clientId: row.client_id, issuer });
}

function toTrust(row: TrustColumns): Trust {
  return {
    issuer: row.issuer,
    rowId: row.issuer_id as string,
    version: Number(row.issuer_version),
    enabled: Boolean(row.issuer_enabled),
    epoch: row.issuer_epoch,
    algorithms: JSON.parse(row.algorithms),
    maxAssertionLifetimeSeconds: Number(row.max_assertion_lifetime),
    singleUse: Boolean(row.single_use),
    jwksUri: row.issuer_jwks_uri,
    hasGivenKeys: Number(row.has_given_keys) === 1,
  };
}

function toCredential(row: CredentialColumns): RegisteredCredential {
  return {
    id: row.credential_id as string,
    subject: row.subject,
    subjectPattern: row.subject_pattern,
    claims: JSON.parse(row.claims),
    audience: row.audience,
  };
}

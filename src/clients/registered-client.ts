import { fromStored } from '../platform/database/moments.js';
import type { TenantContext } from '../tenants/caller.js';
import { fromStoredAudience } from '../tenants/scopes.js';
import { AccessTokenType } from '../tenants/tenant.entity.js';
import type { RegisteredName } from './certificates/registered-name.js';
import { ClientAuthMethod, SenderConstraint } from './client.entity.js';
import type { PublicJwks } from './keys/public-jwks.js';
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
  /** The way before that, which goes on until a moment, in milliseconds since 1970. */
  previous: { authMethod: ClientAuthMethod; endsAt: number } | undefined;
  senderConstraint: SenderConstraint;
  jwks: PublicJwks | null;
  /** Where its keys are, in place of these. */
  jwksUri: string | null;
  /** The name that its certificates have. */
  tlsClientAuth: RegisteredName | null;
  tokenEpoch: string;
  accessTokenLifetimeSeconds: number;
  scopes: string[];
  audiences: string[];
  secrets: RegisteredSecret[];
}

/** What a row was read for. */
interface Wanted {
  /** Which of those that were asked for. */
  wanted: number;
  /** Null when the tenant is not served. */
  tenant_version: number | null;
  access_token_type: AccessTokenType | null;
}

/** A client with one of its secrets, as the database gives them. */
export interface ClientRow extends Wanted {
  /** Not so for the rows of the decoy. */
  is_wanted: number;
  row_id: string;
  enabled: number | boolean;
  auth_method: string;
  previous_auth_method: string | null;
  previous_method_ends_at: Date | string | null;
  sender_constraint: string;
  jwks: string | null;
  jwks_uri: string | null;
  tls_client_auth: string | null;
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
export interface NoRow extends Wanted {
  is_wanted: number;
  row_id: null;
}

/** Whose rows are read. */
export interface Key {
  tenantId: string;
  clientId: string;
}

/** A client from its rows, of which each has one of its secrets. */
export function toRegisteredClient(rows: readonly ClientRow[], { tenantId, clientId, issuer }: Key & { issuer: string }): RegisteredClient {
  const row = rows[0] as ClientRow;
  return {
    rowId: row.row_id,
    tenantId,
    clientId,
    enabled: Boolean(row.enabled),
    authMethod: row.auth_method as ClientAuthMethod,
    previous: toPrevious(row),
    senderConstraint: row.sender_constraint as SenderConstraint,
    jwks: row.jwks === null ? null : JSON.parse(row.jwks),
    jwksUri: row.jwks_uri,
    tlsClientAuth: row.tls_client_auth === null ? null : JSON.parse(row.tls_client_auth),
    tokenEpoch: row.token_epoch,
    accessTokenLifetimeSeconds: Number(row.lifetime),
    scopes: JSON.parse(row.scopes),
    audiences: (JSON.parse(row.audiences) as string[]).map((audience) => fromStoredAudience(audience, issuer)),
    secrets: rows.filter(({ secret_id }) => secret_id !== null).map(toRegisteredSecret),
  };
}

function toPrevious({ previous_auth_method: authMethod, previous_method_ends_at: endsAt }: ClientRow): RegisteredClient['previous'] {
  if (authMethod === null || endsAt === null) return undefined;
  return { authMethod: authMethod as ClientAuthMethod, endsAt: fromStored(endsAt).getTime() };
}

/** Whether a client that is enabled may prove itself in a way at this moment. */
export function provesBy({ authMethod, previous }: RegisteredClient, method: ClientAuthMethod): boolean {
  return method === authMethod || (method === previous?.authMethod && Date.now() < previous.endsAt);
}

function toRegisteredSecret(row: ClientRow): RegisteredSecret {
  return {
    id: row.secret_id as string,
    digest: row.digest,
    keyId: row.key_id,
    encryptedSecret: row.encrypted_secret,
    hasLookupDigest: row.lookup_digest !== null,
    expiresAt: row.expires_at === null ? null : fromStored(row.expires_at).getTime(),
  };
}

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** The row of nobody, read like any other. */
const NOBODY: readonly ClientRow[] = [
  {
    wanted: 0,
    tenant_version: 0,
    access_token_type: AccessTokenType.AT_JWT,
    is_wanted: 0,
    row_id: NO_ID,
    enabled: 0,
    auth_method: ClientAuthMethod.SECRET,
    previous_auth_method: null,
    previous_method_ends_at: null,
    sender_constraint: SenderConstraint.NONE,
    jwks: null,
    jwks_uri: null,
    tls_client_auth: null,
    token_epoch: 'nobodyXX',
    lifetime: 3600,
    scopes: '[]',
    audiences: '["/api"]',
    secret_id: NO_ID,
    key_id: '0000000000000000',
    digest: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' as SecretDigest,
    encrypted_secret: null,
    lookup_digest: '',
    expires_at: '1970-01-01 00:00:00.000',
  },
];

/** No client id has a blank in it. */
const NO_CLIENT_ID = ' nobody';

/**
 * The decoy: it stands in for a client that does not exist, so that its refusal takes the way and the work of a
 * wrong secret. It is disabled, and its one secret has expired.
 * @param clientId that was asked for
 */
export function decoyClient({ issuer }: TenantContext, clientId = NO_CLIENT_ID): RegisteredClient {
  return toRegisteredClient(NOBODY, { tenantId: NO_ID, clientId, issuer });
}

/** Whether a client is one that exists. */
export function isRegistered({ rowId }: RegisteredClient): boolean {
  return rowId !== NOBODY[0]?.row_id;
}

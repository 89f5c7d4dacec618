import type { Credential, SessionCredential, TokenName } from '../tenants/caller.js';
import { type FederatedOrigin, originOf } from './token-id.js';

/** A statement with its parameters. */
export interface Question {
  sql: string;
  parameters: unknown[];
}

/**
 * Finds the client of a token that is worth something: the client is there and enabled, and its tenant served; its tokens were not cut,
 * nor those of its secret, of the issuer that vouched for it, of the signing key, nor this one. A secret that is there no more was forgotten
 * with what it was used for, and a credential too.
 */
export function whereTokenHolds(tenantId: string, { clientId, jti, kid }: TokenName): Question {
  const { epoch, secretId, federation } = originOf(jti);
  return {
    sql: `FROM clients c
      WHERE c.tenant_id = ? AND c.client_id = ? AND c.enabled = 1 AND c.token_epoch = ?
        AND ${isServed('c')}
        AND EXISTS (SELECT 1 FROM signing_keys k WHERE k.id = ? AND k.tenant_id = c.tenant_id)
        AND (? IS NULL OR EXISTS (SELECT 1 FROM client_secrets s WHERE s.id = ? AND s.revoked_at IS NULL))
        AND (? IS NULL OR EXISTS (SELECT 1 FROM federated_credentials f
          JOIN trusted_issuers i ON i.tenant_id = f.tenant_id AND i.issuer_key = f.issuer_key
          WHERE f.id = ? AND f.client_row_id = c.id AND i.enabled = 1 AND i.epoch = ?))
        AND NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.tenant_id = c.tenant_id AND r.jti = ?)`,
    parameters: [tenantId, clientId, epoch, kid, secretId ?? null, secretId ?? null, ...originParameters(federation), jti],
  };
}

function originParameters(federation: FederatedOrigin | undefined): (string | null)[] {
  const { credentialId = null, issuerEpoch = null } = federation ?? {};
  return [credentialId, credentialId, issuerEpoch];
}

/** Finds a session that goes on, and its client unless it is a person's: what ends a client's tokens ends its sessions. */
export function whereSessionHolds(tenantId: string, { sessionId }: SessionCredential, now: Date | string): Question {
  return {
    sql: `FROM sessions s LEFT JOIN clients c ON c.id = s.client_row_id AND c.enabled = 1 AND c.token_epoch = s.token_epoch
      WHERE s.id = ? AND s.tenant_id = ? AND s.expires_at > ? AND (s.client_row_id IS NULL OR c.id IS NOT NULL)
        AND ${isServed('s')}
        AND NOT EXISTS (SELECT 1 FROM client_secrets x WHERE x.id = s.secret_id AND x.revoked_at IS NOT NULL)`,
    parameters: [sessionId, tenantId, now],
  };
}

/** Somebody who was found before the content of a request had come may be disabled when it is here. */
function isServed(row: string): string {
  return `EXISTS (SELECT 1 FROM tenants t WHERE t.id = ${row}.tenant_id AND t.enabled = 1)`;
}

/** Asks what somebody may do by now who showed this: the scopes as JSON, or nothing when it is worth nothing any more. */
export function askForRights(tenantId: string, credential: Credential, now: Date | string): Question {
  if ('sessionId' in credential) {
    const { sql, parameters } = whereSessionHolds(tenantId, credential, now);
    return { sql: `SELECT CASE WHEN s.client_row_id IS NULL THEN s.scopes ELSE c.scopes END ${sql}`, parameters };
  }
  const { sql, parameters } = whereTokenHolds(tenantId, credential);
  return { sql: `SELECT c.scopes ${sql}`, parameters };
}

/** Of the rights that somebody showed, those that are still theirs. @param scopes the answer to {@link askForRights} */
export function rightsLeft(credential: Credential, scopes: string | null): string[] | undefined {
  if (scopes === null) return undefined;
  const held = JSON.parse(scopes) as string[];
  if ('sessionId' in credential) return held;
  return credential.expiresAt * 1000 > Date.now() ? credential.scopes.filter((scope) => held.includes(scope)) : undefined;
}

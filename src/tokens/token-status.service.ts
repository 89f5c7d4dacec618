import { LessThan } from 'typeorm';
import type { TenantContext } from '../access/principal.js';
import { isDuplicate } from '../platform/database-faults.js';
import type { Database } from '../platform/transaction.js';
import { RevokedToken } from './revoked-token.entity.js';
import { originOf } from './token-id.js';

/** What names a token whose signature was checked. */
export interface TokenName {
  clientId: string;
  jti: string;
  kid: string;
}

const FIND_LIVING = `SELECT c.scopes FROM clients c
  WHERE c.tenant_id = ? AND c.client_id = ? AND c.enabled = 1 AND c.token_epoch = ?
    AND EXISTS (SELECT 1 FROM signing_keys k WHERE k.id = ? AND k.tenant_id = c.tenant_id)
    AND NOT EXISTS (SELECT 1 FROM client_secrets s WHERE s.id = ? AND s.revoked_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.tenant_id = c.tenant_id AND r.jti = ?)`;

/** Knows which of the tokens that are still valid by themselves were cut. Asked of the database each time. */
export class TokenStatusService {
  constructor(private readonly database: Database) {}

  /**
   * The scopes that the client of a token has by now.
   * @returns undefined when the token is worth nothing any more: the client was deleted or disabled, all its
   * tokens, those of its secret, those of the signing key or this one were revoked
   */
  async findScopes({ tenant }: TenantContext, { clientId, jti, kid }: TokenName): Promise<string[] | undefined> {
    const { epoch, secretId } = originOf(jti);
    const rows = await this.database.read((manager) => manager.query(FIND_LIVING, [tenant.id, clientId, epoch, kid, secretId ?? '', jti]));
    return rows.length > 0 ? JSON.parse(rows[0].scopes) : undefined;
  }

  /** Revokes one token; a second time changes nothing. */
  async revoke({ tenant }: TenantContext, jti: string, expiresAt: Date): Promise<void> {
    await this.database
      .write((manager) => manager.insert(RevokedToken, { tenantId: tenant.id, jti, expiresAt }))
      .catch((error) => {
        if (!isDuplicate(error)) throw error;
      });
  }

  /** Forgets tokens that have expired by themselves. */
  async sweep(now: Date): Promise<void> {
    await this.database.write((manager) => manager.delete(RevokedToken, { expiresAt: LessThan(now) }));
  }
}

import { createHash } from 'node:crypto';

import type { TenantContext } from '../access/principal.js';
import type { TenantLines } from '../changes/tenant-lines.service.js';
import { isDuplicate } from '../platform/database-faults.js';
import { removeInPieces } from '../platform/pieces.js';
import type { Database } from '../platform/transaction.js';
import { UsedProof } from './used-proof.entity.js';

/** Lets each client assertion and each DPoP proof count once, on all instances together. */
export class UsedProofService {
  constructor(
    private readonly database: Database,
    private readonly lines: TenantLines,
  ) {}

  /**
   * Uses a proof up.
   * @param maker who made it: a client id, or the thumbprint of a key
   * @param expiresAt from when on it would be refused anyway
   * @returns whether this was the first time
   */
  async use({ tenant }: TenantContext, { maker, jti, expiresAt }: { maker: string; jti: string; expiresAt: Date }): Promise<boolean> {
    const id = createHash('sha256')
      .update(JSON.stringify([maker, jti]))
      .digest('base64url');
    try {
      await this.lines.run(tenant.id, 'tokens', () =>
        this.database.write((manager) => manager.insert(UsedProof, { tenantId: tenant.id, id, expiresAt })),
      );
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  /** Forgets proofs that have expired. */
  async sweep(now: Date): Promise<void> {
    await removeInPieces(this.database, { table: 'used_proofs', where: 'expires_at < ?', parameters: [this.database.moment(now)] });
  }
}

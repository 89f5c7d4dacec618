import { createHash } from 'node:crypto';
import type { TenantLines } from '../changes/tenant-lines.service.js';
import { isDuplicate } from '../platform/database/faults.js';
import { removeInPieces } from '../platform/database/pieces.js';
import type { Database } from '../platform/database/transaction.js';
import { HourlyCounts } from '../platform/hourly-counts.js';
import { type Actor, ActorType, actorKey, type TenantContext } from '../tenants/caller.js';
import { UsedProof } from './used-proof.entity.js';

/** An assertion may be kept for an hour and longer, in a table that all tenants share. */
const MOST_OF_A_CLIENT_AN_HOUR = 100_000;

/** A proof that is to be used up. */
export interface OneTimeProof {
  jti: string;
  /** From when on it would be refused anyway. */
  expiresAt: Date;
}

/** What a client has proved itself with. */
interface ProofOfClient extends OneTimeProof {
  clientId: string;
  /** Who made it, with what there may be of the same name; a client's assertion has the client's own name. */
  maker: string;
}

/** Replay protection: each client assertion and each DPoP proof counts once, by its `jti`, on all instances together. */
export class UsedProofService {
  readonly #uses = new HourlyCounts(MOST_OF_A_CLIENT_AN_HOUR, 'assertions and proofs of this client');

  constructor(
    private readonly database: Database,
    private readonly lines: TenantLines,
  ) {}

  /**
   * Uses up what a client has proved itself with.
   * @returns whether this was the first time
   * @throws {TooOften} when it has used very many
   */
  async useOfClient(tenant: TenantContext, { clientId, ...proof }: ProofOfClient): Promise<boolean> {
    const name = `${tenant.tenant.id} ${clientId}`;
    this.#uses.require(name);
    const isFirst = await this.use(tenant, { ...proof, by: { type: ActorType.CLIENT, id: clientId } });
    if (isFirst) this.#uses.count(name);
    return isFirst;
  }

  /**
   * Uses a proof up.
   * @param maker who made it: a client id, or the thumbprint of a key
   * @param by who shows it
   * @returns whether this was the first time
   */
  async use(
    { tenant }: TenantContext,
    { maker, by, jti, expiresAt }: OneTimeProof & { maker: string; by: Omit<Actor, 'name'> },
  ): Promise<boolean> {
    const id = idOf(maker, jti);
    try {
      await this.lines.run({ tenantId: tenant.id, line: 'tokens', name: actorKey(by), locks: false }, () =>
        this.database.write((manager) => manager.insert(UsedProof, { tenantId: tenant.id, id, expiresAt })),
      );
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  /** Whether a proof was used before. Nothing is used up by that. @param maker as above */
  async isUsed({ tenant }: TenantContext, { maker, jti }: { maker: string; jti: string }): Promise<boolean> {
    const sql = 'SELECT 1 FROM used_proofs WHERE tenant_id = ? AND id = ?';
    return (await this.database.rows(sql, [tenant.id, idOf(maker, jti)])).length > 0;
  }

  /** Forgets proofs that have expired. */
  async sweep(now: Date): Promise<void> {
    await removeInPieces(this.database, { table: 'used_proofs', where: 'expires_at < ?', parameters: [this.database.moment(now)] });
  }
}

function idOf(maker: string, jti: string): string {
  return createHash('sha256')
    .update(JSON.stringify([maker, jti]))
    .digest('base64url');
}

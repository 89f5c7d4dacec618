import { askForRights, rightsLeft, whereTokenHolds } from '../changes/rights.service.js';
import type { TenantLines } from '../changes/tenant-lines.service.js';
import { isDuplicate } from '../platform/database/faults.js';
import { removeInPieces } from '../platform/database/pieces.js';
import type { Database } from '../platform/database/transaction.js';
import { HourlyCounts } from '../platform/hourly-counts.js';
import { ActorType, actorKey, type Principal, type TenantContext, type TokenName } from '../tenants/caller.js';
import { fromStoredAudience, introspectionAudience } from '../tenants/scopes.js';
import { lockTenant } from '../tenants/tenant-lock.service.js';
import { RevokedToken } from './revoked-token.entity.js';

/** Each is kept until its token would have expired, and makes a client use up no more than its share. */
const MOST_REVOCATIONS_AN_HOUR = 10_000;

/** Knows which of the tokens that are still valid by themselves were cut. Asked of the database each time. */
export class TokenStatusService {
  readonly #revocations = new HourlyCounts(MOST_REVOCATIONS_AN_HOUR, 'revocations of tokens of this client');

  constructor(
    private readonly database: Database,
    private readonly lines: TenantLines,
  ) {}

  /**
   * The scopes that the client of a token has by now.
   * @returns undefined when the token is worth nothing any more: the client was deleted or disabled, or may not have tokens for this
   * audience; all its tokens, those of its secret, those of the signing key or this one were revoked
   */
  async findScopes({ tenant, issuer }: TenantContext, token: TokenName & { audience: string }): Promise<string[] | undefined> {
    const { sql, parameters } = whereTokenHolds(tenant.id, token);
    const [row] = await this.database.read((manager) => manager.query(`SELECT c.scopes, c.audiences ${sql}`, parameters));
    if (!row) return undefined;
    const [scopes, stored] = [JSON.parse(row.scopes), JSON.parse(row.audiences)] as [string[], string[]];
    // What stands for the introspection endpoint is a scope, which whoever asks for it looks for.
    const audiences = [introspectionAudience(issuer), ...stored.map((audience) => fromStoredAudience(audience, issuer))];
    return audiences.includes(token.audience) ? scopes : undefined;
  }

  /** What somebody may do by now who was found before; undefined when what they showed is worth nothing any more. */
  async rightsOf({ tenant, credential }: Principal): Promise<string[] | undefined> {
    const { sql, parameters } = askForRights(tenant.id, credential, this.database.moment(new Date()));
    const [row]: [{ scopes: string | null }] = await this.database.read((manager) =>
      manager.query(`SELECT (${sql}) AS scopes`, parameters),
    );
    return rightsLeft(credential, row.scopes);
  }

  /** Revokes one token of a client. It is idempotent: a second time changes nothing. @throws {TooOften} when it has revoked very many */
  async revoke(
    { tenant }: TenantContext,
    { clientId, jti, expiresAt }: Pick<TokenName, 'clientId' | 'jti'> & { expiresAt: number },
  ): Promise<void> {
    const name = `${tenant.id} ${clientId}`;
    this.#revocations.require(name);
    const revoke = () =>
      this.database.write(async (manager) => {
        // In turn with changes: one that found the token good is committed before this is answered.
        await lockTenant(manager, tenant.id, { isServed: false });
        await manager.insert(RevokedToken, { tenantId: tenant.id, jti, expiresAt: new Date(expiresAt * 1000) });
      });
    try {
      const by = actorKey({ type: ActorType.CLIENT, id: clientId });
      await this.lines.run({ tenantId: tenant.id, line: 'tokens', name: by, locks: true }, revoke);
      this.#revocations.count(name);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }

  /** Forgets tokens that have expired by themselves. */
  async sweep(now: Date): Promise<void> {
    await removeInPieces(this.database, { table: 'revoked_tokens', where: 'expires_at < ?', parameters: [this.database.moment(now)] });
  }
}

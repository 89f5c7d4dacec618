import { randomBytes } from 'node:crypto';

/** The epoch that tokens of a client `c` of a tenant `t` bear, in SQL: one of another is cut. Ending the tenant's ends those of all its clients. */
export const TOKEN_EPOCH = 'CONCAT(c.token_epoch, t.token_epoch)';

/** A new name for the tokens that are issued from now on; those that bear another are cut. */
export function makeTokenEpoch(): string {
  return randomBytes(6).toString('base64url');
}

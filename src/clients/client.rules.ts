import { randomBytes } from 'node:crypto';
import { BadUserInput } from '../platform/errors.js';
import type { Principal } from '../tenants/caller.js';
import { Forbidden } from '../tenants/errors.js';
import { isManagementScope, managementAudience } from '../tenants/scopes.js';
import type { Tenant } from '../tenants/tenant.entity.js';

/** What a client may do: the part of it that the rules below are about. */
export interface Rights {
  enabled: boolean;
  scopes: readonly string[];
  audiences: readonly string[];
}

/** What decides which rights to manage Latchkey a client has. */
type Grant = Pick<Rights, 'enabled' | 'scopes'>;

/**
 * Refuses scopes that no token of the client could carry, because the audience they belong to is missing.
 * @param path the input value to name
 * @throws {BadUserInput}
 */
export function requireUsableScopes({ scopes, audiences }: Rights, issuer: string, path: string): void {
  const management = managementAudience(issuer);
  const managing = scopes.find(isManagementScope);
  if (managing && !audiences.includes(management)) {
    throw new BadUserInput([{ path, message: `The scope ${managing} works in tokens for ${management} only: add that audience.` }]);
  }
  const other = scopes.find((scope) => !isManagementScope(scope));
  if (other && audiences.every((audience) => audience === management)) {
    throw new BadUserInput([
      { path, message: `The scope ${other} never works in tokens for ${management}: add the audience of the API that it is for.` },
    ]);
  }
}

/**
 * Refuses to hand out a right to manage Latchkey that the caller does not hold: to give it to a client, enabled
 * or not, or to let a client in again that has it.
 * @throws {Forbidden}
 */
export function requireGrantable(caller: Principal, before: Grant | null, after: Grant): void {
  const isLetIn = after.enabled && before?.enabled === false;
  const had = before && !isLetIn ? before.scopes : [];
  const lacking = after.scopes.filter(isManagementScope).filter((scope) => !had.includes(scope) && !caller.scopes.includes(scope));
  if (lacking.length === 0) return;
  throw new Forbidden(`You cannot hand out a right that you do not hold: ${lacking.join(', ')}.`, lacking);
}

/**
 * Refuses to touch a client that may manage more than the caller: whoever ends, narrows or locks it out takes away its rights, and
 * whoever holds its keys has them. Disabled clients count, for they may be enabled again.
 * @throws {Forbidden}
 */
export function requireSameRights(caller: Principal, { scopes }: Pick<Grant, 'scopes'>): void {
  const lacking = scopes.filter(isManagementScope).filter((scope) => !caller.scopes.includes(scope));
  if (lacking.length === 0) return;
  throw new Forbidden(`This concerns a right that you do not hold, and so cannot give or take away: ${lacking.join(', ')}.`, lacking);
}

/** What decides how long the tokens of a client live. */
interface TokenLife {
  enabled: boolean;
  accessTokenLifetime: number;
  tokensExpireBy: Date | null;
}

/**
 * Refuses a lifetime that the tenant does not allow.
 * @throws {BadUserInput}
 */
export function requireAllowedLifetime({ minAccessTokenLifetime: min, maxAccessTokenLifetime: max }: Tenant, seconds: number): void {
  if (seconds >= min && seconds <= max) return;
  throw new BadUserInput([{ path: 'input.accessTokenLifetime', message: `This tenant allows ${min} to ${max} seconds.` }]);
}

/** The latest moment at which a token issued up to now can still be alive, for an API that checks tokens by itself. */
export function lastTokenExpiry({ enabled, accessTokenLifetime, tokensExpireBy }: TokenLife, now: Date): Date {
  const issuedNow = now.getTime() + (enabled ? accessTokenLifetime * 1000 : 0);
  return new Date(Math.max(issuedNow, tokensExpireBy?.getTime() ?? 0));
}

/** A new name for the tokens that are issued from now on; those that bear another are cut. */
export function makeTokenEpoch(): string {
  return randomBytes(6).toString('base64url');
}

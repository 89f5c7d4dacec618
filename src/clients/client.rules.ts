import type { Principal } from '../access/principal.js';
import { BadUserInput, Forbidden } from '../platform/errors.js';
import { isManagementScope, managementAudience } from './scopes.js';

/** What a client may do: the part of it that the rules below are about. */
export interface Rights {
  enabled: boolean;
  scopes: readonly string[];
  audiences: readonly string[];
}

/** The rights to manage Latchkey that a client can use. */
export function managementScopesOf({ enabled, scopes }: Rights): string[] {
  return enabled ? scopes.filter(isManagementScope) : [];
}

/** Whether a client can manage clients: the right of which a tenant always keeps one holder. */
export function isAdministrator(rights: Rights): boolean {
  return managementScopesOf(rights).includes('clients:write');
}

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
 * Refuses to hand out a right to manage Latchkey that the caller does not hold.
 * @throws {Forbidden}
 */
export function requireGrantable(caller: Principal, before: Rights | null, after: Rights): void {
  const had = before ? managementScopesOf(before) : [];
  const lacking = managementScopesOf(after).filter((scope) => !had.includes(scope) && !caller.scopes.includes(scope));
  if (lacking.length === 0) return;
  throw new Forbidden(`You cannot hand out a right that you do not hold: ${lacking.join(', ')}.`);
}

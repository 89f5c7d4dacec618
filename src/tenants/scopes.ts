/** The rights to manage Latchkey itself. Tokens carry them for the audience `<issuer>/graphql` alone. */
export const MANAGEMENT_SCOPES = ['clients:read', 'clients:write', 'tenants:read', 'tenants:write', 'audit:read', 'keys:write'] as const;

/** Lets a client look into every token of its tenant. Not a right to manage Latchkey: an API that checks tokens needs it. */
export const INTROSPECTION_SCOPE = 'tokens:introspect';

/** One right to manage Latchkey. */
export type ManagementScope = (typeof MANAGEMENT_SCOPES)[number];

/** Whether a scope is a right to manage Latchkey. */
export function isManagementScope(scope: string): scope is ManagementScope {
  return (MANAGEMENT_SCOPES as readonly string[]).includes(scope);
}

/** The audience of the GraphQL API of an issuer. */
export function managementAudience(issuer: string): string {
  return `${issuer}/graphql`;
}

/** Path of the introspection endpoint, the same on every tenant's host. */
export const INTROSPECTION_PATH = '/connect/introspect';

/** The audience of tokens with which an issuer's introspection endpoint is asked. */
export function introspectionAudience(issuer: string): string {
  return issuer + INTROSPECTION_PATH;
}

/** Whether an audience is Latchkey itself. */
export function isOwnAudience(audience: string, issuer: string): boolean {
  return audience === managementAudience(issuer) || audience === introspectionAudience(issuer);
}

/** Whether a client may have tokens for an audience: for its own, and for introspection by the right to it. */
export function isPermittedAudience(
  audience: string,
  issuer: string,
  { audiences, scopes }: { audiences: string[]; scopes: string[] },
): boolean {
  return audiences.includes(audience) || (audience === introspectionAudience(issuer) && scopes.includes(INTROSPECTION_SCOPE));
}

/** Those of a client's scopes that tokens for an audience may carry. */
export function scopesFor(audience: string, issuer: string, scopes: readonly string[]): string[] {
  if (audience === introspectionAudience(issuer)) return scopes.filter((scope) => scope === INTROSPECTION_SCOPE);
  const isManagement = audience === managementAudience(issuer);
  return scopes.filter((scope) => isManagementScope(scope) === isManagement);
}

/** What a new tenant's administrator may do: all, except to manage tenants. */
export const TENANT_SCOPES = MANAGEMENT_SCOPES.filter((scope) => !scope.startsWith('tenants:'));

/** The audience of a tenant's API where no other was set. */
export function apiAudience(issuer: string): string {
  return `${issuer}/api`;
}

/**
 * The audiences of a client that was given none: those that its scopes are of use for.
 * @param defaultAudience of its tenant
 */
export function audiencesFor(scopes: readonly string[], issuer: string, defaultAudience: string | null): string[] {
  const audiences = scopes.some(isManagementScope) ? [managementAudience(issuer)] : [];
  const servesApi = scopes.length === 0 || scopes.some((scope) => !isManagementScope(scope));
  return servesApi ? [defaultAudience ?? apiAudience(issuer), ...audiences] : audiences;
}

/**
 * An audience as it is stored: one below the tenant's own issuer without it, so that the tenant can
 * move to another origin and its clients with it.
 */
export function toStoredAudience(audience: string, issuer: string): string {
  return audience.startsWith(`${issuer}/`) ? audience.slice(issuer.length) : audience;
}

/** Reverses {@link toStoredAudience}. */
export function fromStoredAudience(stored: string, issuer: string): string {
  return stored.startsWith('/') ? issuer + stored : stored;
}

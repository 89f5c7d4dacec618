import type { Tenant } from '../tenants/tenant.entity.js';

/** The tenant that a request belongs to, with the URL that names it in tokens. */
export interface TenantContext {
  tenant: Tenant;
  /** Origin, without a trailing slash. */
  issuer: string;
}

/** Who calls, within which tenant, and what they may do there. */
export interface Principal extends TenantContext {
  clientId: string;
  /** The scopes of the token that the client still has. */
  scopes: readonly string[];
}

/** What every resolver is given of its request. */
export interface GraphQLContext {
  /** Absent when no token was sent; every field but introspection then refuses. */
  principal: Principal | undefined;
  requestId: string;
}

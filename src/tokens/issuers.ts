import type { Middleware } from 'koa';
import { LRUCache } from 'lru-cache';
import type { KeyRing } from '../keys/key-ring.js';
import type { TenantContext } from '../tenants/caller.js';
import { introspectionAudience, managementAudience } from '../tenants/scopes.js';
import { createTokenVerifier, type VerifyAccessToken } from './access-token.js';

const MOST_AT_HAND = 1_000;
const IDLE_MS = 10 * 60_000;

/** Where the parts of an issuer come from. */
export interface IssuerSource {
  loadKeys(tenant: TenantContext): Promise<KeyRing>;
  /** Builds its OAuth provider. */
  createProvider(tenant: TenantContext, keys: KeyRing): Middleware;
}

/** What signs and checks the tokens of one tenant. */
export class Issuer {
  #provider: Middleware | undefined;
  /** Checks any access token of the tenant. */
  readonly verify: VerifyAccessToken;
  /** Checks one for the tenant's GraphQL API. */
  readonly verifyForManagement: VerifyAccessToken;
  /** Checks one for its introspection endpoint. */
  readonly verifyForIntrospection: VerifyAccessToken;

  constructor(
    readonly tenant: TenantContext,
    readonly keys: KeyRing,
    private readonly source: IssuerSource,
  ) {
    this.verify = createTokenVerifier(tenant, keys, { allowsJwt: true });
    this.verifyForManagement = createTokenVerifier(tenant, keys, { audience: managementAudience(tenant.issuer) });
    this.verifyForIntrospection = createTokenVerifier(tenant, keys, { audience: introspectionAudience(tenant.issuer) });
  }

  /** Its OAuth provider, built when it is first asked for. */
  get provider(): Middleware {
    this.#provider ??= this.source.createProvider(this.tenant, this.keys);
    return this.#provider;
  }
}

/**
 * The issuers that are in use. One is made when its tenant is first asked for and dropped when it was idle
 * for ten minutes or a thousand others were used since, so that tenants cost memory only while they work.
 */
export class Issuers {
  readonly #atHand: LRUCache<string, Issuer, TenantContext>;

  constructor(source: IssuerSource) {
    this.#atHand = new LRUCache({
      max: MOST_AT_HAND,
      ttl: IDLE_MS,
      updateAgeOnGet: true,
      ignoreFetchAbort: true,
      fetchMethod: async (_id, _stale, { context }) => new Issuer(context, await source.loadKeys(context), source),
    });
  }

  /**
   * The issuer of a tenant, with keys that are as new as what is known of the tenant.
   * @throws {DatabaseUnavailable}
   */
  async of(context: TenantContext): Promise<Issuer> {
    const { id, version } = context.tenant;
    const issuer = this.#atHand.get(id) ?? ((await this.#atHand.fetch(id, { context })) as Issuer);
    await issuer.keys.catchUp(version);
    return issuer;
  }

  /** How many are at hand. */
  get size(): number {
    return this.#atHand.size;
  }

  /** Drops those that nobody asked for lately. */
  sweep(): void {
    this.#atHand.purgeStale();
  }
}

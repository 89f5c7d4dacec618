import { v7 as uuid } from 'uuid';
import { toSearchText } from '../platform/search-text.js';
import { AccessTokenType, type Tenant } from './tenant.entity.js';

const LONGEST_SEARCH_TEXT = 2000;
const LONGEST_LIFETIME_SECONDS = 31_536_000;

/** What a tenant is called, by people and by requests. */
type Names = Pick<Tenant, 'name' | 'host'>;

/** A tenant as it begins: enabled, without bounds of its own. */
export function newTenant(names: Names): Tenant {
  const now = new Date();
  return {
    ...names,
    id: uuid(),
    searchText: searchTextOf(names),
    isHome: false,
    enabled: true,
    defaultAudience: null,
    minAccessTokenLifetime: 1,
    maxAccessTokenLifetime: LONGEST_LIFETIME_SECONDS,
    maxClients: null,
    maxMutationsPerMinute: null,
    maxRecordBytesPerDay: null,
    clientCount: null,
    revision: 0,
    signingAlgorithm: null,
    accessTokenType: AccessTokenType.AT_JWT,
    tokensExpireBy: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

/** Name and host as they are searched. */
export function searchTextOf({ name, host }: Names): string {
  return toSearchText(`${name}\n${host}`).slice(0, LONGEST_SEARCH_TEXT);
}

/** A tenant as the record has it. */
export function describeTenant(tenant: Tenant) {
  const { name, host, enabled, defaultAudience, signingAlgorithm, accessTokenType } = tenant;
  const { minAccessTokenLifetime, maxAccessTokenLifetime, maxClients, maxMutationsPerMinute, maxRecordBytesPerDay } = tenant;
  const limits = { minAccessTokenLifetime, maxAccessTokenLifetime, maxClients, maxMutationsPerMinute, maxRecordBytesPerDay };
  return { name, host, enabled, defaultAudience, signingAlgorithm, accessTokenType, ...limits };
}

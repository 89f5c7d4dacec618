import type { TenantLimits } from '../../changes/tenant-limits.rules.js';
import { BadUserInput, type FieldFault } from '../../platform/errors.js';
import type { Tenant } from '../../tenants/tenant.entity.js';
import { searchTextOf } from '../../tenants/tenant-row.js';
import { HomeTenant } from './errors.js';
import type { UpdateTenantInput } from './tenant.input.js';

/** A tenant's own limits, and what holds where it has none. */
const LIMITS = { maxClients: 'clients', maxMutationsPerMinute: 'mutationsAMinute', maxRecordBytesPerDay: 'recordBytesADay' } as const;

/** Whether a change disables a tenant. */
export function isEnding(before: Tenant, { enabled }: UpdateTenantInput): boolean {
  return before.enabled && enabled === false;
}

/** Whether limits are all that is changed, to more room and none to less: one that is used up must not hinder that. */
export function isLifting(before: Tenant, { version: _seen, ...input }: UpdateTenantInput, limits: TenantLimits): boolean {
  const steps = Object.entries(input)
    .filter(([, to]) => to !== undefined)
    .map(([name, to]) => {
      if (!isLimit(name)) return Number.NaN;
      const inForce = (own: unknown) => Number(own ?? limits[LIMITS[name]]);
      return inForce(to) - inForce(before[name]);
    });
  return steps.every((step) => step >= 0) && steps.some((step) => step > 0);
}

/** Whether a member of the input is a limit. */
export function isLimit(name: string): name is keyof typeof LIMITS {
  return Object.hasOwn(LIMITS, name);
}

/** A tenant as it is after a change; what the input leaves out stays. */
export function merge(before: Tenant, input: UpdateTenantInput) {
  const name = input.name?.trim() ?? before.name;
  return {
    name,
    searchText: searchTextOf({ name, host: before.host }),
    enabled: input.enabled ?? before.enabled,
    defaultAudience: input.defaultAudience === undefined ? before.defaultAudience : input.defaultAudience,
    accessTokenType: input.accessTokenType ?? before.accessTokenType,
    minAccessTokenLifetime: input.minAccessTokenLifetime ?? before.minAccessTokenLifetime,
    maxAccessTokenLifetime: input.maxAccessTokenLifetime ?? before.maxAccessTokenLifetime,
    maxClients: input.maxClients === undefined ? before.maxClients : input.maxClients,
    maxMutationsPerMinute: input.maxMutationsPerMinute === undefined ? before.maxMutationsPerMinute : input.maxMutationsPerMinute,
    maxRecordBytesPerDay: input.maxRecordBytesPerDay === undefined ? before.maxRecordBytesPerDay : input.maxRecordBytesPerDay,
    version: before.version + 1,
    updatedAt: new Date(),
  };
}

/** @throws {BadUserInput | HomeTenant} for what may not be so after it */
export function requireChangeable(before: Tenant, input: UpdateTenantInput, after: ReturnType<typeof merge>): void {
  const faults: FieldFault[] = [];
  if (after.minAccessTokenLifetime > after.maxAccessTokenLifetime) {
    const path = input.minAccessTokenLifetime == null ? 'input.maxAccessTokenLifetime' : 'input.minAccessTokenLifetime';
    faults.push({
      path,
      message: `The shortest lifetime (${after.minAccessTokenLifetime}) would be above the longest (${after.maxAccessTokenLifetime}).`,
    });
  }
  if (before.isHome && input.defaultAudience !== undefined)
    faults.push({ path: 'input.defaultAudience', message: 'That of the home tenant is set by API_AUDIENCE.' });
  if (before.isHome && input.signingAlgorithm)
    faults.push({ path: 'input.signingAlgorithm', message: 'That of the home tenant is set by SIGNING_ALGORITHM.' });
  if (faults.length > 0) throw new BadUserInput(faults);
  if (before.isHome && !after.enabled) throw new HomeTenant();
}

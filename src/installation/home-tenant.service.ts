import type { Change } from '../changes/changes.service.js';
import { difference } from '../changes/record/audit.service.js';
import { AuditAction, AuditObjectType } from '../changes/record/audit-event.entity.js';
import { isDuplicate } from '../platform/database/faults.js';
import type { Database } from '../platform/database/transaction.js';
import { StartupError } from '../platform/errors.js';
import { systemCaller } from '../tenants/caller.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { lockTenants } from '../tenants/tenant-lock.service.js';
import { describeTenant, newTenant, searchTextOf } from '../tenants/tenant-row.js';

const NO_HOME =
  'The database has tenants, and none of them is the home tenant: it was changed by hand, or is damaged. Nothing was changed. Restore a backup, or set is_home = 1 in the row of the tenant that manages the others.';

/** What the settings say of the home tenant. */
export interface HomeSettings {
  /** As it stands in the issuer, with a port that is not the scheme's own. */
  host: string;
  /** `null` for the usual one. */
  defaultAudience: string | null;
}

/** Keeps the tenant that the installation began with. */
export class HomeTenantService {
  constructor(private readonly database: Database) {}

  /** The home tenant; absent before the first start is through. */
  find(): Promise<Tenant | null> {
    return this.database.read((manager) => manager.findOneBy(Tenant, { isHome: true }));
  }

  /**
   * Makes the home tenant at the first start, and brings it in line with settings that have changed.
   * @throws {StartupError} when another tenant has the host, or the database was changed by hand
   */
  async ensure({ manager, within }: Pick<Change, 'manager' | 'within'>, { host, defaultAudience }: HomeSettings): Promise<Tenant> {
    await lockTenants(manager, { isHome: true });
    const hasTenants = await manager.exists(Tenant);
    const home = await manager.findOneBy(Tenant, { isHome: true });
    if (!home && hasTenants) throw new StartupError(NO_HOME);
    if (!home) {
      const made = { ...newTenant({ host, name: 'Home' }), isHome: true, defaultAudience };
      await manager.insert(Tenant, made);
      return made;
    }
    const searchText = searchTextOf({ name: home.name, host });
    if (home.host === host && home.defaultAudience === defaultAudience && home.searchText === searchText) return home;
    const change = { host, defaultAudience, searchText, version: home.version + 1, updatedAt: new Date() };
    await manager.update(Tenant, { id: home.id }, change).catch((cause) => {
      if (!isDuplicate(cause)) throw cause;
      throw new StartupError(`ISSUER names the host ${host}, which is that of another tenant. Nothing was changed.`, { cause });
    });
    const renewed = { ...home, ...change };
    const { record } = await within(systemCaller({ tenant: home, issuer: host }, 'settings'));
    const told = difference(describeTenant(home), describeTenant(renewed));
    await record({ action: AuditAction.UPDATE_TENANT, on: [AuditObjectType.TENANT, host], ...told });
    return renewed;
  }
}

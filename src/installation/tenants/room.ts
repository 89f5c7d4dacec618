import type { Config } from '../../platform/config.js';
import type { Database } from '../../platform/database/transaction.js';
import type { Room } from '../../platform/room.js';
import type { TenantDirectory } from '../../tenants/tenant-directory.service.js';
import { CreateTenantInput, UpdateTenantInput } from './tenant.input.js';
import { type Administrator, TenantConnectionResolver, TenantResolver } from './tenant.resolver.js';
import type { TenantService } from './tenant.service.js';
import { TenantListService } from './tenant-list.service.js';

/** What tenants as a whole are managed with. */
interface Parts {
  config: Config;
  database: Database;
  directory: TenantDirectory;
  tenants: TenantService<Administrator>;
}

export const tenantManagementRoom: Room<Parts> = {
  inputs: [CreateTenantInput, UpdateTenantInput],
  resolvers: [TenantResolver, TenantConnectionResolver],
  createResolvers: ({ config, database, directory, tenants }) => {
    const list = new TenantListService(database, directory);
    return [new TenantResolver(tenants, list, directory, config.tenantLimits), new TenantConnectionResolver(list)];
  },
};

import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { Database } from '../../platform/database/transaction.js';
import {
  type Connection,
  fromCursor,
  type PageRequest,
  requirePageSize,
  toConnection,
  toCursor,
} from '../../platform/graphql/connection.js';
import { toSearchedText } from '../../platform/search-text.js';
import type { TenantContext } from '../../tenants/caller.js';
import { normalizeHost } from '../../tenants/host.js';
import { Tenant } from '../../tenants/tenant.entity.js';
import type { TenantDirectory } from '../../tenants/tenant-directory.service.js';
import { requireHome } from './tenant.service.js';

const LIST = 'HOST';

/** Which tenants to list. */
export interface TenantListRequest extends PageRequest {
  search?: string | null | undefined;
}

/** Reads tenants for people of the home tenant. */
export class TenantListService {
  constructor(
    private readonly database: Database,
    private readonly directory: TenantDirectory,
  ) {}

  /** The tenant of a host, enabled or not. @throws {Forbidden} */
  async find(caller: TenantContext, host: string): Promise<Tenant | null> {
    requireHome(caller);
    const name = normalizeHost(host, this.directory.scheme);
    return name === undefined ? null : this.database.read((manager) => manager.findOneBy(Tenant, { host: name }));
  }

  /**
   * One page of tenants, by host.
   * @throws {BadUserInput | Forbidden} when `first` or `after` make no sense
   */
  async list(caller: TenantContext, { search, ...page }: TenantListRequest): Promise<Connection<Tenant>> {
    requireHome(caller);
    requirePageSize(page.first);
    const [after] = page.after == null ? [] : fromCursor(page.after, LIST, ({ length }) => length === 1);
    const tenants = await this.database.read((manager) => {
      const query = matching(manager, search);
      if (after !== undefined) query.andWhere('tenant.host > :after', { after });
      return query
        .orderBy('tenant.host')
        .limit(page.first + 1)
        .getMany();
    });
    return toConnection(tenants, page, ({ host }) => toCursor(LIST, host));
  }

  /** How many tenants there are, or match. @throws {Forbidden} */
  async count(caller: TenantContext, search?: string | null): Promise<number> {
    requireHome(caller);
    return this.database.read((manager) => matching(manager, search).getCount());
  }
}

function matching(manager: EntityManager, search?: string | null): SelectQueryBuilder<Tenant> {
  const query = manager.createQueryBuilder(Tenant, 'tenant').where('1 = 1');
  const text = toSearchedText(search ?? '');
  return text === '' ? query : query.andWhere('INSTR(tenant.searchText, :text) > 0', { text });
}

import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { storable } from '../../platform/database/moments.js';
import { toSearchedText } from '../../platform/search-text.js';
import type { TenantContext } from '../../tenants/caller.js';
import { Client } from '../client.entity.js';
import { hasMany } from '../client-row.service.js';
import { ClientSecret } from '../client-secret.entity.js';
import type { ClientFilter } from './client-filter.input.js';

/** The index that has all that clients are filtered and sorted by. */
const WHOLE_INDEX = 'clients_by_use';
/** Of those that begin with the tenant. */
const SMALLEST_INDEX = 'clients_by_lifetime';

const VERY_MANY = 500_000;

/** Which clients are wanted: those to which all that is given applies. */
export interface ClientMatch {
  search?: string | null | undefined;
  filter?: ClientFilter | null | undefined;
}

/** A part of a tenant's clients, in which those are looked for that match. */
export interface ClientPart {
  /** What is left to be matched in it. */
  match: ClientMatch;
  /** The clients among which to look; all when absent. */
  near?: ClientIdQuery;
  /** What else holds for all of them, in SQL. */
  within?: [sql: string, parameters: object];
}

/** Some clients of a tenant: a query for their ids. */
export interface ClientIdQuery {
  ids: string;
  parameters: object;
}

/** Whether it may take a second and more to find, or to count, which clients match: where something is asked of many, or of very many anything. */
export function isLong(caller: TenantContext, match: ClientMatch): boolean {
  return hasMany(caller) && (isFiltered(match) || (caller.tenant.clientCount ?? Number.POSITIVE_INFINITY) > VERY_MANY);
}

/** Whether anything is asked of which clients are wanted. */
export function isFiltered({ filter, ...match }: ClientMatch): boolean {
  return searchedText(match) !== '' || Object.values(filter ?? {}).some((wanted) => wanted != null);
}

/** What is searched; `''` when nothing is. */
export function searchedText({ search }: ClientMatch): string {
  return toSearchedText(search ?? '');
}

/** The clients of a tenant that match, in no order; its alias is `client`. */
export function matching(
  manager: EntityManager,
  { tenant }: TenantContext,
  { match, near, within }: ClientPart,
): SelectQueryBuilder<Client> {
  const { filter } = match;
  const query = manager
    .createQueryBuilder(Client, 'client')
    .where(near ? NOT_BY_TENANT : 'client.tenantId = :tenantId', { tenantId: tenant.id });
  const text = searchedText(match);
  if (text !== '') query.andWhere('INSTR(client.searchText, :text) > 0', { text });
  if (filter) narrow(query, filter, near !== undefined || within !== undefined);
  if (within) query.andWhere(...within);
  if (near) lookAmong(query, near);
  else if (filter && text === '' && filter.secretExpiresBefore == null) readIndexAlone(query, filter);
  return query;
}

/** Those that {@link matching} finds, to be counted. Of all clients of a tenant the smallest index tells that, and MariaDB takes it when it is told to. */
export function counted(manager: EntityManager, caller: TenantContext, part: ClientPart): SelectQueryBuilder<Client> {
  const query = matching(manager, caller, part);
  return part.near || part.within || isFiltered(part.match) ? query : query.useIndex(SMALLEST_INDEX);
}

/** The sign changes nothing but that SQLite uses no index with it: it would rather go through all clients in the order that is asked for. */
const NOT_BY_TENANT = '+(client.tenantId) = :tenantId';

/** The index keeps MariaDB from the same. */
function lookAmong(query: SelectQueryBuilder<Client>, { ids, parameters }: ClientIdQuery): void {
  query.innerJoin(`(${ids})`, 'near', 'near.id = client.id').setParameters(parameters).useIndex('PRIMARY');
}

function narrow(
  query: SelectQueryBuilder<Client>,
  { enabled, neverUsed, unusedSince, secretExpiresBefore }: ClientFilter,
  isAmongSome: boolean,
): void {
  if (enabled != null) query.andWhere('client.enabled = :enabled', { enabled });
  if (neverUsed != null) query.andWhere(`client.lastUsedAt IS ${neverUsed ? 'NULL' : 'NOT NULL'}`);
  if (unusedSince) query.andWhere('COALESCE(client.lastUsedAt, client.createdAt) < :unusedSince', { unusedSince: storable(unusedSince) });
  if (secretExpiresBefore) withExpiringSecret(query, storable(secretExpiresBefore), isAmongSome);
}

/** By the secrets of the tenant, or by those of each client: SQLite would look for them anew for every client. */
function withExpiringSecret(query: SelectQueryBuilder<Client>, before: Date, isAmongSome: boolean): void {
  const ending = query.subQuery().select('secret.clientRowId').from(ClientSecret, 'secret');
  ending.where(`secret.${isAmongSome ? 'clientRowId = client.id' : 'tenantId = :tenantId'} AND secret.expiresAt > :now`);
  const secrets = ending.andWhere('secret.expiresAt < :before').getQuery();
  query.andWhere(`${isAmongSome ? 'EXISTS' : 'client.id IN'} ${secrets}`, { now: new Date(), before });
}

/** On MariaDB, which would rather fetch every row in the order that is asked for than sort what one index tells. */
function readIndexAlone(query: SelectQueryBuilder<Client>, { enabled, neverUsed, unusedSince }: ClientFilter): void {
  if ([enabled, neverUsed, unusedSince].some((wanted) => wanted != null)) query.useIndex(WHOLE_INDEX);
}

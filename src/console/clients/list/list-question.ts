import { useCallback, useEffect, useMemo } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import type { ClientFilter, ClientsQueryVariables } from '../../api/generated';
import { withoutSecrets } from '../secrets/secret-form';

/** How many clients a page shows. */
export const PAGE_SIZE = 50;

const DAY_MS = 86_400_000;
const UNUSED_DAYS = 90;
const EXPIRING_DAYS = 30;
const SORTS = { name: 'NAME', 'client-id': 'CLIENT_ID', used: 'LAST_USED_AT' } as const;

/** A column by which the list can be sorted. */
export type Sort = keyof typeof SORTS;

/** Which clients are listed, by the name that stands in the address. */
export type FilterName = (typeof FILTERS)[number]['name'];

/** What the list can be narrowed to. */
export const FILTERS = [
  { name: 'all', label: 'All', toFilter: (): ClientFilter | null => null },
  { name: 'enabled', label: 'Enabled', toFilter: (): ClientFilter => ({ enabled: true }) },
  { name: 'disabled', label: 'Disabled', toFilter: (): ClientFilter => ({ enabled: false }) },
  { name: 'never-used', label: 'Never used', toFilter: (): ClientFilter => ({ neverUsed: true }) },
  { name: 'unused', label: 'Unused 90 days', toFilter: (): ClientFilter => ({ unusedSince: daysFromToday(-UNUSED_DAYS) }) },
  { name: 'expiring', label: 'Secret expiring', toFilter: (): ClientFilter => ({ secretExpiresBefore: daysFromToday(EXPIRING_DAYS + 1) }) },
] as const;

/** What is asked of the list, as the address has it, so that it can be kept, shared and gone back to. */
export interface ListQuestion {
  search: string;
  filter: FilterName;
  sort: Sort;
  isDescending: boolean;
  /** The cursor that the page begins after; absent on the first. */
  after: string | undefined;
}

let lastAddress = '/';

/** Where the list was when it was last seen, to go back to. */
export function lastListAddress(): string {
  return lastAddress;
}

/** The question in the address, and how to ask another. A change of anything but the page begins at the first page. */
export function useListQuestion(): [ListQuestion, (change: Partial<ListQuestion>) => void] {
  const [parameters] = useSearchParams();
  const [, navigate] = useLocation();
  const question = useMemo(() => parse(parameters), [parameters]);
  useEffect(() => {
    lastAddress = toAddress(question);
  }, [question]);
  const ask = useCallback(
    (change: Partial<ListQuestion>) => {
      const next = { ...question, after: undefined, ...change };
      navigate(toAddress(next));
    },
    [question, navigate],
  );
  return [question, ask];
}

/** What the API is asked. */
export function toVariables({ search, filter, sort, isDescending, after }: ListQuestion): ClientsQueryVariables {
  return {
    search: search || null,
    filter: FILTERS.find(({ name }) => name === filter)?.toFilter() ?? null,
    orderBy: { field: SORTS[sort], direction: isDescending ? 'DESC' : 'ASC' },
    first: PAGE_SIZE,
    after: after ?? null,
  };
}

function parse(parameters: URLSearchParams): ListQuestion {
  const sort = parameters.get('sort') ?? '';
  const column = sort.replace(/^-/, '');
  return {
    // What looks like a secret is not asked for: the search box takes it out of the address.
    search: withoutSecrets(parameters.get('search') ?? ''),
    filter: FILTERS.find(({ name }) => name === parameters.get('filter'))?.name ?? 'all',
    sort: Object.hasOwn(SORTS, column) ? (column as Sort) : 'name',
    isDescending: sort.startsWith('-'),
    after: parameters.get('after') ?? undefined,
  };
}

function toAddress({ search, filter, sort, isDescending, after }: ListQuestion): string {
  const order = isDescending ? `-${sort}` : sort;
  const parts = {
    search,
    filter: filter === 'all' ? '' : filter,
    sort: order === 'name' ? '' : order,
    after: after ?? '',
  };
  const parameters = new URLSearchParams(Object.entries(parts).filter(([, value]) => value !== ''));
  return parameters.size > 0 ? `/?${parameters}` : '/';
}

/** The moment is the day's: asked again in a minute, the question is still the same. */
function daysFromToday(days: number): string {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  return new Date(today + days * DAY_MS).toISOString();
}

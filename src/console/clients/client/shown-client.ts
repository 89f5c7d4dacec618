import type { ClientOverviewQuery } from '../../api/generated';

/** What the page of a client shows of it. */
export type ShownClient = NonNullable<ClientOverviewQuery['client']>;

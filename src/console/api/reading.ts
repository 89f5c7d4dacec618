import type { ErrorLike } from '@apollo/client';
import { useMemo } from 'react';
import { type Failure, toFailure } from './failure';

/** What a query hook tells. */
interface QueryLike<Data> {
  data?: Data | undefined;
  previousData?: Data | undefined;
  error?: ErrorLike | undefined;
  loading: boolean;
  refetch(): Promise<unknown>;
}

/** How far reading has come: what there is to show, and what went wrong. */
export interface Reading<Data> {
  /** The newest that was read; of the question before, while this one has no answer. */
  data: Data | undefined;
  /** Whether an answer is on its way. */
  isWaiting: boolean;
  failure: Failure | undefined;
  retry(): void;
}

/** What there is to show of a query, whatever has become of it. */
export function useReading<Data>({ data, previousData, error, loading, refetch }: QueryLike<Data>): Reading<Data> {
  const failure = useMemo(() => (error ? toFailure(error) : undefined), [error]);
  return {
    data: data ?? previousData,
    isWaiting: loading,
    failure,
    retry: () => void refetch().catch(() => undefined),
  };
}

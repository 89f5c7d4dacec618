import type { ErrorLike, OperationVariables } from '@apollo/client';
import { useMemo, useRef } from 'react';
import { type Failure, toFailure } from './failure';

/** What a query hook tells. */
interface QueryLike<Data> {
  data?: Data | undefined;
  error?: ErrorLike | undefined;
  loading: boolean;
  variables?: OperationVariables | undefined;
  refetch(): Promise<unknown>;
}

/** How far reading has come: what there is to show, and what went wrong. */
export interface Reading<Data> {
  /** The newest answer to the question. It stays when reading it anew fails. */
  data: Data | undefined;
  /** While there is none yet, the answer to the question before: to be shown as it is, and not as the answer to this one. */
  former: Data | undefined;
  /** Whether an answer is on its way. */
  isWaiting: boolean;
  failure: Failure | undefined;
  retry(): void;
}

/** What there is to show of a query, whatever has become of it. */
export function useReading<Data>({ data, error, loading, variables, refetch }: QueryLike<Data>): Reading<Data> {
  const question = JSON.stringify(variables);
  const latest = useRef<{ question: string | undefined; data: Data }>(undefined);
  if (data !== undefined) latest.current = { question, data };
  const known = latest.current;
  const isAnswer = known?.question === question;
  const failure = useMemo(() => (error ? toFailure(error) : undefined), [error]);
  return {
    data: isAnswer ? known?.data : undefined,
    former: !isAnswer && loading ? known?.data : undefined,
    isWaiting: loading,
    failure,
    retry: () => void refetch().catch(() => undefined),
  };
}

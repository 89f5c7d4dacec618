import type { OperationVariables, TypedDocumentNode } from '@apollo/client';
import { useApolloClient } from '@apollo/client/react';
import { useCallback, useRef, useState } from 'react';
import { type Failure, isOutcomeUnknown, toFailure } from './failure';

/** Something that a person sets off, and how it goes. */
export interface Action<Arguments extends unknown[]> {
  /** Does nothing while it is under way: a second click is not a second wish. */
  run(...parameters: Arguments): Promise<void>;
  isBusy: boolean;
  failure: Failure | undefined;
  forget(): void;
}

/** Makes an action of some work. */
export function useAction<Arguments extends unknown[]>(work: (...parameters: Arguments) => Promise<void>): Action<Arguments> {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const isRunning = useRef(false);
  const run = async (...parameters: Arguments) => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setFailure(undefined);
    try {
      await work(...parameters);
    } catch (error) {
      setFailure(toFailure(error));
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  };
  return { run, isBusy, failure, forget: () => setFailure(undefined) };
}

/** Sends mutations. Of the answer nothing is kept but what the caller keeps; when none came, the page is read anew to see what became of it. */
export function useMutate() {
  const api = useApolloClient();
  const refresh = useRefresh();
  return useCallback(
    async <Data, Variables extends OperationVariables>(
      mutation: TypedDocumentNode<Data, Variables>,
      variables: Variables,
    ): Promise<Data> => {
      try {
        const { data } = await api.mutate<Data, OperationVariables>({ mutation: mutation as TypedDocumentNode<Data>, variables });
        return data as Data;
      } catch (error) {
        if (isOutcomeUnknown(toFailure(error))) refresh();
        throw error;
      }
    },
    [api, refresh],
  );
}

/** Reads anew what is on the page. */
export function useRefresh(): () => void {
  const api = useApolloClient();
  return useCallback(() => void api.refetchQueries({ include: 'active' }), [api]);
}

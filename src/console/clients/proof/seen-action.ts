import { useApolloClient } from '@apollo/client/react';
import { type Action, useAction } from '../../api/action';
import { toFailure } from '../../api/failure';
import { ClientProofDocument } from '../../api/generated';

/**
 * Makes an action for a client as it was seen. Of two people at once only one changes how it proves itself: whoever meets another version sees
 * that before they are told, and may press again.
 */
export function useSeenAction<Arguments extends unknown[]>(
  clientId: string,
  work: (...parameters: Arguments) => Promise<void>,
): Action<Arguments> {
  const api = useApolloClient();
  return useAction(async (...parameters: Arguments) => {
    try {
      await work(...parameters);
    } catch (error) {
      if (toFailure(error).code === 'CONFLICT')
        await api.query({ query: ClientProofDocument, variables: { clientId }, fetchPolicy: 'network-only' }).catch(() => undefined);
      throw error;
    }
  });
}

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { ErrorLink } from '@apollo/client/link/error';
import { toFailure } from './failure';

const LONGEST_WAIT_MS = 30_000;

/** What the client of the API is made with. */
export interface ApiParts {
  /** The server did not take the session. */
  onSignedOut(): void;
  /** What is not shown is not kept up to date. */
  isShown(): boolean;
}

/**
 * A client of the API for one session: what it has read goes with it. The session's cookie is the browser's to send,
 * and to pages of this origin alone.
 */
export function createApi({ onSignedOut, isShown }: ApiParts): ApolloClient {
  const watch = new ErrorLink(({ error }) => {
    if (toFailure(error).kind === 'signed-out') onSignedOut();
  });
  const http = new HttpLink({ uri: '/graphql', credentials: 'same-origin', headers: { accept: 'application/json' }, fetch: fetchInTime });
  return new ApolloClient({
    link: ApolloLink.from([watch, http]),
    cache: new InMemoryCache({
      typePolicies: { Viewer: { keyFields: [] }, SigningKey: { keyFields: ['kid'] }, ClientSecret: { keyFields: ['id'] } },
    }),
    defaultOptions: {
      watchQuery: {
        fetchPolicy: 'cache-and-network',
        nextFetchPolicy: 'cache-first',
        notifyOnNetworkStatusChange: true,
        skipPollAttempt: () => document.visibilityState === 'hidden' || !isShown(),
      },
      // An answer may hold a secret: none is kept. What changed is read anew.
      mutate: { fetchPolicy: 'no-cache' },
    },
    devtools: { enabled: false },
  });
}

/** An answer that has not come by then counts as lost. */
function fetchInTime(address: RequestInfo | URL, { signal, ...init }: RequestInit = {}): Promise<Response> {
  const tooLate = AbortSignal.timeout(LONGEST_WAIT_MS);
  return fetch(address, { ...init, signal: signal ? AbortSignal.any([signal, tooLate]) : tooLate });
}

import type { GraphiQLProps } from 'graphiql';
import type { SessionActions } from '../session/session';

type Fetcher = GraphiQLProps['fetcher'];
type Operation = Parameters<Fetcher>[0];

/** What went wrong on the way, in the form of a GraphQL answer. */
interface Failure {
  errors: { message: string }[];
}

const UNREACHABLE = 'The server cannot be reached. If this was a mutation, look whether it happened before you run it again.';

/**
 * Sends operations to the API in the session that the browser has. With an `Authorization` from the Headers pane
 * the session stays out of it.
 */
export function createFetcher({ onUnauthenticated }: Pick<SessionActions, 'onUnauthenticated'>): Fetcher {
  return async (operation, options) => {
    const headers = new Headers({ accept: 'application/json', 'content-type': 'application/json', ...options?.headers });
    const usesSession = !headers.has('authorization');
    const body = JSON.stringify(withItsName(operation));
    const response = await post({ headers, body, credentials: usesSession ? 'same-origin' : 'omit' });
    if (!response) return failure(UNREACHABLE);
    if (response.status === 401 && usesSession) onUnauthenticated();
    return readAnswer(response);
  };
}

/** GraphiQL works out the name a moment after the text: run at once, a tab would go with the name of the tab before it. */
function withItsName(operation: Operation): Operation {
  const { query, operationName } = operation;
  const isThere = operationName && new RegExp(`\\b(query|mutation)\\s+${operationName}\\b`).test(query);
  return isThere ? operation : { ...operation, operationName: undefined };
}

async function post(init: RequestInit): Promise<Response | undefined> {
  try {
    return await fetch('/graphql', { method: 'POST', ...init });
  } catch {
    return undefined;
  }
}

async function readAnswer(response: Response): Promise<object> {
  try {
    return await response.json();
  } catch {
    return failure(`The server answered with status ${response.status} and no GraphQL result.`);
  }
}

function failure(message: string): Failure {
  return { errors: [{ message }] };
}

import type { GraphiQLProps } from 'graphiql';
import type { SessionActions } from './session';

type Fetcher = GraphiQLProps['fetcher'];
type Operation = Parameters<Fetcher>[0];

/** What went wrong on the way, in the form of a GraphQL answer. */
interface Failure {
  errors: { message: string }[];
}

const UNREACHABLE = 'The server cannot be reached. If this was a mutation, look whether it happened before you run it again.';

/** Sends operations to the API with the token of the session. An `Authorization` from the Headers pane goes before it. */
export function createFetcher({ getToken, onUnauthenticated }: Pick<SessionActions, 'getToken' | 'onUnauthenticated'>): Fetcher {
  return async (operation, options) => {
    const headers = new Headers({ accept: 'application/json', 'content-type': 'application/json', ...options?.headers });
    const isOurs = !headers.has('authorization') && !isIntrospection(operation);
    const token = isOurs ? getToken() : undefined;
    if (token) headers.set('authorization', `Bearer ${token}`);
    const response = await post(withItsName(operation), headers);
    if (!response) return failure(UNREACHABLE);
    if (response.status === 401 && isOurs) onUnauthenticated(token);
    return readAnswer(response);
  };
}

/** The schema is open to everybody: a token that has expired must not close the documentation. */
function isIntrospection({ operationName }: Operation): boolean {
  return operationName === 'IntrospectionQuery';
}

/** GraphiQL works out the name a moment after the text: run at once, a tab would go with the name of the tab before it. */
function withItsName(operation: Operation): Operation {
  const { query, operationName } = operation;
  const isThere = operationName && new RegExp(`\\b(query|mutation)\\s+${operationName}\\b`).test(query);
  return isThere ? operation : { ...operation, operationName: undefined };
}

async function post(operation: Operation, headers: Headers): Promise<Response | undefined> {
  try {
    return await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(operation), credentials: 'omit' });
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

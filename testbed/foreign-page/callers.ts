import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange, type OperationResult } from '@urql/core';

/** What a page asks of the API. */
export interface Question {
  url: string;
  token?: string;
  document: string;
  isMutation?: boolean;
}

/** What it learns: the data, the codes of the errors, or that it could not even read the answer. */
export interface Outcome {
  data?: unknown;
  codes?: unknown[];
  isUnreadable?: boolean;
}

type Caller = (question: Question) => Promise<Outcome>;

const headersOf = ({ token }: Question): Record<string, string> => (token === undefined ? {} : { authorization: `Bearer ${token}` });

/** Apollo Client as it comes. */
const apollo: Caller = async (question) => {
  const link = new HttpLink({ uri: question.url, headers: headersOf(question) });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const document = gql(question.document);
  try {
    const { data } = await (question.isMutation ? client.mutate({ mutation: document }) : client.query({ query: document }));
    return { data };
  } catch (error) {
    return CombinedGraphQLErrors.is(error) ? { codes: error.errors.map(({ extensions }) => extensions?.code) } : { isUnreadable: true };
  }
};

/** urql as it comes, which sends queries by GET. */
const urql: Caller = async (question) => {
  const client = new Client({ url: question.url, exchanges: [fetchExchange], fetchOptions: { headers: headersOf(question) } });
  const ask = question.isMutation ? client.mutation(question.document, {}) : client.query(question.document, {});
  const { data, error }: OperationResult<unknown> = await ask.toPromise();
  if (error?.networkError) return { isUnreadable: true };
  return error ? { codes: error.graphQLErrors.map(({ extensions }) => extensions.code) } : { data };
};

Object.assign(globalThis, { callers: { apollo, urql } });

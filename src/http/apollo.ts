import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestListener, type HTTPGraphQLHead } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import { type ASTVisitor, GraphQLError, type GraphQLFormattedError, type GraphQLSchema, type ValidationContext } from 'graphql';
import type { GraphQLContext } from '../access/principal.js';
import { AppError, BadUserInput, DatabaseUnavailable, type FieldFault } from '../platform/errors.js';
import type { Log } from '../platform/log.js';
import { createDocumentStore } from './document-store.js';
import { typeFaults } from './input-faults.js';
import { refusalOf } from './refusals.js';

/** What an operation may cost. Each bound has room for every operation that the console and GraphiQL send. */
const LIMITS = { tokens: 1000, depth: 10, aliases: 15, directives: 20, recursiveSelections: 2000 };
/** What GraphQL itself says of input values that it cannot take: in variables, in the document. */
const INPUT_CODES = ['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED'];

/** Status and header of an answer by the code of an error in it; an answer without one of these is a 200 or Apollo's own 400. */
const HTTP_BY_CODE: Record<string, { status: number; header: [name: string, value: string] }> = {
  UNAUTHENTICATED: { status: 401, header: ['www-authenticate', 'Bearer'] },
  DATABASE_UNAVAILABLE: { status: 503, header: ['retry-after', String(new DatabaseUnavailable().retryAfterSeconds)] },
};

/** Apollo, bounded in what an operation may cost, quiet about what went wrong inside. */
export function createApollo(schema: GraphQLSchema, log: Log): ApolloServer<GraphQLContext> {
  const armor = new ApolloArmor({
    blockFieldSuggestion: { enabled: false },
    costLimit: { enabled: false },
    maxAliases: { n: LIMITS.aliases },
    maxDepth: { n: LIMITS.depth },
    maxDirectives: { n: LIMITS.directives },
    maxTokens: { enabled: false },
  }).protect();
  return new ApolloServer<GraphQLContext>({
    schema,
    introspection: true,
    allowBatchedHttpRequests: false,
    // Whoever sends a hash beside a document could fill the memory with it, and a wrong hash is no fault of ours.
    persistedQueries: false,
    documentStore: createDocumentStore(),
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: LIMITS.tokens },
    maxRecursiveSelections: LIMITS.recursiveSelections,
    validationRules: [...armor.validationRules, noSubscriptions],
    logger: log,
    formatError: toPublicError,
    plugins: [
      ...armor.plugins,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      translateErrors(schema, log),
    ] as ApolloServerPlugin<GraphQLContext>[],
  });
}

/** GraphQL itself would see only when it runs a document that there is nothing to subscribe to, and fail. */
function noSubscriptions(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (node.operation === 'subscription')
        context.reportError(new GraphQLError('There is no subscription here: ask with a query.', { nodes: node }));
    },
  };
}

/** What a caller may learn of an error: its code and its sentence when it is one of ours or GraphQL's own, otherwise nothing. */
function toPublicError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  if (cause instanceof AppError) {
    const fields = cause instanceof BadUserInput ? { fields: cause.fields } : {};
    return { ...formatted, message: cause.message, extensions: { code: cause.code, ...fields } };
  }
  const fields = refusalOf(error);
  if (fields) return { ...formatted, extensions: { code: 'BAD_USER_INPUT', fields } };
  if (isInternal(error)) {
    return { ...formatted, message: 'The server failed to answer. The fault is logged.', extensions: { code: 'INTERNAL_SERVER_ERROR' } };
  }
  return formatted;
}

/** Whether nobody gave the error a code: it was not foreseen. */
function isInternal(error: unknown): boolean {
  if (unwrapResolverError(error) instanceof AppError || refusalOf(error)) return false;
  return !(error instanceof GraphQLError) || error.extensions.code === undefined;
}

/** Logs what nobody foresaw, sets the status of the answer, and names every input value at fault. */
function translateErrors(schema: GraphQLSchema, log: Log): ApolloServerPlugin<GraphQLContext> {
  const listener: GraphQLRequestListener<GraphQLContext> = {
    // GraphQL would print the whole of a wrong variable into each of fifty errors.
    async didResolveOperation({ document, request: { variables = {} } }) {
      const fields = Object.keys(variables).length > 0 ? typeFaults(schema, document, variables) : [];
      if (fields.length === 0) return;
      throw new GraphQLError(describeFaults(fields), { extensions: { code: 'BAD_USER_INPUT', fields, http: { status: 400 } } });
    },
    async didEncounterErrors({ errors, contextValue: { requestId } }) {
      for (const error of errors.filter(isInternal)) log.error({ requestId, err: error }, 'GraphQL field failed');
    },
    async willSendResponse({ response, document, request }) {
      if (response.body.kind !== 'single') return;
      const result = response.body.singleResult;
      const codes = result.errors?.map(({ extensions }) => String(extensions?.code)) ?? [];
      setStatus(response.http, codes);
      const isRefusedByGraphQL = result.data === undefined && codes.some((code) => INPUT_CODES.includes(code));
      const fields = document && isRefusedByGraphQL ? typeFaults(schema, document, request.variables ?? {}) : [];
      if (fields.length > 0) result.errors = [{ message: describeFaults(fields), extensions: { code: 'BAD_USER_INPUT', fields } }];
    },
  };
  return { requestDidStart: async () => listener };
}

function setStatus(http: HTTPGraphQLHead, codes: readonly string[]): void {
  const found = codes.map((code) => HTTP_BY_CODE[code]).find((known) => known !== undefined);
  if (!found) return;
  http.status = found.status;
  http.headers.set(...found.header);
}

function describeFaults(fields: readonly FieldFault[]): string {
  return new BadUserInput(fields).message;
}

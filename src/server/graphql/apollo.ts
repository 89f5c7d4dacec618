import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestListener, type HTTPGraphQLHead } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { type ASTVisitor, GraphQLError, type GraphQLFormattedError, type GraphQLSchema, type ValidationContext } from 'graphql';
import { AppError, BadUserInput, type FieldFault } from '../../platform/errors.js';
import type { Log } from '../../platform/log.js';
import type { Metrics } from '../../platform/metrics.js';
import { redact } from '../../platform/redaction.js';
import type { GraphQLContext, Principal } from '../../tenants/caller.js';
import { requireAnswerRights } from './answer-rights.js';
import { type AnswerSize, measureAnswers } from './answer-size.js';
import { AnswerWeight } from './answer-weight.js';
import { boundAliases, boundArguments, boundIntrospection, boundLists } from './document-limits.js';
import { createDocumentStore } from './document-store.js';
import { inputFaults } from './input-faults.js';
import { exceededLimit, LIMITS, operationLimits } from './operation-limits.js';
import { refusalOf, refuseAll, refusingAll } from './refusals.js';
import { tellRefusals } from './refused-rights.js';
import type { RunningFields } from './running-fields.js';

/** What is known of a request while it is answered. */
interface AnswerContext extends GraphQLContext {
  /** Whether the status has to fit what the answer says. */
  isStrict: boolean;
  size: AnswerSize;
  running: RunningFields;
  /** Told that the document was read and found valid. */
  onRead(): void;
  /**
   * Told that nothing but a query is run, which holds nothing secret, and begins when this is fulfilled.
   * @returns who asks, with the rights that they have by then
   * @throws {DatabaseUnavailable | BearerError} when too many are before it, or who asks has lost theirs meanwhile
   */
  onQuery(): Promise<Principal | undefined>;
  /**
   * Told of a mutation before anything of it is done.
   * @param longest characters that its answer may have
   * @throws {OperationTooLarge | TenantLimit} when there is no room for that
   */
  onMutation(longest: number): void;
}

/** GraphQL prints the whole of what it does not know into its sentence. */
const LONGEST_MESSAGE = 2_000;
/** What GraphQL itself says of input values that it cannot take: in variables, in the document. */
const INPUT_CODES = ['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED'];

/** Apollo, bounded in what an operation may cost, quiet about what went wrong inside. */
export function createApollo(schema: GraphQLSchema, log: Log, metrics: Metrics): ApolloServer<AnswerContext> {
  const armor = operationLimits();
  measureAnswers(schema);
  return new ApolloServer<AnswerContext>({
    schema,
    introspection: true,
    allowBatchedHttpRequests: false,
    // Whoever sends a hash beside a document could fill the memory with it, and a wrong hash is no fault of ours.
    persistedQueries: false,
    // Held by the endpoint, by what the browser says: a token needs no such guard, and urql's GET has no header for it.
    csrfPrevention: false,
    documentStore: createDocumentStore(),
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: LIMITS.tokens },
    maxRecursiveSelections: LIMITS.recursiveSelections,
    validationRules: [...armor.validationRules, boundAliases, boundArguments, boundLists, boundIntrospection(schema), noSubscriptions],
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
      tellRefusals(log, metrics),
    ] as ApolloServerPlugin<AnswerContext>[],
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
  const cause = toldCause(error);
  if (cause) {
    return { ...formatted, message: cause.message, extensions: { code: cause.code, ...cause.details } };
  }
  const fields = refusalOf(error);
  if (fields) return { ...formatted, extensions: { code: 'BAD_USER_INPUT', fields } };
  if (isInternal(error)) {
    return { ...formatted, message: 'The server failed to answer. The fault is logged.', extensions: { code: 'INTERNAL_SERVER_ERROR' } };
  }
  return formatted;
}

/** What is told of an error in our own words: it is one of ours, or the limit of a library. */
function toldCause(error: unknown): AppError | undefined {
  const thrown = unwrapResolverError(error);
  if (thrown instanceof AppError) return thrown;
  if (!(thrown instanceof GraphQLError)) return undefined;
  return thrown.originalError instanceof AppError ? thrown.originalError : exceededLimit(thrown);
}

/** Whether nobody gave the error a code: it was not foreseen. */
function isInternal(error: unknown): boolean {
  if (toldCause(error) || refusalOf(error)) return false;
  return !(error instanceof GraphQLError) || error.extensions.code === undefined;
}

/** Logs what nobody foresaw, sets the status of the answer, and names every input value at fault. */
function translateErrors(schema: GraphQLSchema, log: Log): ApolloServerPlugin<AnswerContext> {
  const listener: GraphQLRequestListener<AnswerContext> = {
    // One after the other, and in no other plugin: Apollo begins those of all plugins at once, and goes on when one refuses.
    async didResolveOperation({ document, operation, request: { variables = {} }, contextValue }) {
      contextValue.onRead();
      if (operation?.operation === 'query') {
        contextValue.size.bound();
        contextValue.principal = await contextValue.onQuery().catch(refuseAll);
      }
      const { principal } = contextValue;
      // GraphQL would print the whole of a wrong variable into each of fifty errors. Nobody looks at values of a stranger's.
      const fields = principal ? inputFaults(schema, document, variables) : [];
      if (fields.length > 0)
        throw new GraphQLError(describeFaults(fields), { extensions: { code: 'BAD_USER_INPUT', fields, http: { status: 400 } } });
      if (operation?.operation !== 'mutation') return;
      if (principal) requireAnswerRights(schema, { document, operation, variables }, principal);
      refusingAll(() => contextValue.onMutation(new AnswerWeight(schema, document).of(operation)));
    },
    async didEncounterErrors({ errors, contextValue: { requestId } }) {
      for (const error of errors.filter(isInternal)) log.error({ requestId, err: error }, 'GraphQL field failed');
    },
    async willSendResponse({ response, document, request, errors = [], contextValue: { isStrict, principal, size } }) {
      if (response.body.kind !== 'single') return;
      if (size.isTooLarge) {
        const { code, message } = size.refusal;
        response.body.singleResult = { errors: [{ message, extensions: { code } }] };
        response.http.status = 400;
      }
      const result = response.body.singleResult;
      const codes = result.errors?.map(({ extensions }) => String(extensions?.code)) ?? [];
      if (!size.isTooLarge) setStatus(response.http, errors.map(toldCause));
      if (isStrict) fitStatus(response.http, result.data);
      const isRefusedByGraphQL = result.data === undefined && codes.some((code) => INPUT_CODES.includes(code));
      const fields = document && principal && isRefusedByGraphQL ? inputFaults(schema, document, request.variables ?? {}) : [];
      if (fields.length > 0) result.errors = [{ message: describeFaults(fields), extensions: { code: 'BAD_USER_INPUT', fields } }];
      // GraphQL repeats what it does not know: a secret that was sent in the wrong place goes into no answer, which others may keep.
      if (result.errors) result.errors = JSON.parse(redact(JSON.stringify(result.errors.map(cut))));
    },
  };
  return { requestDidStart: async () => listener };
}

/** What a caller has to do before the same is answered concerns all of an answer: to come again later, or to prove anew who they are. */
function setStatus(http: HTTPGraphQLHead, causes: readonly (AppError | undefined)[]): void {
  const found = causes.find((cause) => cause?.retryAfterSeconds !== undefined) ?? causes.find((cause) => cause?.challenge !== undefined);
  if (!found) return;
  http.status = found.status;
  if (found.retryAfterSeconds !== undefined) http.headers.set('retry-after', String(found.retryAfterSeconds));
  if (found.challenge !== undefined) http.headers.set('www-authenticate', found.challenge);
}

/** An operation that was run is a success to this type, whatever became of its fields; one that was not is none. @see https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json.Status-Codes */
function fitStatus(http: HTTPGraphQLHead, data: unknown): void {
  const isSuccess = (http.status ?? 200) < 300;
  if (data && !isSuccess) http.status = 200;
  if (data === undefined && isSuccess) http.status = 400;
}

function cut(error: GraphQLFormattedError): GraphQLFormattedError {
  return error.message.length > LONGEST_MESSAGE ? { ...error, message: `${error.message.slice(0, LONGEST_MESSAGE)} …` } : error;
}

function describeFaults(fields: readonly FieldFault[]): string {
  return new BadUserInput(fields).message;
}

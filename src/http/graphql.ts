import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { koaMiddleware } from '@as-integrations/koa';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { Context, Middleware } from 'koa';
import { type Authenticator, BearerError } from '../access/authenticate.js';
import type { GraphQLContext, Principal, TenantContext } from '../access/principal.js';
import { AppError, BadUserInput } from '../platform/errors.js';
import type { Log } from '../platform/log.js';
import { readJsonBody, UnreadableBody } from './body.js';
import { typeFaults } from './input-faults.js';

/** What an operation may cost. Each bound has room for every operation that the console and GraphiQL send. */
const LIMITS = { tokens: 1000, depth: 10, aliases: 15, directives: 20, recursiveSelections: 2000 };

/** What the GraphQL endpoint is built from. */
export interface GraphQLParts {
  schema: GraphQLSchema;
  tenant: TenantContext;
  authenticator: Authenticator;
  /** Whether the schema may be read without a token. */
  isSchemaOpen: boolean;
  log: Log;
}

/** `POST /graphql`: finds out who calls, reads the body, and lets Apollo answer. */
export async function graphqlEndpoint(parts: GraphQLParts): Promise<Middleware> {
  const apollo = createApollo(parts.schema, parts.log);
  await apollo.start();
  const answer = koaMiddleware(apollo, {
    context: async ({ ctx }) => ({ principal: ctx.state.principal as Principal | undefined, requestId: ctx.state.requestId as string }),
  });
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      ctx.state.principal = await parts.authenticator.authenticate(parts.tenant, {
        authorization: ctx.headers.authorization,
        query: new URLSearchParams(ctx.querystring),
      });
      if (!ctx.state.principal && !parts.isSchemaOpen) throw new BearerError(401, undefined, 'This needs an access token.');
      (ctx.request as { body?: object }).body = await readJsonBody(ctx);
      await answer(ctx, async () => undefined);
    } catch (error) {
      refuse(ctx, error);
    }
  };
}

function createApollo(schema: GraphQLSchema, log: Log): ApolloServer<GraphQLContext> {
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
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: LIMITS.tokens },
    maxRecursiveSelections: LIMITS.recursiveSelections,
    validationRules: armor.validationRules,
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

/** What a caller may learn of an error: its code and its sentence when it is one of ours or GraphQL's own, otherwise nothing. */
function toPublicError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  if (cause instanceof AppError) {
    const fields = cause instanceof BadUserInput ? { fields: cause.fields } : {};
    return { ...formatted, message: cause.message, extensions: { code: cause.code, ...fields } };
  }
  if (isInternal(error)) {
    return { ...formatted, message: 'The server failed to answer. The fault is logged.', extensions: { code: 'INTERNAL_SERVER_ERROR' } };
  }
  return formatted;
}

/** Whether nobody gave the error a code: it was not foreseen. */
function isInternal(error: unknown): boolean {
  if (unwrapResolverError(error) instanceof AppError) return false;
  return !(error instanceof GraphQLError) || error.extensions.code === undefined;
}

function translateErrors(schema: GraphQLSchema, log: Log): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue }) {
          for (const error of errors.filter(isInternal))
            log.error({ requestId: contextValue.requestId, err: error }, 'GraphQL field failed');
        },
        async willSendResponse({ response, document, request }) {
          if (response.body.kind !== 'single') return;
          const result = response.body.singleResult;
          const codes = (result.errors ?? []).map(({ extensions }) => extensions?.code);
          if (codes.includes('UNAUTHENTICATED')) {
            response.http.status = 401;
            response.http.headers.set('www-authenticate', 'Bearer');
          } else if (codes.includes('DATABASE_UNAVAILABLE')) {
            response.http.status = 503;
            response.http.headers.set('retry-after', '5');
          } else if (
            document &&
            (codes.includes('BAD_USER_INPUT') || codes.includes('GRAPHQL_VALIDATION_FAILED')) &&
            result.data === undefined
          ) {
            const fields = typeFaults(schema, document, request.variables ?? {});
            if (fields.length > 0)
              result.errors = [{ message: new BadUserInput(fields).message, extensions: { code: 'BAD_USER_INPUT', fields } }];
          }
        },
      };
    },
  };
}

function refuse(ctx: Context, error: unknown): void {
  if (error instanceof BearerError) {
    ctx.set('WWW-Authenticate', error.challenge);
    answer(ctx, error.status, { code: error.code, message: error.message });
  } else if (error instanceof UnreadableBody) {
    answer(ctx, error.status, { code: 'BAD_REQUEST', message: error.message });
  } else {
    throw error;
  }
}

function answer(ctx: Context, status: number, { code, message }: { code: string; message: string }): void {
  ctx.status = status;
  ctx.body = { errors: [{ message, extensions: { code } }] };
}

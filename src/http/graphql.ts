import { koaMiddleware } from '@as-integrations/koa';
import type { GraphQLSchema } from 'graphql';
import type { Context, Middleware } from 'koa';
import { type Authenticator, BearerError } from '../access/authenticate.js';
import type { Principal, TenantContext } from '../access/principal.js';
import { DatabaseUnavailable } from '../platform/errors.js';
import type { Log } from '../platform/log.js';
import { createApollo } from './apollo.js';
import { readJsonBody, UnreadableBody } from './body.js';

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
        dpop: ctx.get('DPoP') || undefined,
        query: new URLSearchParams(ctx.querystring),
        method: ctx.method,
        path: ctx.path,
      });
      ctx.state.details = { clientId: ctx.state.principal?.clientId };
      if (!ctx.state.principal && !parts.isSchemaOpen) throw new BearerError(401, undefined, 'This needs an access token.');
      (ctx.request as { body?: object }).body = await readJsonBody(ctx);
      await answer(ctx, async () => undefined);
    } catch (error) {
      refuse(ctx, error);
    }
  };
}

function refuse(ctx: Context, error: unknown): void {
  if (error instanceof BearerError) {
    ctx.set('WWW-Authenticate', error.challenge);
    answer(ctx, error.status, error);
  } else if (error instanceof UnreadableBody) {
    answer(ctx, error.status, { code: 'BAD_REQUEST', message: error.message });
  } else if (error instanceof DatabaseUnavailable) {
    ctx.set('Retry-After', '5');
    answer(ctx, 503, error);
  } else {
    throw error;
  }
}

function answer(ctx: Context, status: number, { code, message }: { code: string; message: string }): void {
  ctx.status = status;
  ctx.body = { errors: [{ message, extensions: { code } }] };
}

import { koaMiddleware } from '@as-integrations/koa';
import type { GraphQLSchema } from 'graphql';
import type { Context, Middleware } from 'koa';
import { type Authenticator, BearerError } from '../access/authenticate.js';
import { ActorType, type Principal, tenantOf } from '../access/principal.js';
import { Forbidden } from '../platform/errors.js';
import type { Log } from '../platform/log.js';
import { createApollo } from './apollo.js';
import { readJsonBody, UnreadableBody } from './body.js';
import { isCrossSite, readCookie } from './cookies.js';
import { markOf, refuseGraphql } from './request.js';

/** What the GraphQL endpoint is built from. */
export interface GraphQLParts {
  schema: GraphQLSchema;
  authenticator: Authenticator;
  /** Whether the schema may be read without a token. */
  isSchemaOpen: boolean;
  log: Log;
}

/** `POST /graphql`: reads the body, finds out who calls, and lets Apollo answer. */
export async function graphqlEndpoint(parts: GraphQLParts): Promise<Middleware> {
  const apollo = createApollo(parts.schema, parts.log);
  await apollo.start();
  const answer = koaMiddleware(apollo, {
    context: async ({ ctx }) => ({ principal: ctx.state.principal as Principal | undefined, requestId: ctx.state.requestId as string }),
  });
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      // First: whoever sends it slowly is asked who they are when it is here.
      (ctx.request as { body?: object }).body = await readJsonBody(ctx);
      ctx.state.principal = await parts.authenticator.authenticate(tenantOf(ctx), {
        authorization: ctx.headers.authorization,
        dpop: ctx.get('DPoP') || undefined,
        query: new URLSearchParams(ctx.querystring),
        method: ctx.method,
        path: ctx.path,
        session: readCookie(ctx, 'session'),
        isCrossSite: isCrossSite(ctx),
        request: markOf(ctx),
      });
      ctx.state.details = detailsOf(ctx.state.principal);
      if (!ctx.state.principal && !parts.isSchemaOpen) throw new BearerError(401, undefined, 'This needs an access token.');
      await answer(ctx, async () => undefined);
    } catch (error) {
      refuse(ctx, error);
    }
  };
}

function detailsOf(principal: Principal | undefined): object {
  const id = principal?.actor.id;
  return principal?.actor.type === ActorType.PERSON ? { subject: id } : { clientId: id };
}

function refuse(ctx: Context, error: unknown): void {
  if (error instanceof BearerError) {
    ctx.set('WWW-Authenticate', error.challenge);
    refuseGraphql(ctx, error.status, error);
  } else if (error instanceof UnreadableBody) {
    refuseGraphql(ctx, error.status, { code: 'BAD_REQUEST', message: error.message });
  } else if (error instanceof Forbidden) {
    refuseGraphql(ctx, 403, error);
  } else {
    throw error;
  }
}

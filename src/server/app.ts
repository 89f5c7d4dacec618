import { METHODS } from 'node:http';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { clientCertificates } from '../authentication/presented-certificate.js';
import type { Installation } from '../installation/installation.js';
import { COUNTERS, createResolvers, MTLS_PATHS, PATHS_THAT_ASK_AGAIN, PUBLIC_PATHS, routesOf } from '../installation/rooms.js';
import type { Config } from '../platform/config.js';
import { AppError } from '../platform/errors.js';
import { passBody } from '../platform/http/body.js';
import { GRAPHQL_PATH } from '../platform/http/graphql-answer.js';
import { HEADER_RULES } from '../platform/http/header-limit.js';
import { type Health, healthRoutes } from '../platform/http/health.js';
import { assets, CONSOLE_PATHS, page } from '../platform/http/pages.js';
import { requestLifecycle } from '../platform/http/request.js';
import { securityHeaders } from '../platform/http/security-headers.js';
import type { Log } from '../platform/log.js';
import type { Route, Watchers } from '../platform/room.js';
import { isAtMtlsHost, type TenantContext } from '../tenants/caller.js';
import { type Leniency, requireTarget, requireTenant } from '../tenants/require-tenant.js';
import { Authenticator } from '../tokens/bearer.js';
import { TOKEN_PATH } from '../tokens/paths.js';
import { crossOrigin } from './cross-origin.js';
import { forPeople, graphqlEndpoint } from './graphql/graphql.js';
import { createSchema } from './graphql/operations.js';

/** Those that look up a client see with it whether its tenant is still served; keys and metadata outlive the database. */
const LENIENCY: Leniency = { askAgain: PATHS_THAT_ASK_AGAIN, surviveOutage: PUBLIC_PATHS };

/** What surrounds an app, whatever state the process is in. */
export interface Surroundings extends Watchers {
  health: Health;
  /** Folder of the built pages. */
  pagesFolder: string;
}

/** The app before the database has answered: alive, and not ready. */
export function createWaitingApp({ log, metrics, health }: Surroundings, config: Pick<Config, 'allowedOrigins' | 'trustProxy'>): Koa {
  const app = createKoa(log, config.trustProxy);
  app.use(requestLifecycle({ log, metrics }));
  app.use(requireTarget);
  app.use(crossOrigin(config.allowedOrigins));
  for (const rule of HEADER_RULES) app.use(rule);
  app.use(healthRoutes(health));
  app.use((ctx) => {
    // A page reads the answer to its call, and never the one to what its browser asks before.
    if (ctx.res.hasHeader('Access-Control-Allow-Methods')) {
      ctx.status = 204;
      return;
    }
    const telling = { status: 503, oauthError: 'temporarily_unavailable', retryAfterSeconds: 5 };
    throw new AppError('SERVER_STARTING', 'The server is starting. Try again in a few seconds.', telling);
  });
  return app;
}

/** The app: what happens to a request, from top to bottom. It does not listen. */
export async function createApp(installation: Installation, surroundings: Surroundings): Promise<Koa> {
  const { config } = installation;
  const app = createKoa(surroundings.log, config.trustProxy);
  app.use(requestLifecycle(surroundings));
  if (installation.takesCertificates) app.use(clientCertificates(config.clientCertHeader));
  app.use(securityHeaders(config.issuer));
  app.use(requireTarget);
  app.use(crossOrigin(config.allowedOrigins));
  for (const rule of HEADER_RULES) app.use(rule);
  const tenant = requireTenant(installation.directory, { ...LENIENCY, forwarders: config.trustForwardedHost ? config.trustProxy : 0 });
  surroundings.metrics.define(COUNTERS);
  const routes = await routesOf(installation, surroundings);
  app.use(straightTo(TOKEN_PATH, [tenant, routes.find(({ path }) => path === TOKEN_PATH)?.on.post as Middleware]));
  app.use(healthRoutes(surroundings.health));
  app.use(tenant);
  app.use(onlyOf([...MTLS_PATHS, GRAPHQL_PATH]));
  const router = await createRouter(installation, surroundings, routes);
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

/**
 * What fails past the answer, such as a connection that breaks off, concerns the log alone.
 * @param proxies how many of them wrote the last entries of X-Forwarded-For; what stands before those anybody may have sent
 */
function createKoa(log: Log, proxies = 0): Koa {
  const app = new Koa({ proxy: proxies > 0, maxIpsCount: proxies });
  app.on('error', (error) => log.debug({ err: error }, 'connection failed'));
  app.use(passBody);
  return app;
}

/** A POST to one path goes past the routers, whose search takes time of every token. */
function straightTo(path: string, [first, second]: readonly [Middleware, Middleware]): Middleware {
  return (ctx, next) => {
    if (ctx.path !== path || ctx.method !== 'POST') return next();
    ctx.routerPath = path;
    return first(ctx, () => second(ctx, next));
  };
}

/** Nothing else is there at a host at which clients are asked for a certificate: no browser has anything to do with it. */
function onlyOf(paths: readonly string[]): Middleware {
  return async (ctx, next) => {
    if (!isAtMtlsHost(ctx) || paths.includes(ctx.path)) await next();
  };
}

async function createRouter(installation: Installation, surroundings: Surroundings, routes: readonly Route[]): Promise<Router> {
  // All that Node reads: others would get a 501, which whoever watches a server takes for a fault of it.
  const router = new Router({ strict: true, sensitive: true, methods: METHODS });
  for (const { path, on } of routes) for (const [method, answer] of Object.entries(on)) router[method as keyof Route['on']](path, answer);
  const consolePage = page(surroundings.pagesFolder, 'console.html');
  for (const path of CONSOLE_PATHS) router.get(path, consolePage);
  const graphql = await createGraphql(installation, surroundings);
  router.post(GRAPHQL_PATH, graphql);
  router.get(GRAPHQL_PATH, ...(installation.config.graphiql ? [forPeople(consolePage)] : []), graphql);
  router.get('/assets/:file', assets(surroundings.pagesFolder));
  return router;
}

function createGraphql(installation: Installation, { log, metrics }: Surroundings): Promise<Middleware> {
  const { config, issuers } = installation;
  const verify = async (tenant: TenantContext, token: string) => (await issuers.of(tenant)).verifyForManagement(token);
  return graphqlEndpoint({
    schema: createSchema(createResolvers(installation)),
    authenticator: new Authenticator({ ...installation, verify }),
    isSchemaOpen: config.graphiql,
    log,
    metrics,
  });
}

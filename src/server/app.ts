import { METHODS } from 'node:http';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { SecretProof } from '../authentication/secret-proof.js';
import type { Installation } from '../installation/installation.js';
import { createResolvers } from '../installation/rooms.js';
import { keepPagesOut } from '../people/cookies.js';
import { beginSession, endSession, SESSION_PATH, tellSession } from '../people/session-endpoint.js';
import { CALLBACK_PATH, SignIn } from '../people/sign-in.js';
import { finishSignIn, SIGN_IN_PATH, startSignIn } from '../people/sign-in-endpoint.js';
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
import type { Metrics } from '../platform/metrics.js';
import type { TenantContext } from '../tenants/caller.js';
import { type Leniency, requireTarget, requireTenant } from '../tenants/require-tenant.js';
import { INTROSPECTION_PATH } from '../tenants/scopes.js';
import { Authenticator } from '../tokens/bearer.js';
import { introspectionEndpoint, revocationEndpoint } from '../tokens/introspection.js';
import { introspectionByToken } from '../tokens/introspection-by-token.js';
import { LEAK_PATH, leakEndpoint } from '../tokens/leak-report.js';
import { JWKS_PATH, jwks, METADATA_PATHS, metadata, PEM_PATH, pem } from '../tokens/metadata.js';
import { REVOCATION_PATH, TOKEN_PATH } from '../tokens/mint/provider.js';
import { OAuthEndpoints } from '../tokens/oauth-endpoint.js';
import { tokenEndpoint } from '../tokens/token-endpoint.js';
import { VERIFICATION_PATH, verification } from '../tokens/verification.js';
import { crossOrigin } from './cross-origin.js';
import { forPeople, graphqlEndpoint } from './graphql/graphql.js';
import { createSchema } from './graphql/operations.js';

/** Those that look up a client see with it whether its tenant is still served; keys and metadata outlive the database. */
const LENIENCY: Leniency = {
  askAgain: [TOKEN_PATH, INTROSPECTION_PATH, REVOCATION_PATH],
  surviveOutage: [JWKS_PATH, PEM_PATH, ...METADATA_PATHS],
};

/** What surrounds an app, whatever state the process is in. */
export interface Surroundings {
  log: Log;
  metrics: Metrics;
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
  app.use(securityHeaders(config.issuer));
  app.use(requireTarget);
  app.use(crossOrigin(config.allowedOrigins));
  for (const rule of HEADER_RULES) app.use(rule);
  const tenant = requireTenant(installation.directory, { ...LENIENCY, forwarders: config.trustForwardedHost ? config.trustProxy : 0 });
  const oauth = createOAuth(installation, surroundings);
  app.use(straightTo(TOKEN_PATH, [tenant, oauth.token]));
  app.use(healthRoutes(surroundings.health));
  app.use(tenant);
  const routes = await createRoutes(installation, surroundings, oauth);
  app.use(routes.routes());
  app.use(routes.allowedMethods());
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

async function createRoutes(installation: Installation, surroundings: Surroundings, oauth: OAuth): Promise<Router> {
  const { config, issuers } = installation;
  // All that Node reads: others would get a 501, which whoever watches a server takes for a fault of it.
  const router = new Router({ strict: true, sensitive: true, methods: METHODS });
  router.post(TOKEN_PATH, oauth.token);
  router.post(INTROSPECTION_PATH, oauth.introspection);
  router.post(REVOCATION_PATH, oauth.revocation);
  router.post(LEAK_PATH, oauth.leak);
  router.all(VERIFICATION_PATH, verification(installation));
  addSessions(router, installation, surroundings);
  router.get(JWKS_PATH, jwks(issuers));
  router.get(PEM_PATH, pem(issuers));
  for (const path of METADATA_PATHS) router.get(path, metadata(issuers));
  const consolePage = page(surroundings.pagesFolder, 'console.html');
  for (const path of CONSOLE_PATHS) router.get(path, consolePage);
  const graphql = await createGraphql(installation, surroundings);
  router.post(GRAPHQL_PATH, graphql);
  router.get(GRAPHQL_PATH, ...(config.graphiql ? [forPeople(consolePage)] : []), graphql);
  router.get('/assets/:file', assets(surroundings.pagesFolder));
  return router;
}

type OAuth = Record<'token' | 'introspection' | 'revocation' | 'leak', Middleware>;

function createOAuth(installation: Installation, { log, metrics }: Surroundings): OAuth {
  const { status, secrets, use, throttle, issuers } = installation;
  const verify = async (tenant: TenantContext, token: string) => (await issuers.of(tenant)).verifyForIntrospection(token);
  const authenticator = new Authenticator({ ...installation, verify });
  const endpoints = new OAuthEndpoints({ ...installation, log });
  return {
    token: keepPagesOut(tokenEndpoint(endpoints, { use, metrics }), { takesCredentials: true }),
    introspection: keepPagesOut(
      introspectionByToken({ authenticator, issuers, status, metrics }, introspectionEndpoint(endpoints, status)),
      {
        takesCredentials: true,
      },
    ),
    revocation: keepPagesOut(revocationEndpoint(endpoints, status), { takesCredentials: true }),
    leak: keepPagesOut(leakEndpoint({ secrets, throttle, log }), { takesCredentials: false }),
  };
}

function addSessions(router: Router, installation: Installation, { log }: Surroundings): void {
  const { lookup, sessions, providers, throttle, config } = installation;
  const parts = { sessions, providers, proof: new SecretProof({ ...installation, clients: lookup }), hasExplorer: config.graphiql };
  router.get(SESSION_PATH, tellSession(parts));
  router.post(SESSION_PATH, beginSession(parts));
  router.delete(SESSION_PATH, endSession(parts));
  const signIn = new SignIn(installation);
  const signInParts = { signIn, sessions, throttle, log };
  router.get(SIGN_IN_PATH, startSignIn(signInParts));
  router.get(CALLBACK_PATH, finishSignIn(signInParts));
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

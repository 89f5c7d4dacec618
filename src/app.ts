import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { Authenticator } from './access/authenticate.js';
import { ViewerResolver } from './access/viewer.resolver.js';
import { ClientConnectionResolver, ClientResolver } from './clients/client.resolver.js';
import { ClientListService } from './clients/client-list.service.js';
import { ClientLoader } from './clients/client-loader.service.js';
import { ClientSecretResolver } from './clients/client-secret.resolver.js';
import { managementAudience } from './clients/scopes.js';
import { graphqlEndpoint } from './http/graphql.js';
import { type Health, healthRoutes } from './http/health.js';
import { requireHost } from './http/host.js';
import { createSchema } from './http/operations.js';
import { assets, page } from './http/pages.js';
import { refuse, requestLifecycle } from './http/request.js';
import { securityHeaders } from './http/security-headers.js';
import type { Installation } from './installation.js';
import type { Log } from './platform/log.js';
import type { Metrics } from './platform/metrics.js';
import { createTokenVerifier } from './tokens/access-token.js';
import { introspectionEndpoint, revocationEndpoint } from './tokens/introspection.js';
import { LEAK_PATH, leakEndpoint } from './tokens/leak-report.js';
import { JWKS_PATH, jwks, metadata } from './tokens/metadata.js';
import { OAuthEndpoints } from './tokens/oauth-endpoint.js';
import { INTROSPECTION_PATH, REVOCATION_PATH, TOKEN_PATH } from './tokens/provider.js';
import { SigningKeyResolver } from './tokens/signing-key.resolver.js';
import { Throttle } from './tokens/throttle.js';
import { tokenEndpoint } from './tokens/token-endpoint.js';

/** What surrounds an app, whatever state the process is in. */
export interface Surroundings {
  log: Log;
  metrics: Metrics;
  health: Health;
  /** Folder of the built pages. */
  pagesFolder: string;
}

/** The app before the database has answered: alive, and not ready. */
export function createWaitingApp({ log, metrics, health }: Surroundings): Koa {
  const app = createKoa(log);
  app.use(requestLifecycle({ log, metrics }));
  app.use(healthRoutes(health));
  app.use((ctx) => {
    refuse(ctx, 503, { error: 'temporarily_unavailable', error_description: 'The server is starting. Try again in a few seconds.' });
    ctx.set('Retry-After', '5');
  });
  return app;
}

/** The app: what happens to a request, from top to bottom. It does not listen. */
export async function createApp(installation: Installation, surroundings: Surroundings): Promise<Koa> {
  const { config } = installation;
  const app = createKoa(surroundings.log, config.trustProxy);
  app.use(requestLifecycle(surroundings));
  app.use(securityHeaders(config.issuer));
  app.use(healthRoutes(surroundings.health));
  app.use(requireHost(config.issuer));
  const routes = await createRoutes(installation, surroundings);
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
  return app;
}

async function createRoutes(installation: Installation, { log, metrics, pagesFolder }: Surroundings): Promise<Router> {
  const { config, home, keys, status, secrets, use } = installation;
  const throttle = new Throttle(config.failureLimit);
  const endpoints = new OAuthEndpoints({ ...installation, tenant: home, clients: installation.lookup, throttle, log });
  const tokenParts = { tenant: home, verify: createTokenVerifier(home, keys), status };
  const router = new Router({ strict: true, sensitive: true });
  router.post(TOKEN_PATH, tokenEndpoint(endpoints, { use, metrics }));
  router.post(INTROSPECTION_PATH, introspectionEndpoint(endpoints, tokenParts));
  router.post(REVOCATION_PATH, revocationEndpoint(endpoints, tokenParts));
  router.post(LEAK_PATH, leakEndpoint({ tenant: home, secrets, throttle, log }));
  router.get(JWKS_PATH, jwks(keys));
  router.get('/.well-known/oauth-authorization-server', metadata(home));
  router.get('/.well-known/openid-configuration', metadata(home));
  router.post('/graphql', await createGraphql(installation, log));
  if (config.graphiql) {
    router.get('/graphql', page(pagesFolder, 'graphiql.html'));
    router.get('/assets/:file', assets(pagesFolder));
    router.get('/', (ctx) => ctx.redirect('/graphql'));
  }
  return router;
}

function createGraphql(installation: Installation, log: Log): Promise<Middleware> {
  const { config, database, clients, secrets, home, keys, signingKeys, status, proofs } = installation;
  const list = new ClientListService(database);
  const loader = new ClientLoader(database);
  const resolvers = [
    new ClientResolver(clients, list, loader),
    new ClientConnectionResolver(list),
    new ClientSecretResolver(secrets, loader),
    new SigningKeyResolver(signingKeys, keys),
    new ViewerResolver(),
  ];
  const verify = createTokenVerifier(home, keys, managementAudience(home.issuer));
  return graphqlEndpoint({
    schema: createSchema(resolvers),
    tenant: home,
    authenticator: new Authenticator({ verify, status, proofs }),
    isSchemaOpen: config.graphiql,
    log,
  });
}

import { METHODS, type Server } from 'node:http';
import { join } from 'node:path';
import type Router from '@koa/router';
import type Koa from 'koa';
import { pino } from 'pino';
import type { CreateClientInput } from '../src/console/api/generated.js';
import { type Installation, openInstallation } from '../src/installation/installation.js';
import { readConfig } from '../src/platform/config.js';
import { createHttpServer, setHandler } from '../src/platform/http/listener.js';
import { LOG_RULES, type Log } from '../src/platform/log.js';
import { Metrics } from '../src/platform/metrics.js';
import { createApp } from '../src/server/app.js';
import { type Answer, readAnswer } from './answer.js';
import { Api } from './api.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { ENCRYPTION_KEY } from './encryption-key.ts';
import './loopback.js';

export { ENCRYPTION_KEY };

/** A client id and its secret. */
export interface Credentials {
  clientId: string;
  secret: string;
}

/** A tenant, as its administrator reaches it. */
export interface TestTenant {
  /** Its issuer. */
  url: string;
  admin: Credentials;
  /** Sends a GraphQL operation as the administrator. */
  administer(query: string, variables?: object): Promise<Answer>;
  /** The mutations, as the administrator's. */
  api: Api;
}

/** The whole server in this process, on a database of its own and a free port. It is its home tenant. */
export interface TestApp extends TestTenant {
  port: number;
  database: TestDatabase;
  installation: Installation;
  metrics: Metrics;
  /** Every route that is served, as `GET /path`, or `ANY /path` of those that take every method. */
  routes: string[];
  /** Everything that was logged. */
  logLines: string[];
  stop(): Promise<void>;
}

/** Starts a server with these settings beside the usual ones. */
export async function startApp(settings: Record<string, string> = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const server = createHttpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const url = `http://localhost:${port}`;
  const config = readConfig({ PORT: String(port), DATABASE_URL: database.url, ENCRYPTION_KEY, ...settings });
  const logLines: string[] = [];
  const log: Log = pino({ ...LOG_RULES, level: 'trace' }, { write: (line) => logLines.push(line) });
  const installation = await openInstallation(config, log).catch(async (error) => {
    server.close();
    await database.remove();
    throw error;
  });
  const metrics = new Metrics();
  const app = await createApp(installation, {
    log,
    metrics,
    health: { isReady: () => installation.database.ping('SELECT 1') },
    pagesFolder: join(import.meta.dirname, '../dist/console'),
  });
  setHandler(server, app.callback(), config);
  const admin = { clientId: config.adminClientId, secret: settings.ADMIN_CLIENT_SECRET ?? (installation.generatedSecret as string) };
  return {
    ...administered(url, admin),
    port,
    database,
    installation,
    metrics,
    routes: routesOf(app),
    logLines,
    stop: async () => {
      await close(server);
      await installation.database.close();
      await database.remove();
    },
  };
}

/** A tenant whose administrator's token is fetched when it is needed. */
export function administered(url: string, admin: Credentials): TestTenant {
  let token: string | undefined;
  const administer = async (query: string, variables?: object) => {
    token ??= await getToken({ url }, admin);
    const answer = await graphql({ url }, { token, query, variables });
    if (answer.status !== 401) return answer;
    // The token has expired by the clock of a test, or was cut by it.
    token = await getToken({ url }, admin);
    return graphql({ url }, { token, query, variables });
  };
  return { url, admin, administer, api: new Api(administer) };
}

/** Creates a tenant as the administrator of the home tenant. @param name its host is `name.localhost` */
export async function createTenant(home: TestApp, name: string): Promise<TestTenant> {
  const { tenant, client, clientSecret } = await home.api.createTenant({ name, host: `${name}.localhost:${home.port}` });
  return administered(tenant.issuer, { clientId: client.clientId, secret: clientSecret });
}

/** Sends a GraphQL operation. */
export async function graphql(
  { url }: { url: string },
  { token, query, variables }: { token?: string | undefined; query: string; variables?: object | undefined },
): Promise<Answer> {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return readAnswer(
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    }),
  );
}

/** Asks for a token with credentials in a Basic header, or with whatever else is given. */
export async function requestToken(
  { url }: { url: string },
  credentials: Credentials | undefined,
  parameters: Record<string, string> | string = {},
): Promise<Answer> {
  const body = typeof parameters === 'string' ? parameters : { grant_type: 'client_credentials', ...parameters };
  return postForm({ url }, '/connect/token', { credentials, body });
}

/** Posts a form, with credentials in a Basic header when there are some. */
export async function postForm(
  { url }: { url: string },
  path: string,
  {
    credentials,
    body,
    headers = {},
  }: {
    credentials?: Credentials | undefined;
    body: Record<string, string> | string;
    headers?: Record<string, string>;
  },
): Promise<Answer> {
  const authorization: Record<string, string> = credentials ? { authorization: basic(credentials.clientId, credentials.secret) } : {};
  return readAnswer(
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...authorization, ...headers },
      body: typeof body === 'string' ? body : new URLSearchParams(body).toString(),
    }),
  );
}

/** What the introspection endpoint tells a client of a token. */
export async function introspect(app: { url: string }, credentials: Credentials, token: string): Promise<Answer> {
  return postForm(app, '/connect/introspect', { credentials, body: { token } });
}

/** The claims of a token, unchecked. */
export function claimsOf(token: string): Record<string, unknown> & { jti: string; iat: number; exp: number } {
  return JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());
}

/** A Basic header with both parts encoded as RFC 6749 asks for. */
export function basic(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64')}`;
}

/** An access token. */
export async function getToken(app: { url: string }, credentials: Credentials, parameters: Record<string, string> = {}): Promise<string> {
  const { status, body, text } = await requestToken(app, credentials, parameters);
  if (status !== 200) throw new Error(`no token: ${status} ${text}`);
  return body.access_token;
}

/** Creates a client as the administrator. @returns its credentials */
export async function createClient(
  { api }: Pick<TestTenant, 'api'>,
  input: Omit<CreateClientInput, 'name'> & { name?: string },
): Promise<Credentials> {
  const { clientSecret } = await api.createClient({ name: `Test ${input.clientId}`, ...input });
  return { clientId: input.clientId, secret: clientSecret as string };
}

function routesOf({ middleware }: Koa): string[] {
  const layers = middleware.flatMap((step) => (step as { router?: Router }).router?.stack ?? []);
  return layers.flatMap(({ methods, path }) =>
    new Set(methods).size >= METHODS.length
      ? `ANY ${path}`
      : methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`),
  );
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

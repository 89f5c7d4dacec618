import type { Answer } from './answer.js';
import { basic } from './app.js';
import {
  ALTERED,
  cookie,
  credentialsFor,
  FORGED,
  type Form,
  forgedCredentials,
  type Headers,
  ISSUED,
  send,
  waysToProve,
} from './credentials.js';
import { proveKey, type SharedKeys, type World } from './worlds.js';

/** A request to one tenant with what is another's, or its own. */
export interface Probe {
  /** The route that it is sent to. */
  route: string;
  what: string;
  send(at: World, of: World): Promise<Answer>;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const GRANT = { grant_type: 'client_credentials' };

/** Requests with another's credentials, tokens, secrets and cookies to every route that takes any; those that use something up come last. */
export function probes(keys: SharedKeys): Probe[] {
  const proofs = waysToProve(keys);
  const oauth = ['/connect/token', '/connect/introspect', '/connect/revocation'].flatMap((path) =>
    proofs.map(([what, prove]) => ({
      route: `POST ${path}`,
      what,
      send: async (at: World, of: World) => {
        const { headers = {}, form = {} } = await prove(at, of, path);
        const body = { ...(path === '/connect/token' ? GRANT : { token: 'none' }), ...form };
        return send(at, of, { path, headers, body: new URLSearchParams(body) });
      },
    })),
  );
  return [
    ...oauth,
    ...tokenProbes(keys),
    ...graphqlProbes(keys),
    ...verificationProbes(keys),
    ...introspectionProbes(),
    ...sessionProbes(),
    ...endingProbes(),
  ];
}

/** Routes that take nothing but a host: pages, and what a tenant publishes of itself. */
export const PUBLIC_ROUTES = [
  'GET /health/live',
  'GET /health/ready',
  'GET /',
  'GET /client',
  'GET /activity',
  'GET /signing-keys',
  'GET /trusted-issuers',
  'GET /certificate-authorities',
  'GET /tenants',
  'GET /graphql',
  'GET /assets/:file',
  'GET /.well-known/jwks.json',
  'GET /.well-known/jwks.pem',
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/openid-configuration',
  'GET /session/start',
];

function tokenProbes(keys: SharedKeys): Probe[] {
  const route = 'POST /connect/token';
  const path = '/connect/token';
  const ask = async (at: World, of: World, form: Form, headers: Headers = {}) =>
    send(at, of, {
      path,
      headers: { authorization: authorize(at, 'admin'), ...headers },
      body: new URLSearchParams({ ...GRANT, ...form }),
    });
  return [
    { route, what: 'an API of its own as resource', send: (at, of) => ask(at, of, { resource: `${of.url}/graphql` }) },
    {
      route,
      what: 'a proof about its own endpoint',
      send: async (at, of) => ask(at, of, {}, { dpop: await proveKey(keys, of.url + path) }),
    },
  ];
}

function graphqlProbes(keys: SharedKeys): Probe[] {
  const route = 'POST /graphql';
  const ask = (at: World, of: World, headers: Headers) =>
    send(at, of, {
      path: '/graphql',
      headers: { ...JSON_TYPE, ...headers },
      body: '{"query":"{ viewer { clientId person { subject } } }"}',
    });
  return [
    ...[...credentialsFor(keys), ...forgedCredentials()].map(([what, make]) => ({
      route,
      what,
      send: async (at: World, of: World) => ask(at, of, await make(at, of)),
    })),
    {
      route,
      what: 'its origin beside a session of this tenant',
      send: (at, of) => ask(at, of, { origin: of.url, ...cookie(at, 'session', at.sessions.admin) }),
    },
  ];
}

function verificationProbes(keys: SharedKeys): Probe[] {
  const tokens = [...credentialsFor(keys), ...forgedCredentials()].filter(([what]) => !what.includes('cookie'));
  return tokens.map(([what, make]) => ({
    route: 'ANY /connect/verify',
    what,
    send: async (at, of) => {
      const audience = encodeURIComponent(`${of.url}/graphql`);
      return send(at, of, { path: `/connect/verify?audience=${audience}`, headers: await make(at, of) });
    },
  }));
}

function introspectionProbes(): Probe[] {
  return (['twin', 'inspector'] as const).flatMap((who) =>
    [ISSUED, ALTERED, FORGED].map(([what, make]) => ({
      route: 'POST /connect/introspect',
      what: `${what}, asked about by ${who}`,
      send: async (at, of) => {
        const headers = { authorization: authorize(at, who) };
        return send(at, of, { path: '/connect/introspect', headers, body: new URLSearchParams({ token: await make(at, of) }) });
      },
    })),
  );
}

function sessionProbes(): Probe[] {
  const path = '/session';
  const begin = (at: World, of: World, { clientId, secret: clientSecret }: World['admin'], headers: Headers = {}) =>
    send(at, of, { path, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify({ clientId, clientSecret }) });
  const tell = (at: World, of: World, headers: Headers) => send(at, of, { method: 'GET', path, headers });
  return [
    { route: 'POST /session', what: 'the secret of the administrator', send: (at, of) => begin(at, of, of.admin) },
    { route: 'POST /session', what: 'its origin', send: (at, of) => begin(at, of, at.admin, { origin: of.url }) },
    ...(['admin', 'person'] as const).map((who) => ({
      route: 'GET /session',
      what: `the cookie of the session of ${who}`,
      send: (at: World, of: World) => tell(at, of, cookie(at, 'session', of.sessions[who])),
    })),
    {
      route: 'GET /session',
      what: 'its origin',
      send: (at, of) => tell(at, of, { origin: of.url, ...cookie(at, 'session', at.sessions.admin) }),
    },
    {
      route: 'GET /session/callback',
      what: 'the cookie of a sign-in',
      send: (at, of) => {
        const search = new URLSearchParams({ code: 'code', state: of.signIn.state });
        return send(at, of, { method: 'GET', path: `/session/callback?${search}`, headers: cookie(at, 'sign-in', of.signIn.ticket) });
      },
    },
  ];
}

function endingProbes(): Probe[] {
  const end = (at: World, of: World, headers: Headers) => send(at, of, { method: 'DELETE', path: '/session', headers });
  return [
    {
      route: 'DELETE /session',
      what: 'its origin',
      send: (at, of) => end(at, of, { origin: of.url, ...cookie(at, 'session', at.sessions.admin) }),
    },
    { route: 'DELETE /session', what: 'the cookie of a session', send: (at, of) => end(at, of, cookie(at, 'session', of.sessions.person)) },
    ...[ISSUED, FORGED].map(([what, make]) => ({
      route: 'POST /connect/revocation',
      what,
      send: async (at: World, of: World) => {
        const headers = { authorization: authorize(at, 'twin') };
        return send(at, of, { path: '/connect/revocation', headers, body: new URLSearchParams({ token: await make(at, of) }) });
      },
    })),
    ...(['twin', 'signing', 'lone'] as const).map((who) => ({
      route: 'POST /connect/leaked',
      what: `the secret of ${who}`,
      send: (at: World, of: World) => send(at, of, { path: '/connect/leaked', body: new URLSearchParams({ token: of[who].secret }) }),
    })),
  ];
}

function authorize(at: World, who: 'admin' | 'twin' | 'inspector'): string {
  return basic(at[who].clientId, at[who].secret);
}

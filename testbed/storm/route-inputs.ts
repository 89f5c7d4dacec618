import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { authorization, type Header, type HttpInput, header, host, someHeaders } from './input.js';
import { text } from './texts.js';

const assets = readdirSync(join(import.meta.dirname, '../../dist/console/assets')).slice(0, 6);
const PATHS = [
  ...[
    '/',
    '/client',
    '/activity',
    '/signing-keys',
    '/trusted-issuers',
    '/certificate-authorities',
    '/tenants',
    '/graphql',
    '/session',
    '/session/start',
    '/session/callback',
  ],
  ...[
    '/health/live',
    '/health/ready',
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/.well-known/jwks.json',
    '/.well-known/jwks.pem',
  ],
  ...[
    '/connect/token',
    '/connect/introspect',
    '/connect/revocation',
    '/connect/leaked',
    '/connect/verify',
    '/metrics',
    '/assets/',
    '/assets/x',
    '/favicon.ico',
  ],
  ...assets.map((file) => `/assets/${file}`),
];
const WALKS = [
  '..',
  '.',
  '',
  '%2e%2e',
  '%2f',
  '%5c',
  '%00',
  '..%2f..%2f',
  '%',
  '%c0%ae',
  '\\',
  ';a=b',
  '*',
  'etc',
  'passwd',
  'console.html',
  'assets',
  '%252e',
  '~',
  '.env',
  '%ff',
  '%u0041',
  'a'.repeat(3000),
];
const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'M-SEARCH',
  'QUERY',
  'PURGE',
];

const safe = (value: string) => [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const path = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...PATHS) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...PATHS, '/assets'), fc.array(fc.constantFrom(...WALKS), { minLength: 1, maxLength: 5 }))
      .map(([base, steps]) => `${base}/${steps.join('/')}`),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('/', '/assets/', '/session/', '//', '/health/'), text).map(([base, rest]) => base + safe(rest)),
  },
);
const query = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc.tuple(
          fc.constantFrom(
            'code',
            'state',
            'error',
            'iss',
            'id_token',
            'response',
            'session_state',
            'access_token',
            'id',
            '__proto__',
            'a[b]',
          ),
          text,
        ),
        { maxLength: 4 },
      )
      .map((pairs) => `?${pairs.map(([name, value]) => `${name}=${safe(value)}`).join('&')}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '?',
      '??',
      '?%',
      '?&&&',
      '?code=x&code=y&state=%ff',
      '?error=access_denied&error_description=%3Cscript%3E',
      `?${'x=1&'.repeat(1000)}`,
      '?token=@@readerSecret@@',
    ),
  },
);
const ticket = fc.constantFrom(
  '@@signInCookie@@=@@ticket@@',
  '@@signInCookie@@=x',
  '@@signInCookie@@=',
  `@@signInCookie@@=${'A'.repeat(4000)}`,
  '@@sessionCookie@@=@@session@@; @@signInCookie@@=@@ticket@@',
);

/** Requests to everything else that is served, and to what is not. */
export const routeInput: fc.Arbitrary<HttpInput> = fc
  .record({
    method: fc.constantFrom(...METHODS),
    path,
    query,
    host,
    more: someHeaders,
    who: header(
      'Authorization',
      fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        authorization.map((value) => [value]),
      ),
    ),
    cookies: header(
      'Cookie',
      fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        ticket.map((value) => [value]),
      ),
    ),
    body: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, fc.constantFrom('x', '{}', 'a=b')),
  })
  .map(({ method, body, more, ...made }): HttpInput => {
    const headers: Header[] = [['Host', made.host], ...made.who, ...made.cookies, ...more];
    return { part: 'routes', method, target: made.path + made.query, headers, body };
  });

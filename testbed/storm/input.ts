import fc from 'fast-check';

/** One thing that is sent: a request, or whatever else somebody writes into a connection. */
export type Input = HttpInput | RawInput;

/** A header as it is sent. */
export type Header = [name: string, value: string];

/** A request whose frame is right, whatever is in it. Names between `@@` are filled in when it is sent. */
export interface HttpInput {
  part: 'graphql' | 'oauth' | 'routes';
  method: string;
  /** Path and query. */
  target: string;
  /** In their order; a name may come twice. */
  headers: Header[];
  /** Absent when there is none; sent in chunks of so many bytes when `chunk` is set. */
  body?: string | undefined;
  encoding?: BufferEncoding;
  chunk?: number;
}

/** Bytes (as latin1) on a connection of their own, which the sender then half closes. */
export interface RawInput {
  part: 'framing';
  bytes: string;
}

/** Whom a request says it comes from and what it brings along, as headers. */
export const someHeaders = fc.array(
  fc.oneof(
    fc.tuple(
      fc.constant('Accept'),
      fc.constantFrom('*/*', 'text/html', 'application/json', 'application/graphql-response+json', ';q=', 'a/b;q=9'),
    ),
    fc.tuple(fc.constant('Origin'), fc.constantFrom('@@home@@', 'null', 'https://elsewhere.example', '')),
    fc.tuple(fc.constant('Sec-Fetch-Site'), fc.constantFrom('same-origin', 'cross-site', 'none', '?')),
    fc.tuple(
      fc.constantFrom('X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Forwarded'),
      fc.constantFrom('::1', '1.2.3.4, 5', 'evil.example', 'https', 'for="_x"'),
    ),
    fc.tuple(fc.constant('X-Request-Id'), fc.constantFrom('x'.repeat(300), '<b>', "'")),
    fc.tuple(fc.constant('Accept-Encoding'), fc.constantFrom('gzip', 'br;q=2', '*;q=0', 'identity;q=0')),
    fc.tuple(fc.constant('Content-Encoding'), fc.constantFrom('gzip', 'identity', 'deflate, br', '')),
    fc.tuple(
      fc.constantFrom('Range', 'If-None-Match', 'If-Modified-Since', 'If-Range'),
      fc.constantFrom('bytes=0-', 'bytes=9-1', '*', '"x"', 'never'),
    ),
    fc.tuple(
      fc.constant('Cookie'),
      fc.constantFrom('@@sessionCookie@@=@@session@@', '@@sessionCookie@@=x', '@@sessionCookie@@=%', 'a=b; =; ;;', `x=${'y'.repeat(5000)}`),
    ),
    fc.tuple(fc.constant('OAuth-Client-Attestation'), fc.constantFrom('x', 'e30.e30.')),
    fc.tuple(fc.constant('Apollo-Require-Preflight'), fc.constant('1')),
  ) as fc.Arbitrary<Header>,
  { maxLength: 2 },
);

/** A header that is there once, twice, or not at all. */
export function header(name: string, values: fc.Arbitrary<readonly string[]>): fc.Arbitrary<Header[]> {
  return values.map((all) => all.map((value): Header => [name, value]));
}

/** The host that a request is for: mostly one that is served. */
export const host = fc.oneof(
  { weight: 30, arbitrary: fc.constant('@@homeHost@@') },
  { weight: 8, arbitrary: fc.constant('@@otherHost@@') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'unknown.example',
      '',
      'localhost',
      'localhost:1:2',
      '[::1]',
      'ﬁ.example',
      '@@homeHost@@.',
      '%6cocalhost',
      'a'.repeat(300),
    ),
  },
);

/** A value of the header DPoP or Authorization that is a JWT, or nearly. */
export const jwt: fc.Arbitrary<string> = fc
  .tuple(
    fc.record(
      {
        alg: fc.constantFrom<unknown>('none', 'ES256', 'HS256', 'RS256', 'EdDSA', 'dir', '', null, 5, ['ES256'], '__proto__'),
        typ: fc.constantFrom<unknown>('at+jwt', 'JWT', 'dpop+jwt', null, {}, 7),
        kid: fc.constantFrom<unknown>('@@kid@@', '', null, 1, {}, '../../etc', 'x'.repeat(500)),
        crit: fc.constantFrom<unknown>(['b64'], [], 'exp', ['x', 'x'], null),
        b64: fc.constantFrom<unknown>(false, 'no'),
        jku: fc.constant('http://127.0.0.1:1/jwks'),
        jwk: fc.constantFrom<unknown>(
          { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' },
          {
            kty: 'EC',
            crv: 'P-256',
            x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
            y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
            d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
          },
          { kty: 'oct', k: 'AAAA' },
          { kty: 'RSA', n: 'AQ', e: 'AQAB' },
          { kty: 'OKP', crv: 'Ed25519', x: '' },
          { kty: '__proto__' },
          [],
          null,
        ),
        x5c: fc.constantFrom<unknown>(['MIIB'], 'x', [[]]),
        cty: fc.constant('x'.repeat(4000)),
      },
      { requiredKeys: ['alg'] },
    ),
    fc.oneof(
      fc.record(
        {
          iss: fc.constantFrom<unknown>('keyed', '@@home@@', '', null, 1, ['keyed']),
          sub: fc.constantFrom<unknown>('keyed', 'admin', '\u0000', 1, {}),
          aud: fc.constantFrom<unknown>('@@home@@', ['@@home@@', 1], '@@home@@/graphql', null, {}),
          exp: fc.constantFrom<unknown>(1, 4102444800, -1, 1e308, '4102444800', null, [], 1.5),
          iat: fc.constantFrom<unknown>(1, 4102444800, 'x', null),
          nbf: fc.constantFrom<unknown>(4102444800, 'x'),
          jti: fc.constantFrom<unknown>('a', 'x'.repeat(3000), null, 7, {}, '\ud800'),
          htm: fc.constantFrom<unknown>('POST', 'post', 1),
          htu: fc.constantFrom<unknown>('@@home@@/connect/token', 'x', 'http://[', 5),
          ath: fc.constantFrom<unknown>('x', 1),
          nonce: fc.constantFrom<unknown>('x', 1, {}),
          cnf: fc.constantFrom<unknown>({ jkt: 'x' }, 5),
        },
        { requiredKeys: [] },
      ),
      fc.constantFrom<unknown>(null, 1, 'x', [], '[' as unknown),
    ),
    fc.constantFrom('', 'AAAA', '!', 'A'.repeat(86), 'A'.repeat(2000)),
    fc.constantFrom('whole', 'whole', 'whole', 'two', 'four', 'deep', 'text'),
  )
  .map(([header, payload, signature, form]) => {
    const encoded = `@@base64url:${JSON.stringify(header)}@@.@@base64url:${JSON.stringify(payload)}@@`;
    if (form === 'two') return encoded;
    if (form === 'four') return `${encoded}.${signature}.x.y`;
    if (form === 'deep') return `@@base64url:{"alg":${'['.repeat(2000)}${']'.repeat(2000)}}@@.e30.${signature}`;
    if (form === 'text') return `${signature}.${signature}.${signature}`;
    return `${encoded}.${signature}`;
  });

/** A value of the header Authorization at the GraphQL API. */
export const authorization = fc.oneof(
  { weight: 90, arbitrary: fc.constant('Bearer @@adminToken@@') },
  { weight: 10, arbitrary: fc.constant('Bearer @@readerToken@@') },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'Bearer @@otherToken@@',
      'Bearer @@expiredToken@@',
      'Bearer @@apiToken@@',
      'DPoP @@adminToken@@',
      'Bearer @@adminSecret@@',
    ),
  },
  { weight: 3, arbitrary: jwt.map((token) => `Bearer ${token}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      'Bearer',
      'Bearer ',
      'bearer  x',
      'Basic Og==',
      'Negotiate',
      'Bearer @@adminToken@@x',
      `Bearer ${'x'.repeat(9000)}`,
    ),
  },
);

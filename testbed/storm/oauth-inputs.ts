import fc from 'fast-check';
import { authorization, type Header, type HttpInput, header, host, jwt, someHeaders } from './input.js';
import { damage, text } from './texts.js';

const among = (...values: string[]) => fc.constantFrom(...values);
const CLIENTS = ['admin', 'reader', 'keyed', 'signing', 'made-1', 'nobody', '@@readerSecret@@'];
const SECRETS = [
  '@@readerSecret@@',
  '@@readerSecret@@',
  '@@adminSecret@@',
  `lk_${'0'.repeat(49)}`,
  'lk_',
  '@@readerSecret@@\u0000',
  '@@signingSecret@@',
];
const TOKENS = ['@@apiToken@@', '@@adminToken@@', '@@expiredToken@@', '@@otherToken@@', '@@readerSecret@@'];

/** What each parameter may hold, beside any text. */
const PARAMETERS: Record<string, fc.Arbitrary<string>> = {
  grant_type: fc.oneof(
    { weight: 8, arbitrary: fc.constant('client_credentials') },
    among('password', 'authorization_code', 'refresh_token', 'urn:x', 'client_credentials '),
  ),
  client_id: among(...CLIENTS),
  client_secret: among(...SECRETS),
  scope: among('orders:read', 'clients:read', 'openid', 'orders:read orders:read', '  ', 'x'.repeat(3000), '@@readerSecret@@'),
  resource: among('https://orders.example', '@@home@@/graphql', 'https://orders.example#x', 'x', '@@readerSecret@@'),
  audience: among('https://orders.example', 'x'),
  client_assertion: fc.oneof(fc.constant('@@assertion@@'), jwt),
  client_assertion_type: fc.oneof(
    { weight: 5, arbitrary: fc.constant('urn:ietf:params:oauth:client-assertion-type:jwt-bearer') },
    among('urn:x', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'),
  ),
  token: fc.oneof({ weight: 3, arbitrary: among(...TOKENS) }, jwt),
  token_type_hint: among('access_token', 'refresh_token', 'pct'),
  url: among('https://x.example/@@readerSecret@@', 'http://[', 'https://é.example/%', 'javascript:1'),
  username: among('admin'),
  password: among('@@readerSecret@@'),
  code: among('x'),
  refresh_token: among('x'),
  assertion: jwt,
  request: jwt,
  request_uri: among('http://127.0.0.1:1/', 'urn:x'),
  dpop_jkt: among('x'),
  __proto__x: among('x'),
};

/** What belongs to each endpoint, so that some requests get past the first check. */
const USUAL: Record<string, string[]> = {
  '/connect/token': ['grant_type', 'client_id', 'client_secret', 'scope', 'resource'],
  '/connect/introspect': ['token', 'token_type_hint', 'client_id', 'client_secret'],
  '/connect/revocation': ['token', 'client_id', 'client_secret'],
  '/connect/leaked': ['token', 'url'],
};
const PROOF = ['client_assertion', 'client_assertion_type'];

/** Percent-encoded as bytes: halves of characters too. */
const encode = (value: string) =>
  [...Buffer.from(value)]
    .map((byte) => (byte > 44 && byte < 123 && byte !== 61 ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`))
    .join('');
const escaped = (value: string) =>
  value
    .split(/(@@\w+@@|@@base64url:.*?@@(?=[.&]|$))/)
    .map((part) => (part.startsWith('@@') ? part : encode(part)))
    .join('');

function parameter(name: string): fc.Arbitrary<string> {
  const value = fc.oneof({ weight: 8, arbitrary: PARAMETERS[name] as fc.Arbitrary<string> }, text, fc.constant(''));
  return fc.tuple(value, fc.integer({ min: 0, max: 39 })).map(([given, form]) => {
    const pair = `${name}=${escaped(given)}`;
    if (form === 0) return `${pair}&${pair}`;
    if (form === 1) return `${name}[]=${escaped(given)}&${name}[a]=1`;
    if (form === 2) return `${name}=%`;
    if (form === 3) return `${name}=%c3%28`;
    if (form === 4) return name;
    if (form === 5) return `=${escaped(given)}`;
    return pair;
  });
}

function form(path: string): fc.Arbitrary<string> {
  const usual = (USUAL[path] as string[]).map((name) => fc.oneof({ weight: 5, arbitrary: parameter(name) }, fc.constant('')));
  const proof = fc.oneof({ weight: 4, arbitrary: fc.constant<string[]>([]) }, fc.tuple(...PROOF.map(parameter)));
  const more = fc.array(
    fc.oneof(
      ...Object.keys(PARAMETERS).map(parameter),
      fc.tuple(text, text).map(([name, value]) => `${escaped(name)}=${escaped(value)}`),
    ),
    { maxLength: 2 },
  );
  const whole = fc.tuple(fc.tuple(...usual), proof, more).map((parts) =>
    parts
      .flat()
      .filter((pair) => pair !== '')
      .join('&'),
  );
  return fc.oneof(
    { weight: 20, arbitrary: whole },
    { weight: 1, arbitrary: damage(whole) },
    fc.constantFrom(
      '',
      '&'.repeat(3000),
      'a=1&'.repeat(2000),
      `x=${'y'.repeat(60_000)}`,
      '{"grant_type":"client_credentials"}',
      '%'.repeat(500),
      '__proto__=1&__proto__[a]=2&constructor.prototype=3',
      'a[b][c][d][e]=1',
    ),
  );
}

const basic = fc
  .tuple(
    fc.oneof({ weight: 5, arbitrary: among(...CLIENTS) }, text),
    fc.oneof({ weight: 5, arbitrary: among(...SECRETS) }, text),
    fc.constantFrom(':', ':', ':', ':', '', '::', '\u0000:'),
  )
  .map(([id, secret, colon]) => `Basic @@base64:${id}${colon}${secret}@@`);
const credentials: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(['Basic @@base64:reader:@@readerSecret@@@@']) },
  { weight: 5, arbitrary: basic.map((value) => [value]) },
  { weight: 6, arbitrary: fc.constant([]) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ['Basic'],
      ['Basic '],
      ['Basic !!!!'],
      ['Basic YQ=='],
      ['Basic Og=='],
      ['basic YTpi'],
      ['Basic YTpi YTpi'],
      ['Basic YTpi', 'Basic YTpi'],
      ['Bearer @@adminToken@@'],
      ['Basic JTo='],
      [`Basic ${'QUFB'.repeat(2500)}`],
    ),
  },
);
const contentType = fc.oneof(
  { weight: 20, arbitrary: fc.constant('application/x-www-form-urlencoded') },
  fc.constantFrom(
    ...[
      'application/x-www-form-urlencoded; charset=utf-8',
      'application/x-www-form-urlencoded; charset=iso-8859-1',
      'application/x-www-form-urlencoded; charset=x; charset=y',
    ],
    ...[
      'application/json',
      'multipart/form-data; boundary=x',
      'text/plain',
      '',
      '/',
      'application/x-www-form-urlencoded;',
      'application/*',
    ],
  ),
);

function posted(path: string): fc.Arbitrary<HttpInput> {
  const made = fc.record({
    host,
    credentials: header('Authorization', credentials),
    contentType,
    body: form(path),
    more: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, someHeaders),
    proof: header(
      'DPoP',
      fc.oneof(
        { weight: 8, arbitrary: fc.constant<string[]>([]) },
        jwt.map((value) => [value]),
        fc.constant(['@@proof@@']),
        text.map((value) => [value.replace(/[^\x20-\x7e]/g, '?')]),
      ),
    ),
    chunk: fc.oneof({ weight: 12, arbitrary: fc.constant<{ chunk?: number }>({}) }, fc.constantFrom({ chunk: 1 }, { chunk: 700 })),
    query: fc.oneof(
      { weight: 30, arbitrary: fc.constant('') },
      fc.constantFrom(
        '?client_id=reader&client_secret=@@readerSecret@@',
        '?grant_type=client_credentials',
        '?%',
        '?__proto__=1',
        `?${'a=b&'.repeat(500)}`,
      ),
    ),
    encoding: fc.constantFrom<BufferEncoding>('utf8', 'utf8', 'utf8', 'utf8', 'latin1'),
  });
  return made.map(({ chunk, body, encoding, ...parts }) => {
    const headers: Header[] = [
      ['Host', parts.host],
      ['Content-Type', parts.contentType],
      ...parts.credentials,
      ...parts.proof,
      ...parts.more,
    ];
    return { part: 'oauth', method: 'POST', target: path + parts.query, headers, body, encoding, ...chunk };
  });
}

const session = fc
  .record({
    host,
    method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'DELETE'),
    body: fc.oneof(
      { weight: 3, arbitrary: fc.constant('{"clientId":"admin","clientSecret":"@@adminSecret@@"}') },
      fc.tuple(text, text).map(([clientId, clientSecret]) => JSON.stringify({ clientId, clientSecret })),
      fc.json({ maxDepth: 3 }),
      fc.constantFrom(
        '',
        '{',
        'null',
        '[]',
        '{"clientId":"admin","clientSecret":["x"]}',
        '{"__proto__":{"clientId":"admin","clientSecret":"x"}}',
        '{"clientId":"reader","clientSecret":"@@readerSecret@@"}',
        '['.repeat(9000),
      ),
    ),
    more: someHeaders,
  })
  .map(({ method, body, more, ...made }): HttpInput => {
    const headers: Header[] = [['Host', made.host], ['Content-Type', 'application/json'], ...more];
    return { part: 'oauth', method, target: '/session', headers, body };
  });

const QUESTIONS = [
  ...[
    'audience=@@home@@%2Fgraphql',
    'audience=@@home@@/api',
    'audience=',
    'scope=clients:read',
    'scope=clients:read+nothing',
    'scope=%0d%0aX:y',
  ],
  ...[
    'method=GET',
    'method=',
    'url=@@home@@/graphql?a=1&scope=b',
    'url=https%3A%2F%2Forders.example.com',
    'url=https%3a%ff',
    'scopes=x',
    '&&',
    '%',
  ],
];

const verification = fc
  .record({
    host,
    method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'),
    query: fc.array(fc.oneof({ weight: 6, arbitrary: among(...QUESTIONS) }, parameter('scope'), fc.constant(QUESTIONS[0] as string)), {
      maxLength: 4,
    }),
    who: header(
      'Authorization',
      fc.oneof({ weight: 1, arbitrary: fc.constant<string[]>([]) }, { weight: 9, arbitrary: authorization.map((value) => [value]) }),
    ),
    proof: header(
      'DPoP',
      fc.oneof(
        { weight: 5, arbitrary: fc.constant<string[]>([]) },
        jwt.map((value) => [value]),
        fc.constant(['@@proof@@']),
      ),
    ),
    more: someHeaders,
  })
  .map(({ query, who, proof, more, ...made }): HttpInput => {
    const headers: Header[] = [['Host', made.host], ...who, ...proof, ...more];
    return { part: 'oauth', method: made.method, target: `/connect/verify?${query.join('&')}`, headers };
  });

/** Requests to the endpoints that take credentials. */
export const oauthInput: fc.Arbitrary<HttpInput> = fc.oneof(
  { weight: 8, arbitrary: posted('/connect/token') },
  { weight: 3, arbitrary: posted('/connect/introspect') },
  { weight: 3, arbitrary: posted('/connect/revocation') },
  { weight: 2, arbitrary: posted('/connect/leaked') },
  { weight: 2, arbitrary: session },
  { weight: 3, arbitrary: verification },
);

import fc from 'fast-check';
import { anyOperation, type Operation } from './documents.js';
import { authorization, type Header, type HttpInput, header, host, someHeaders } from './input.js';
import { damage } from './texts.js';

const json = (value: unknown): string => JSON.stringify(value);
const good = '{"query":"{ viewer { clientId } }"}';

const createWith = (input: object) =>
  json({
    query: 'mutation ($v: CreateClientInput!) { createClient(input: $v) { clientSecret } }',
    variables: { v: { name: 'x', clientId: 'x', ...input } },
  });

/** How an operation may be written down: mostly as it should be. */
const FORMS: ((operation: Operation) => string)[] = [
  (operation) => `[${json(operation)}]`,
  (operation) => `[${json(operation)},${json(operation)}]`,
  (operation) => `{"query":${json(operation.query)},"query":"{ __typename }","variables":${json(operation.variables)}}`,
  (operation) => `{"__proto__":{"query":"{ __typename }"},"query":${json(operation.query)},"variables":{"__proto__":{"v0":1}}}`,
  (operation) =>
    `{"constructor":1,"toString":2,"query":${json(operation.query)},"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`,
  (operation) => json({ ...operation, variables: json(operation.variables) }),
  (operation) => json({ ...operation, variables: [operation.variables] }),
  (operation) => json({ ...operation, operationName: 5 }),
  (operation) => json({ ...operation, operationName: { a: 1 } }),
  (operation) => json({ ...operation, extensions: 'x' }),
  (operation) => json({ ...operation, query: [operation.query] }),
  (operation) => json({ ...operation, http: { method: 'GET' } }),
  (operation) => `\uFEFF${json(operation)}`,
  (operation) => json(operation).slice(0, -1),
  (operation) => `${json(operation)}${json(operation)}`,
  (operation) => json(operation.query),
  () => createWith(Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, index]))),
  () => createWith({ scopes: Array.from({ length: 5000 }, () => 1) }),
  () =>
    createWith({ authMethod: 'PRIVATE_KEY_JWT', jwks: 'DEEP' }).replace('"DEEP"', `{"keys":[${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}]}`),
  () => 'null',
  () => '',
  () => '[]',
  () => '{"query":"\\ud800"}',
  () => `{"query":"{ __typename }","variables":${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}}`,
  () => `${'['.repeat(40_000)}`,
  () => `{"query":"{ __typename } #${'x'.repeat(110_000)}"}`,
  () => good.replace('}"}', '}\u0000"}'),
];

const body = fc.oneof(
  { weight: 30, arbitrary: anyOperation.map(json) },
  { weight: 3, arbitrary: fc.tuple(anyOperation, fc.constantFrom(...FORMS)).map(([operation, form]) => form(operation)) },
  { weight: 1, arbitrary: damage(anyOperation.map(json)) },
);

const contentType = fc.oneof(
  { weight: 30, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    ...[
      'application/json; charset=utf-8',
      'application/json; charset=utf-16',
      'application/json; charset="',
      'application/json;;',
      'APPLICATION/JSON',
    ],
    ...[
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/graphql',
      '',
      'x',
      'application/json, text/html',
    ],
  ),
);

const posted = fc
  .record({
    host,
    credentials: header(
      'Authorization',
      fc.oneof(
        { weight: 30, arbitrary: authorization.map((value) => [value]) },
        fc.constant([]),
        fc.constant(['Bearer @@adminToken@@', 'Bearer x']),
      ),
    ),
    contentType,
    chunk: fc.oneof({ weight: 12, arbitrary: fc.constant<{ chunk?: number }>({}) }, fc.constantFrom({ chunk: 1 }, { chunk: 1500 })),
    more: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, someHeaders),
    proof: header('DPoP', fc.oneof({ weight: 40, arbitrary: fc.constant([]) }, fc.constant(['@@proof@@']))),
    body,
    encoding: fc.oneof(
      { weight: 12, arbitrary: fc.constant('utf8') },
      fc.constantFrom('latin1', 'utf16le'),
    ) as fc.Arbitrary<BufferEncoding>,
    target: fc.oneof(
      { weight: 40, arbitrary: fc.constant('/graphql') },
      fc.constantFrom('/graphql?access_token=@@adminToken@@', '/graphql?query={x}', '/graphql/', '/graphql?%', '/GraphQL'),
    ),
  })
  .map((made): HttpInput => {
    const headers: Header[] = [['Host', made.host], ...made.credentials, ...made.proof, ['Content-Type', made.contentType], ...made.more];
    return { part: 'graphql', method: 'POST', target: made.target, headers, body: made.body, encoding: made.encoding, ...made.chunk };
  });

const asked = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'),
    host,
    operation: anyOperation,
    headers: someHeaders,
    authorization,
  })
  .map(({ method, operation, ...made }): HttpInput => {
    const query = new URLSearchParams({ query: operation.query.slice(0, 3000), variables: json(operation.variables).slice(0, 3000) });
    const headers: Header[] = [['Host', made.host], ['Authorization', made.authorization], ...made.headers];
    return { part: 'graphql', method, target: `/graphql?${query}`, headers };
  });

/** Requests to the GraphQL API. */
export const graphqlInput: fc.Arbitrary<HttpInput> = fc.oneof({ weight: 9, arbitrary: posted }, { weight: 1, arbitrary: asked });

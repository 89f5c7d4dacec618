import fc from 'fast-check';
import { authorization, type Header, type HttpInput } from './input.js';
import { longText } from './unicode.js';

const json = (value: unknown): string => JSON.stringify(value);
const list = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));

/** How often a field stands in a document, and whether each has a name of its own. */
const repetition = fc.tuple(fc.constantFrom(1, 1, 14, 15, 29, 30, 31, 40, 90), fc.boolean());
const repeat = (field: string, [times, hasAliases]: readonly [number, boolean]) =>
  list(times, (index) => (hasAliases ? `a${index}: ${field}` : field)).join(' ');

const many = fc.constantFrom(90, 999, 1_000, 3_000, 12_000);
/** Values of a list of thousands. */
const values: fc.Arbitrary<unknown[]> = fc
  .tuple(
    many,
    fc.constantFrom<(index: number) => unknown>(
      (index) => `s${index}`,
      (index) => `https://${index}.example`,
      () => 's',
      () => '',
      () => null,
      (index) => index,
      () => [],
      (index) => [[index]],
      (index) => ({ kid: `${index}`, kty: 'EC' }),
      (index) => ({ value: `${index}`, scopes: ['clients:read'] }),
      (index) => ({ value: 'x', scopes: list(9, () => `${index}`) }),
    ),
    fc.constantFrom<unknown[]>([], [1], [null], ['s0'], [{}]),
  )
  .map(([length, make, last]) => [...list(length, make), ...last]);

const deep = fc
  .tuple(fc.constantFrom(40, 49, 60, 400, 3_000, 9_000), fc.constantFrom<[string, string]>(['{"a":', '}'], ['[', ']'], ['[1,', ']']))
  .map(([depth, [open, close]]): unknown => ({ [RAW]: `${open.repeat(depth)}1${close.repeat(depth)}` }));
const wide = fc
  .tuple(many, fc.constantFrom('', '__proto__'))
  .map(([count, first]) => Object.fromEntries(list(count, (index) => [first + index, index])));

/** Stands for JSON that is too deep to be made of objects. */
const RAW = '@raw';
const write = (value: unknown) => json(value).replace(/\{"@raw":"((?:[^"\\]|\\.)*)"\}/g, (_whole, raw) => JSON.parse(`"${raw}"`));

const mass: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: values },
  { weight: 2, arbitrary: longText(fc.constantFrom(500, 9_000, 30_000, 80_000)) },
  { weight: 2, arbitrary: deep },
  { weight: 1, arbitrary: wide },
);

interface Asked {
  query: string;
  variables: object;
}

/** Mutations whose input has too much in one of its fields. */
const given: fc.Arbitrary<Asked> = fc
  .tuple(
    fc.constantFrom(
      ['CreateClientInput', 'createClient(input: $v) { clientSecret }', ['name', 'clientId', 'scopes', 'audiences', 'jwks', 'other']],
      ['UpdateClientInput', 'updateClient(clientId: "made-1", input: $v) { id }', ['scopes', 'audiences', 'jwks', 'version', 'other']],
      ['IdentityProviderInput', 'setIdentityProvider(input: $v) { name }', ['name', 'issuer', 'clientId', 'scope', 'claim', 'grants']],
      ['CreateTenantInput', 'createTenant(input: $v) { clientSecret }', ['name', 'host', 'other']],
      ['UpdateTenantInput', 'updateTenant(host: "x", input: $v) { id }', ['name', 'defaultAudience', 'signingAlgorithm']],
    ) as fc.Arbitrary<[string, string, string[]]>,
    fc.nat(5),
    mass,
    fc.tuple(mass, fc.nat(3)),
    repetition,
  )
  .map(([[type, field, names], at, value, [other, form], times]) => {
    const name = names[at % names.length] as string;
    const rest = { name: 'x', clientId: 'mass', issuer: 'https://login.invalid', claim: 'x', host: 'x', grants: [] };
    const needed = type === 'UpdateClientInput' || type === 'UpdateTenantInput' ? {} : pick(rest, names);
    const input = {
      ...needed,
      [name]: name === 'jwks' && form > 0 ? { keys: value } : value,
      ...(form === 3 && { [`${names[0]}`]: other }),
    };
    return { query: `mutation ($v: ${type}!) { ${repeat(field, times)} }`, variables: { v: input } };
  });

function pick(all: Record<string, unknown>, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

/** Queries with long texts, of which several may be asked for at once. */
const sought: fc.Arbitrary<Asked> = fc
  .tuple(
    fc.constantFrom(
      'clients(search: $v, first: 5) { nodes { id } totalCount }',
      'clients(after: $v, first: 5) { nodes { id } }',
      'client(clientId: $v) { id secrets { id } }',
      'tenants(search: $v, first: 5) { nodes { id } totalCount }',
      'tenants(after: $v, first: 5) { nodes { id } }',
      'tenant(host: $v) { id }',
      'auditEvents(after: $v, first: 5) { nodes { id } }',
      'auditEvents(filter: { actorId: $v, objectId: $v, requestId: $v }, first: 5) { nodes { id } }',
      '__type(name: $v) { name fields { name } }',
    ),
    fc.oneof({ weight: 6, arbitrary: longText(fc.constantFrom(290, 900, 9_000, 30_000, 90_000)) }, mass),
    repetition,
    fc.boolean(),
  )
  .map(([field, value, times, isLiteral]) =>
    isLiteral && typeof value === 'string'
      ? { query: `{ ${repeat(field.replaceAll('$v', json(value.slice(0, 90_000 / times[0]))), times)} }`, variables: {} }
      : {
          query: `query ($v: ${field.startsWith('__') ? 'String!' : field.includes('(search') || field.includes('after') ? 'String' : 'String!'}) { ${repeat(field, times)} }`,
          variables: { v: value },
        },
  );

/** Documents that say much, of the schema and of everything else. */
const said: fc.Arbitrary<Asked> = fc
  .tuple(
    fc.constantFrom(
      '__schema { types { fields { type { fields { name description } } } } }',
      '__schema { types { fields { args { name description type { name } } description } } }',
      '__schema { types { ...T } }',
      '__type(name: "Mutation") { fields { args { type { ofType { inputFields { name description defaultValue } } } } } }',
      '__schema { queryType { fields { type { ofType { fields { type { ofType { name description } } } } } } } }',
      'viewer { clientId }',
      'viewer { tenant { id host name } }',
      '__typename',
      'clients { nodes { secrets { id } } nodes { secrets { id } } }',
      'unknown',
      '...T',
    ),
    fc.tuple(fc.constantFrom(1, 4, 15, 40, 60, 120, 240, 450), fc.boolean()),
    fc.constantFrom(
      '',
      'fragment T on __Type { name fields { name description args { name description } type { name description } } }',
      'fragment T on Query { viewer { clientId } ...U } fragment U on Query { ...T viewer { clientId } }',
    ),
  )
  .map(([field, times, fragments]) => ({ query: `{ ${repeat(field, times)} } ${fragments}`, variables: {} }));

const someone = fc.oneof({ weight: 3, arbitrary: authorization }, { weight: 2, arbitrary: fc.constant(undefined) });

const graphqlMass: fc.Arbitrary<HttpInput> = fc
  .tuple(fc.oneof({ weight: 4, arbitrary: given }, { weight: 4, arbitrary: sought }, { weight: 2, arbitrary: said }), someone)
  .map(([asked, who]) => {
    const headers: Header[] = [
      ['Host', '@@homeHost@@'],
      ['Content-Type', 'application/json'],
    ];
    if (who !== undefined) headers.push(['Authorization', who]);
    return { part: 'graphql', method: 'POST', target: '/graphql', headers, body: write(asked) };
  });

const encoded = (text: string) => new URLSearchParams({ x: text.toWellFormed() }).toString().slice(2);

/** Forms with long texts, as a client's own or in place of one. */
const formMass: fc.Arbitrary<HttpInput> = fc
  .tuple(
    fc.constantFrom('/connect/token', '/connect/introspect', '/connect/revocation', '/connect/leaked'),
    fc.constantFrom('client_id', 'client_secret', 'scope', 'resource', 'token', 'url', 'client_assertion', 'audience', 'other'),
    longText(fc.constantFrom(300, 3_000, 15_000)),
    fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => `http://${text}/`,
      (text) => `${text}.${text}.${text}`,
      (text) => Array.from(text).join(' '),
      (text) => `${Buffer.from('['.repeat(text.length)).toString('base64url')}.e30.x`,
    ),
    fc.boolean(),
    fc.constantFrom(1, 1, 1, 300),
  )
  .map(([path, name, text, form, isKnown, times]) => {
    const usual = { grant_type: 'client_credentials', ...(path === '/connect/leaked' ? { token: 'x' } : {}) };
    const mass = `${name}=${encoded(form(text)).slice(0, 50_000 / times)}`;
    const headers: Header[] = [
      ['Host', '@@homeHost@@'],
      ['Content-Type', 'application/x-www-form-urlencoded'],
    ];
    if (isKnown) headers.push(['Authorization', 'Basic @@base64:reader:@@readerSecret@@@@']);
    return {
      part: 'oauth',
      method: 'POST',
      target: path,
      headers,
      body: `${new URLSearchParams(usual)}&${list(times, () => mass).join('&')}`,
    };
  });

/** Lines that are as long as a header may be. */
const LINES = [
  '"',
  ',',
  'a/b,',
  '*/*,',
  'a/b;q=1,',
  ';',
  '; ',
  'a=b;',
  '%',
  '%41',
  ' ',
  '=',
  '1.1.1.1,',
  '[::1],',
  'for=x,',
  'x',
  '..',
  '\\"',
  '[',
  'eyJ',
  '{"a":',
];
const headMass: fc.Arbitrary<HttpInput> = fc
  .tuple(
    fc.constantFrom('GET', 'POST'),
    fc.constantFrom(
      '/',
      '/graphql',
      '/session',
      '/session/start',
      '/session/callback',
      '/connect/token',
      '/.well-known/jwks.json',
      '/health/ready',
    ),
    fc.constantFrom(
      ...['Accept', 'Accept-Encoding', 'Accept-Language', 'Authorization', 'Content-Type', 'Cookie', 'DPoP', 'Forwarded', 'Host', 'Origin'],
      ...['If-None-Match', 'Range', 'Sec-Fetch-Site', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Request-Id', 'query'],
    ),
    fc.constantFrom(...LINES),
    fc.constantFrom('', '"', 'Basic ', 'Bearer ', 'DPoP ', 'application/json;', 'a="', '@@sessionCookie@@='),
    fc.constantFrom(100, 4_000, 15_000),
  )
  .map(([method, path, name, piece, before, length]) => {
    const line = before + piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
    const headers: Header[] = name === 'Host' ? [] : [['Host', '@@homeHost@@']];
    if (name !== 'query') headers.push([name, line]);
    const target = name === 'query' ? `${path}?${line.replace(/[^!-~]/g, '+')}` : path;
    return { part: 'routes', method, target, headers, ...(method === 'POST' && { body: 'x' }) };
  });

/** Requests with more of something than anybody needs. */
export const massInput: fc.Arbitrary<HttpInput> = fc.oneof(
  { weight: 8, arbitrary: graphqlMass },
  { weight: 3, arbitrary: formMass },
  { weight: 2, arbitrary: headMass },
);

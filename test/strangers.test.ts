import { getIntrospectionQuery } from 'graphql';
import type { Answer } from '../testbed/answer.js';
import { getToken, graphql, startApp, type TestApp } from '../testbed/app.js';

const CREATE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';
const SCOPES = Array.from({ length: 12_000 }, (_, index) => `s${index}`);

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startApp();
  token = await getToken(app, app.admin);
});
afterAll(() => app.stop());

const codeOf = ({ status, body }: Answer) => [status, body.errors?.[0].extensions.code];
const reasonOf = ({ body }: Answer) => body.errors.map(({ message }: { message: string }) => message).join(' ');
const faultsOf = ({ body }: Answer) => body.errors[0].extensions.fields;
const wrong = { name: 'x', clientId: 'x', scopes: [...SCOPES, 1] };

describe('whoever has not proved who they are', () => {
  it.each([
    ['values of a wrong type', CREATE, { input: wrong }],
    [
      'a field 40 times',
      `mutation ($input: CreateClientInput!) { ${'createClient(input: $input) { clientSecret } '.repeat(40)} }`,
      { input: wrong },
    ],
    ['what no schema has', '{ nothing }', {}],
    ['a mutation behind a fragment', 'mutation { ...F } fragment F on Mutation { removeIdentityProvider }', {}],
    [
      'a query behind fragments',
      '{ __typename ...F } fragment F on Query { ... { ...G } } fragment G on Query { viewer { clientId } }',
      {},
    ],
    ['a query beside one about the schema', 'query A { __typename } query B { viewer { clientId } }', {}],
    ['more than a question about the schema needs', `{ ${'__typename '.repeat(600)} }`, {}],
  ])('is asked who they are, and no more, when they send %s', async (_what, query, variables) => {
    const answer = await graphql(app, { query, variables });
    expect(codeOf(answer)).toEqual([401, 'UNAUTHENTICATED']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.text.length).toBeLessThan(500);
  });

  it('is asked who they are before what they send is read, and nobody may send more values than anything needs', async () => {
    const headers = { 'content-type': 'application/json' };
    const send = (body: string, authorization: string) =>
      fetch(`${app.url}/graphql`, { method: 'POST', headers: { ...headers, authorization }, body });
    const many = JSON.stringify({ query: '{ __typename }', variables: { x: Array(20_000).fill([]) } });
    for (const [body, status] of [
      ['{', 400],
      [many, 413],
      // Text is one value, whatever stands in it.
      [JSON.stringify({ query: `{ __typename } # ${'\\"[{,'.repeat(8_000)}` }), 200],
    ] as const) {
      expect((await send(body, 'Bearer made.up.token')).status).toBe(401);
      expect((await send(body, `Bearer ${token}`)).status).toBe(status);
    }
  });

  it('is answered, however many send much beside a question about the schema', async () => {
    const variables = { x: Array.from({ length: 5_000 }, (_, index) => ({ [`key ${index}`]: index })) };
    const asked = Array.from({ length: 20 }, () => graphql(app, { query: '{ __typename }', variables }));
    for (const answer of await Promise.all(asked)) expect(answer.body).toEqual({ data: { __typename: 'Query' } });
  });

  it('is told of a document that is none, and of one that contains itself', async () => {
    expect(codeOf(await graphql(app, { query: '{ viewer ' }))).toEqual([400, 'GRAPHQL_PARSE_FAILED']);
    const circle = '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }';
    expect(codeOf(await graphql(app, { query: circle }))).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
  });

  it.each(['\n', '\r', '\r\n', '#\n'])(
    'is told of a document with too many lines before it is looked at, each ending with %j',
    async (end) => {
      for (const holder of [undefined, token]) {
        const query = (lines: number) => `${end.repeat(lines - 1)}{ __typename }`;
        expect((await graphql(app, { token: holder, query: query(2_000) })).body).toEqual({ data: { __typename: 'Query' } });
        const answer = await graphql(app, { token: holder, query: query(2_001) });
        expect(codeOf(answer)).toEqual([400, 'OPERATION_TOO_LARGE']);
        expect(reasonOf(answer)).toBe('The document has more than 2000 lines.');
      }
    },
  );

  it.each(['accept', 'accept-encoding'])('is told of a preference (%s) that is longer than any before it is sorted out', async (name) => {
    for (const path of ['/graphql', '/', '/session/start']) {
      const { status } = await fetch(app.url + path, { headers: { [name]: '","'.repeat(5_000) } });
      expect(status).toBe(431);
    }
    expect((await fetch(app.url, { headers: { [name]: `${'a/b,'.repeat(240)}*/*` } })).status).toBe(200);
  });

  it('may ask for the schema as tools do', async () => {
    const query = getIntrospectionQuery({ schemaDescription: true, specifiedByUrl: true, inputValueDeprecation: true });
    expect((await graphql(app, { query })).body.data.__schema.types.length).toBeGreaterThan(20);
    const named = { query: 'query ($name: String!) { __type(name: $name) { name } }', variables: { name: 'Client' } };
    expect((await graphql(app, named)).body.data.__type.name).toBe('Client');
  });
});

describe('a question about the schema', () => {
  const names = [...'abcdefghijklmno'];
  it.each([
    ['fields of types of fields', '{ __schema { types { fields { type { fields { name description type { name } } } } } } }'],
    [
      'everything again and again',
      `{ ${names.map((name) => `${name}: __schema { types { fields { args { name } description } } }`).join(' ')} }`,
    ],
    ['the same without aliases', `{ ${'__schema { types { fields { args { name } description } } } '.repeat(15)} }`],
    [
      'the same through fragments',
      `{ ${names.map((name) => `${name}: __schema { types { ...T } }`).join(' ')} } fragment T on __Type { fields { ...F } } fragment F on __Field { args { name } description }`,
    ],
    [
      'texts alone',
      `{ __schema { types { fields { ${names.map((name) => `${name}: description`).join(' ')} ${'description '.repeat(15)} args { description } } } } }`,
    ],
  ])('may not ask for %s', async (_what, query) => {
    for (const holder of [undefined, token]) {
      const answer = await graphql(app, { token: holder, query });
      expect(codeOf(answer)).toEqual([400, 'OPERATION_TOO_LARGE']);
      expect(reasonOf(answer)).toMatch(/too much of the schema/);
    }
  });
});

describe('a document of somebody who may', () => {
  it.each([
    ['without aliases', 'createClient(input: $input) { clientSecret } '.repeat(40)],
    ['with some', `${'createClient(input: $input) { clientSecret } '.repeat(30)} a: createClient(input: $input) { clientSecret }`],
  ])('has a bounded number of fields with arguments, %s', async (_how, fields) => {
    const query = `mutation ($input: CreateClientInput!) { ${fields} }`;
    const answer = await graphql(app, { token, query, variables: { input: { name: 'x', clientId: 'x' } } });
    expect(codeOf(answer)).toEqual([400, 'OPERATION_TOO_LARGE']);
    expect(reasonOf(answer)).toMatch(/At most 30 fields/);
  });

  it('does not ask for the same again and again', async () => {
    const answer = await graphql(app, { token, query: `{ viewer { ${'clientId '.repeat(900)} } }` });
    expect(codeOf(answer)).toEqual([400, 'OPERATION_TOO_LARGE']);
    expect(reasonOf(answer)).toBe('The document asks for the same fields too often.');
  });

  it.each([
    ['a list of thousands', { scopes: SCOPES }, 'input.scopes'],
    ['a list of thousands of a wrong type', { scopes: SCOPES.map(() => 1) }, 'input.scopes'],
    ['a text of thousands', { name: 'x'.repeat(20_000) }, 'input.name'],
    ['an object within objects', { jwks: { keys: [JSON.parse(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`)] } }, 'input.jwks'],
    ['thousands of lists', { jwks: { keys: Array.from({ length: 900 }, () => [1, 2, 3, 4, 5, 6]) } }, 'input'],
    ['thousands of names', Object.fromEntries(SCOPES.slice(0, 6_000).map((scope) => [scope, 1])), 'input'],
  ])('is told of %s once, however often it is given', async (_what, given, path) => {
    const input = { name: 'x', clientId: 'x', ...given };
    const query = `mutation ($input: CreateClientInput!) { ${'createClient(input: $input) { clientSecret } '.repeat(20)} }`;
    const answer = await graphql(app, { token, query, variables: { input } });
    expect(codeOf(answer)).toEqual([400, 'BAD_USER_INPUT']);
    expect(faultsOf(answer)).toEqual([{ path, message: expect.stringMatching(/at most/) }]);
  });

  it.each([
    ['scopes', Array.from({ length: 101 }, () => 'a b'), 'Give at most 100 values.'],
    ['scopes', ['a b', 'a b'], expect.stringMatching(/^Each scope/)],
    ['scopes', ['a', 'b', 'a'], 'Give each value once.'],
    ['audiences', Array.from({ length: 21 }, () => 'x'), 'Give at most 20 values.'],
    ['audiences', [], expect.stringMatching(/^Give at least one audience/)],
    ['audiences', ['urn:a', 'urn:a'], 'Give each value once.'],
  ])('is told the first that is wrong with its %s %#', async (field, values, message) => {
    const answer = await graphql(app, { token, query: CREATE, variables: { input: { name: 'x', clientId: 'x', [field]: values } } });
    expect(faultsOf(answer)).toEqual([{ path: `input.${field}`, message }]);
  });
});

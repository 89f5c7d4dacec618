import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { buildSchema, type DocumentNode, GraphQLError, parse, validate } from 'graphql';

const schema = buildSchema('type Query { a: String, b: String }');

async function execute(plugins: ApolloServerPlugin[], query: string, more: object = {}) {
  const server = new ApolloServer({ schema, rootValue: { a: 'x' }, plugins, ...more });
  const { http, body } = await server.executeOperation({ query });
  await server.stop();
  return { http, result: body.kind === 'single' ? body.singleResult : undefined };
}

describe('Apollo Server', () => {
  it('begins `didResolveOperation` of all plugins at once, and lets the others go on when one refuses', async () => {
    const order: string[] = [];
    const late = Promise.withResolvers<void>();
    const plugin = (work: () => Promise<void>): ApolloServerPlugin => ({
      requestDidStart: async () => ({ didResolveOperation: work }),
    });
    const { result } = await execute(
      [
        plugin(async () => {
          await new Promise((resolve) => setImmediate(resolve));
          order.push('went on');
          late.resolve();
        }),
        plugin(async () => {
          order.push('refused');
          throw new GraphQLError('no');
        }),
      ],
      '{ a }',
    );
    await late.promise;
    expect([order, result?.errors?.[0]?.message]).toEqual([['refused', 'went on'], 'no']);
  });

  it('has errors as they were thrown in `willSendResponse`, and answers with the status and headers that are set there', async () => {
    const thrown = new RangeError('inside');
    let seen: readonly GraphQLError[] = [];
    const plugin: ApolloServerPlugin = {
      requestDidStart: async () => ({
        willSendResponse: async ({ errors = [], response }) => {
          seen = errors;
          response.http.status = 503;
          response.http.headers.set('retry-after', '5');
        },
      }),
    };
    const fail = () => {
      throw thrown;
    };
    const { http } = await execute([plugin], '{ b }', { rootValue: { b: fail } });
    expect(seen.map(({ originalError }) => originalError)).toEqual([thrown]);
    expect([http.status, http.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('takes from and gives to the store that it is made with documents that were found valid', async () => {
    const kept = new Map<string, DocumentNode>();
    const documentStore = {
      get: async (key: string) => kept.get(key),
      set: async (key: string, document: DocumentNode) => void kept.set(key, document),
      delete: async (key: string) => kept.delete(key),
    };
    await execute([], '{ a }', { documentStore });
    await execute([], '{ nothing }', { documentStore });
    expect([...kept.values()].map(({ kind, loc }) => [kind, loc?.source.body])).toEqual([['Document', '{ a }']]);
  });
});

describe('GraphQL', () => {
  it('says in these words alone which of its limits were met', () => {
    expect(() => parse('{ a a a }', { maxTokens: 3 })).toThrow(/^Syntax Error: Document contains more tha[nt] 3 tokens/);
    const often = parse(`{ ${'a '.repeat(1_000)} }`);
    expect(validate(schema, often).map(({ message }) => message)).toEqual(['Validation aborted.']);
  });

  it('keeps the tokens of a document in a list, from `loc.startToken` on', () => {
    const kinds: string[] = [];
    for (let token = parse('{ a }').loc?.startToken; token; token = token.next ?? undefined) kinds.push(token.kind);
    expect(kinds).toEqual(['<SOF>', '{', 'Name', '}', '<EOF>']);
  });

  it('parts words by a mark that is not seen', () => {
    expect(parse('{a\uFEFFb}').definitions[0]).toMatchObject({ selectionSet: { selections: [{ kind: 'Field' }, { kind: 'Field' }] } });
  });
});

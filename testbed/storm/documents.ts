import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { print, type Value, valueFor } from './input-values.js';
import { sometimesDamaged } from './texts.js';

/** A document and what is sent with it. */
export interface Operation {
  query: string;
  variables: Record<string, Value>;
  operationName?: string | undefined;
}

/** Text of a document, with what becomes a variable or a fragment of its own. */
type Piece = string | { type: string; value: Value } | { on: string; selection: Piece } | Piece[];

const schema = buildSchema(readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8'));
const TYPES = ['String!', 'String', 'ID!', 'Int', 'Boolean!', '[String]', '[[Int]]', 'CreateClientInput', 'Nothing', 'Client'];
const known = new Map<string, fc.Arbitrary<Piece>>();

const directive: fc.Arbitrary<Piece> = fc.oneof(
  { weight: 150, arbitrary: fc.constant<Piece>('') },
  fc.constantFrom<Piece>(
    '@skip(if: true)',
    '@include(if: true)',
    '@skip(if: "x")',
    '@include',
    '@unknown(a: {b: [1]})',
    '@deprecated',
    '@skip(if: false) @skip(if: false)',
    '@include(if: true) '.repeat(30),
    ['@include(if: ', { type: 'Boolean!', value: true }, ')'],
    ['@skip(if: ', { type: 'Boolean = false', value: null }, ')'],
  ),
);

const introspection = fc.constantFrom<Piece>(
  '__typename',
  '__schema { types { name kind fields(includeDeprecated: true) { name args { name type { name ofType { name } } } } } }',
  '__type(name: "Client") { name fields { name type { ofType { name } } } }',
  '__schema { queryType { fields { type { fields { type { fields { name } } } } } } directives { name locations } }',
  '__type(name: 5) { x }',
);

/** What is asked of an object. */
function selectionOf(type: GraphQLObjectType): fc.Arbitrary<Piece> {
  const found = known.get(type.name);
  if (found) return found;
  const fields = Object.values(type.getFields()).map((field) => askFor(field));
  const self = fc.constantFrom<Piece>(
    '__typename',
    'unknown',
    'id { x }',
    'a: __typename',
    '...Missing',
    `... on ${type.name} { __typename }`,
    '... on Query { viewer { clientId } }',
    '{ }',
  );
  const one = fc.oneof({ weight: 150, arbitrary: fc.oneof(...fields) }, self);
  const made = fc
    .tuple(fc.array(one, { minLength: 1, maxLength: 4 }), directive, fc.integer({ min: 0, max: 19 }))
    .map(([parts, applied, form]): Piece => {
      if (form === 0) return ['{ ', { on: type.name, selection: parts }, ' ', applied, ' }'];
      if (form === 1) return ['{ ... on ', type.name, ' ', applied, ' { ', parts, ' } }'];
      if (form === 2) return ['{ ... ', applied, '{ ', parts, ' } }'];
      return ['{ ', parts, ' }'];
    });
  known.set(type.name, made);
  return made;
}

/** A field with arguments, now and then under another name. */
function askFor(field: GraphQLField<unknown, unknown>, isAlone = false): fc.Arbitrary<Piece> {
  const type = getNamedType(field.type);
  const selection = isObjectType(type) ? selectionOf(type) : fc.constant<Piece>('');
  const alias = fc.oneof({ weight: isAlone ? 3 : 40, arbitrary: fc.constant('') }, fc.constantFrom('a: ', 'b: ', '__proto__: ', 'id: '));
  return fc
    .tuple(alias, argumentsOf(field.args), directive, selection)
    .map((parts): Piece => [parts[0], field.name, parts[1], ' ', parts[2], ' ', parts[3], ' ']);
}

function argumentsOf(all: readonly GraphQLArgument[]): fc.Arbitrary<Piece> {
  const each = all.map((argument) => {
    const isNeeded = isRequiredArgument(argument);
    return fc.oneof(
      { weight: isNeeded ? 50 : 2, arbitrary: pass(argument) },
      { weight: isNeeded ? 1 : 3, arbitrary: fc.constant<Piece[]>([]) },
    );
  });
  const extra = fc.oneof(
    { weight: 150, arbitrary: fc.constant<Piece[]>([]) },
    fc.constantFrom<Piece[]>(['unknown: 1'], ['first: 1, first: 2'], ['clientId: $missing']),
  );
  return fc.tuple(fc.tuple(...each), extra).map(([own, more]): Piece => {
    const given = [...own, more].filter((piece) => piece.length > 0);
    return given.length === 0 ? '' : ['(', ...given.flatMap((piece, index) => (index === 0 ? [piece] : [', ', piece])), ')'];
  });
}

function pass({ name, type }: GraphQLArgument): fc.Arbitrary<Piece[]> {
  return fc.tuple(valueFor(name, type), fc.integer({ min: 0, max: 79 })).map(([value, form]): Piece[] => {
    if (form === 0) return [name, ': ', { type: TYPES[JSON.stringify(value).length % TYPES.length] as string, value }];
    if (form < 3) return [name, ': ', { type: `${String(type).replace(/!$/, '')} = ${print(value)}`, value: form === 1 ? null : value }];
    return form < 35 ? [name, ': ', { type: String(type), value }] : [name, ': ', print(value)];
  });
}

function rootOf(name: 'Query' | 'Mutation'): fc.Arbitrary<Piece> {
  const type = schema.getType(name) as GraphQLObjectType;
  const fields = fc.oneof(...Object.values(type.getFields()).map((field) => askFor(field, true)));
  const one = name === 'Query' ? fc.oneof({ weight: 12, arbitrary: fields }, introspection) : fields;
  return fc.array(one, { minLength: 1, maxLength: name === 'Query' ? 3 : 2 });
}

const NAMES = ['', 'Operation', 'query', '__proto__', 'x'.repeat(2000)];
const keyword = fc.constantFrom('', '', '', '', '', 'mutation', 'subscription', 'query Other { __typename } query', 'fragment F on Query');

/** An operation that asks the API for something, made from the schema. */
export const operation: fc.Arbitrary<Operation> = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant('query'), rootOf('Query')) },
      { weight: 7, arbitrary: fc.tuple(fc.constant('mutation'), rootOf('Mutation')) },
      { weight: 1, arbitrary: fc.tuple(keyword, rootOf('Query')) },
    ),
    fc.constantFrom(...NAMES, '', '', '', ''),
    fc.oneof({ weight: 15, arbitrary: fc.constant(undefined) }, fc.constantFrom(...NAMES)),
  )
  .map(([[kind, body], name, operationName]) => assemble(kind, name, body, operationName));

function assemble(kind: string, name: string, body: Piece, operationName: string | undefined): Operation {
  const variables: Record<string, Value> = {};
  const definitions: string[] = [];
  const fragments: string[] = [];
  const write = (piece: Piece): string => {
    if (typeof piece === 'string') return piece;
    if (Array.isArray(piece)) return piece.map(write).join('');
    if ('on' in piece) {
      const fragment = `F${fragments.push('') - 1}`;
      fragments[Number(fragment.slice(1))] = `fragment ${fragment} on ${piece.on} { ${write(piece.selection)} }`;
      return `...${fragment}`;
    }
    const variable = `v${definitions.length}`;
    definitions.push(`$${variable}: ${piece.type}`);
    variables[variable] = piece.value;
    return `$${variable}`;
  };
  const selection = write(body);
  const head = [kind, name && kind ? name : '', definitions.length > 0 ? `(${definitions.join(', ')})` : ''].join(' ');
  return { query: `${head} { ${selection} } ${fragments.join(' ')}`, variables, operationName };
}

/** With each error GraphQL counts the lines before it, however they end. */
const LINES = ['\n'.repeat(47_000), '\r'.repeat(47_000), '\n'.repeat(1_900), '# x\r\n'.repeat(1_900)];
const NAMES_OF_FIELDS = Array.from({ length: 15 }, (_, index) => `a${index}`);

/** The same, with broken documents among them, and some that cost much. */
export const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 20, arbitrary: operation },
  {
    weight: 3,
    arbitrary: operation.chain((whole) => sometimesDamaged(fc.constant(whole.query), 100).map((query) => ({ ...whole, query }))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...LINES), operation).map(([lines, whole]) => ({ ...whole, query: lines + whole.query })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        ...LINES.flatMap((lines) => [
          `${lines}{ clients(first: 100) { nodes { ${NAMES_OF_FIELDS.map((name) => `${name}: usage(hours: 0) { from }`).join(' ')} } } }`,
          `${lines}{ __schema { ${'x '.repeat(150)} } }`,
        ]),
        '',
        '{',
        '{}',
        '{ '.repeat(900),
        `{ viewer ${'{ tenant '.repeat(50)} }`,
        `{ ${'...F '.repeat(100)} } fragment F on Query { ...G ...G } fragment G on Query { viewer { clientId } }`,
        '{ ...F } fragment F on Query { ...F }',
        `{ ${Array.from({ length: 30 }, (_, index) => `a${index}: viewer { clientId }`).join(' ')} }`,
        `query (${Array.from({ length: 150 }, (_, index) => `$v${index}: Int = ${index}`).join(' ')}) { __typename }`,
        `{ client(clientId: """${'\\"""'.repeat(200)}""") { id } }`,
        `# ${'x'.repeat(50_000)}\n{ __typename }`,
        '\uFEFF{ __typename }',
        '{ __typename } { __typename }',
        'type Query { a: Int }',
        'extend schema @a',
        '"description" { __typename }',
      )
      .map((query) => ({ query, variables: {} })),
  },
);

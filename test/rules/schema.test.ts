import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  getVariableValues,
  isEnumType,
  isInputObjectType,
  isObjectType,
  Kind,
  lexicographicSortSchema,
  parse,
  printSchema,
  validate,
} from 'graphql';
import { EXAMPLES } from '../../src/console/explorer/examples.js';
import { createSchema } from '../../src/server/graphql/operations.js';

const root = join(import.meta.dirname, '../..');
const schema = createSchema();

it('stands in schema.graphql as the code has it', () => {
  expect(readFileSync(join(root, 'schema.graphql'), 'utf8')).toBe(`${printSchema(lexicographicSortSchema(schema))}\n`);
});

it('describes everything in it', () => {
  expect(undescribed(schema)).toEqual([]);
});

it('has no way to change a name or a client id', () => {
  const update = schema.getType('UpdateClientInput');
  expect(isInputObjectType(update) && Object.keys(update.getFields()).sort()).toEqual([
    'accessTokenLifetime',
    'audiences',
    'enabled',
    'federatedCredentials',
    'jwks',
    'jwksUri',
    'scopes',
    'senderConstraint',
    'tlsClientAuth',
    'version',
  ]);
});

it('has an example for every query and mutation, and each is valid', () => {
  for (const { query, variables } of EXAMPLES) {
    const document = parse(query);
    expect(validate(schema, document)).toEqual([]);
    const [operation] = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    expect(getVariableValues(schema, operation?.variableDefinitions ?? [], { ...variables }).errors).toBeUndefined();
  }
  const documents = EXAMPLES.map(({ query }) => query).join('\n');
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) => Object.keys(type?.getFields() ?? {}));
  for (const field of fields) expect(documents).toMatch(new RegExp(`\\b${field}\\b`));
});

function undescribed(of: GraphQLSchema): string[] {
  const builtIn = ['Query', 'Mutation', 'String', 'Int', 'Boolean', 'ID'];
  const own = Object.values(of.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  return own
    .flatMap((type) => [...(builtIn.includes(type.name) ? [] : [{ name: type.name, description: type.description }]), ...partsOf(type)])
    .filter(({ description }) => !description)
    .map(({ name }) => name);
}

function partsOf(type: GraphQLNamedType): { name: string; description?: string | null | undefined }[] {
  if (isEnumType(type)) return type.getValues().map(({ name, description }) => ({ name: `${type.name}.${name}`, description }));
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map(({ name, description }) => ({ name: `${type.name}.${name}`, description }));
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) =>
    [field, ...field.args].map(({ name, description }) => ({ name: `${type.name}.${field.name} ${name}`, description })),
  );
}

import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Principal } from '../../tenants/caller.js';
import { Forbidden } from '../../tenants/errors.js';
import { refusingAll } from './refusals.js';

/**
 * Refuses a mutation that asks in its answer for what its caller may not read, before anything of it is done: a field that was refused
 * afterwards would take the secret with it that is shown this once. A type says by the extension `readRight` what reading it needs;
 * fields that only name a thing, by `isName`, are for whoever may change it.
 * @throws {GraphQLError}
 */
export function requireAnswerRights(
  schema: GraphQLSchema,
  { document, operation, variables }: Asked & { variables: Record<string, unknown> },
  { scopes }: Principal,
): void {
  requireArguments(schema, { document, operation, variables });
  const [missing] = rightsToRead(schema, document, operation).filter((right) => !scopes.includes(right));
  if (missing === undefined) return;
  const cause = new Forbidden(`The answer that you ask for needs the scope ${missing}. Nothing was done.`, missing);
  throw new GraphQLError(cause.message, { originalError: cause, extensions: { http: { status: 403 } } });
}

/** The rights that somebody needs who reads the answer to an operation. */
export function rightsToRead(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): string[] {
  const rights = new Set<string>();
  visitFields(schema, { document, operation }, ({ name }, info) => {
    // The name of its type says nothing of a thing, and client libraries ask for it everywhere.
    if (name.value === '__typename') return;
    const right = info.getParentType()?.extensions.readRight;
    if (typeof right === 'string' && info.getFieldDef()?.extensions.isName !== true) rights.add(right);
  });
  return [...rights];
}

/**
 * Holds what fields of the answer are given against what they take, which a field says by the extension `requireArguments`.
 * @throws {GraphQLError} before anything is done
 */
function requireArguments(schema: GraphQLSchema, { variables, ...asked }: Asked & { variables: Record<string, unknown> }): void {
  visitFields(schema, asked, (node, info) => {
    const field = info.getFieldDef();
    const check = field?.extensions.requireArguments as ((values: object) => void) | undefined;
    if (!field || !check) return;
    const coerced = variablesOf(node, schema, { ...asked, variables });
    if (coerced) refusingAll(() => check(getArgumentValues(field, node, coerced)));
  });
}

/** Those that a field is given, and no others: what is wrong with them may be long to tell. @returns undefined when GraphQL refuses them */
function variablesOf(
  { arguments: given = [] }: FieldNode,
  schema: GraphQLSchema,
  { operation, variables }: Asked & { variables: Record<string, unknown> },
): Record<string, unknown> | undefined {
  const names = given.flatMap(({ value }) => (value.kind === Kind.VARIABLE ? [value.name.value] : []));
  const definitions = (operation.variableDefinitions ?? []).filter(({ variable }) => names.includes(variable.name.value));
  return getVariableValues(schema, definitions, variables, { maxErrors: 1 }).coerced;
}

interface Asked {
  document: DocumentNode;
  operation: OperationDefinitionNode;
}

function visitFields(schema: GraphQLSchema, { document, operation }: Asked, look: (node: FieldNode, info: TypeInfo) => void): void {
  const info = new TypeInfo(schema);
  const definitions = [operation, ...fragmentsOf(document, operation)];
  visit({ kind: Kind.DOCUMENT, definitions }, visitWithTypeInfo(info, { Field: (node) => look(node, info) }));
}

/** The fragments that are spread in an operation, those in them included. */
function fragmentsOf(document: DocumentNode, operation: OperationDefinitionNode): Set<FragmentDefinitionNode> {
  const found = new Set<FragmentDefinitionNode>();
  const follow = (node: ASTNode) =>
    visit(node, {
      FragmentSpread: ({ name }) => {
        const fragment = document.definitions.find(
          (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name.value,
        ) as FragmentDefinitionNode | undefined;
        if (!fragment || found.has(fragment)) return;
        found.add(fragment);
        follow(fragment);
      },
    });
  follow(operation);
  return found;
}

import { type DocumentNode, Kind, OperationTypeNode, parse, type SelectionSetNode } from 'graphql';
import { BearerError } from '../../tokens/bearer.js';

/** More than twice of what tools ask a schema with. */
const MOST_TOKENS = 500;

const NEEDS_TOKEN = 'This needs an access token or a session: send "Authorization: Bearer <token>" with a token for this API, or sign in.';

/**
 * Lets somebody who has not proved who they are ask for the schema, and for nothing else. It looks at the document alone and
 * comes before validation and before any value that is sent: those cost far more than reading it.
 * @param query the document, or whatever was sent in its place
 * @throws {BearerError}
 */
export function requireSchemaQuestion(query: unknown): void {
  const document = typeof query === 'string' ? read(query) : undefined;
  if (document && !document.definitions.every((definition) => isAboutSchema(definition, document)))
    throw new BearerError(401, undefined, NEEDS_TOKEN);
}

/** @returns undefined of what is no document: to say so is Apollo's */
function read(query: string): DocumentNode | undefined {
  try {
    return parse(query, { maxTokens: MOST_TOKENS, noLocation: true });
  } catch (error) {
    if (/more tha[nt] \d+ tokens/.test((error as Error).message)) throw new BearerError(401, undefined, NEEDS_TOKEN);
    return undefined;
  }
}

function isAboutSchema(definition: DocumentNode['definitions'][number], document: DocumentNode): boolean {
  if (definition.kind !== Kind.OPERATION_DEFINITION) return true;
  return definition.operation !== OperationTypeNode.MUTATION && hasSchemaFields(definition.selectionSet, document, new Set());
}

/** @param seen names of fragments: one that contains itself is looked at once */
function hasSchemaFields({ selections }: SelectionSetNode, document: DocumentNode, seen: Set<string>): boolean {
  return selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value.startsWith('__');
    if (selection.kind === Kind.INLINE_FRAGMENT) return hasSchemaFields(selection.selectionSet, document, seen);
    if (seen.has(selection.name.value)) return true;
    seen.add(selection.name.value);
    const found = document.definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value);
    return found.every((fragment) => hasSchemaFields((fragment as { selectionSet: SelectionSetNode }).selectionSet, document, seen));
  });
}

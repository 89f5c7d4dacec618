import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** Quotes, a colon, a comma, brackets. */
const AROUND = 8;
/** Characters of the longest value, unless the extension `longest` of its field says another number. */
const LONGEST: Record<string, number> = { String: 256, JSONObject: 20_000 };
/** Of all other types: numbers, moments, ids. */
const SHORT = 48;
/** Entries of the longest list, unless the extension `most` of its field says another number. */
const MOST = 100;

/** Tells, before anything is done, how long an answer to an operation can become. */
export class AnswerWeight {
  readonly #fragments: Map<string, SelectionSetNode>;

  /** @param document one that is valid: its fragments end */
  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
  ) {
    const fragments = document.definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map(({ name, selectionSet }) => [name.value, selectionSet]));
  }

  /** @returns characters; what the document says twice counts twice */
  of({ operation, selectionSet }: OperationDefinitionNode): number {
    const root = this.schema.getRootType(operation);
    return root ? this.#ofAll(selectionSet, root) : 0;
  }

  #ofAll({ selections }: SelectionSetNode, type: GraphQLObjectType): number {
    return selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) return sum + this.#ofField(selection, type);
      // No type here has another in its place: what a fragment is about is what it stands in.
      const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : this.#fragments.get(selection.name.value);
      return inner ? sum + this.#ofAll(inner, type) : sum;
    }, AROUND);
  }

  #ofField({ alias, name, selectionSet }: FieldNode, parent: GraphQLObjectType): number {
    const field = parent.getFields()[name.value];
    const key = (alias ?? name).value.length + AROUND;
    return key + (field ? entriesOf(field) * this.#ofValue(field, selectionSet) : SHORT);
  }

  #ofValue(field: GraphQLField<unknown, unknown>, selectionSet: SelectionSetNode | undefined): number {
    const type = getNamedType(field.type);
    if (isObjectType(type) && selectionSet) return this.#ofAll(selectionSet, type);
    return AROUND + Number(field.extensions.longest ?? LONGEST[type.name] ?? SHORT);
  }
}

function entriesOf({ type, extensions }: GraphQLField<unknown, unknown>): number {
  return isListType(getNullableType(type)) ? Number(extensions.most ?? MOST) : 1;
}

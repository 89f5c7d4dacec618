import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** Beside a field that is a name or a flag. */
const COST_OF_A_TEXT = 10;
const TEXTS = ['description', 'deprecationReason'];

/** How long a list of introspection is: in the mean of all that have one, and at most. */
interface Length {
  mean: number;
  most: number;
}

/** What is asked, at the place of a document that is looked at. */
interface Place {
  /** How often its fields are answered. */
  times: number;
  /** Whether it is about all types alike. Of a single one nobody knows which it will be. */
  isOfAll: boolean;
}

interface Count {
  cost: number;
  enough: number;
  fragments: Map<string, SelectionSetNode>;
}

/** Tells what questions about a schema cost, without answering them. */
export class IntrospectionCost {
  readonly #lengths: Record<string, Length>;

  constructor(schema: GraphQLSchema) {
    this.#lengths = lengthsOf(schema);
  }

  /**
   * About how many fields the answer would have that are about the schema. Those that are asked again count again.
   * @param enough where counting ends: fragments within fragments are more than anybody can count
   */
  of({ definitions }: DocumentNode, enough: number): number {
    const fragments = definitions.flatMap((one) =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one.selectionSet] as const] : [],
    );
    const count: Count = { cost: 0, enough, fragments: new Map(fragments) };
    for (const definition of definitions) {
      if (definition.kind === Kind.OPERATION_DEFINITION) this.#add(count, definition.selectionSet, undefined, []);
    }
    return count.cost;
  }

  /** @param place undefined at the root @param within the fragments that it stands in */
  #add(count: Count, { selections }: SelectionSetNode, place: Place | undefined, within: readonly string[]): void {
    for (const selection of selections) {
      if (count.cost > count.enough) return;
      if (selection.kind === Kind.FIELD) {
        this.#addField(count, selection, place, within);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.#add(count, selection.selectionSet, place, within);
      } else {
        const name = selection.name.value;
        const fragment = within.includes(name) ? undefined : count.fragments.get(name);
        if (fragment) this.#add(count, fragment, place, [...within, name]);
      }
    }
  }

  #addField(count: Count, field: FieldNode, place: Place | undefined, within: readonly string[]): void {
    const name = field.name.value;
    const times = place?.times ?? 1;
    count.cost += times * (TEXTS.includes(name) ? COST_OF_A_TEXT : 1);
    // What is not about the schema counts once, so that fragments within fragments end.
    if (field.selectionSet && (place || name === '__schema' || name === '__type'))
      this.#add(count, field.selectionSet, this.#below(name, { times, isOfAll: place?.isOfAll ?? false }), within);
  }

  #below(name: string, { times, isOfAll }: Place): Place {
    const length = Object.hasOwn(this.#lengths, name) ? this.#lengths[name] : undefined;
    if (!length) return { times, isOfAll: false };
    return { times: times * (isOfAll ? length.mean : length.most), isOfAll: isOfAll || name === 'types' };
  }
}

function lengthsOf(schema: GraphQLSchema): Record<string, Length> {
  const types = Object.values(schema.getTypeMap());
  const fields = types.map((type) => (isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []));
  const inputFields = types.map((type) => (isInputObjectType(type) ? Object.values(type.getFields()) : []));
  const directives = schema.getDirectives();
  return {
    types: lengthOf([types]),
    directives: lengthOf([directives]),
    fields: lengthOf(fields),
    args: lengthOf([...fields.flat(), ...directives].map(({ args }) => args)),
    inputFields: lengthOf(inputFields),
    enumValues: lengthOf(types.map((type) => (isEnumType(type) ? type.getValues() : []))),
    locations: lengthOf(directives.map(({ locations }) => locations)),
    interfaces: lengthOf(types.map((type) => (isObjectType(type) ? type.getInterfaces() : []))),
    possibleTypes: lengthOf(types.map((type) => (isInterfaceType(type) ? schema.getPossibleTypes(type) : []))),
  };
}

function lengthOf(lists: readonly (readonly unknown[])[]): Length {
  const lengths = lists.map(({ length }) => length);
  return { mean: lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length), most: Math.max(0, ...lengths) };
}

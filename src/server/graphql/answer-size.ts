import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLNonNull,
  type GraphQLNullableType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isIntrospectionType,
  isLeafType,
  isListType,
  isNullableType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { OperationTooLarge } from './errors.js';
import type { RunningFields } from './running-fields.js';

/** More than a page of what people keep here has. What is asked under several names counts under each. */
const MOST_CHARACTERS = 3_000_000;
/** Quotes, a colon, a comma. */
const AROUND = 4;
/** An object takes as much work as so many characters, unless the extension `weight` of its type says another number. */
const WEIGHT_OF_AN_OBJECT = 250;

/** How large an answer has become. Until {@link AnswerSize.bound} says so it may be of any size. */
export class AnswerSize {
  #left = Number.POSITIVE_INFINITY;

  /** The answer to a mutation goes out whatever its size: what was done is done. */
  bound(): void {
    this.#left = MOST_CHARACTERS;
  }

  get isTooLarge(): boolean {
    return this.#left < 0;
  }

  add(characters: number): void {
    this.#left -= characters;
  }

  /** What is told in place of an answer that is too large. */
  get refusal(): OperationTooLarge {
    return new OperationTooLarge('The answer is too large: ask for fewer at once, or for fewer fields of them.');
  }
}

/**
 * Lets every field of a schema count what it adds to an answer, and itself while it is found. With one that is too large already nothing long is
 * added any more, and to one that is made nothing at all.
 */
export function measureAnswers(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) measure(field);
  }
}

function measure(field: GraphQLField<unknown, { size: AnswerSize; running: RunningFields }>): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  const isLeaf = isLeafType(getNamedType(field.type));
  const shortest = shortestOf(field.type);
  const weight = Number(getNamedType(field.type).extensions.weight ?? WEIGHT_OF_AN_OBJECT);
  field.resolve = (source, args, context, info) => {
    const { size, running } = context;
    if (running.isOver) throw new Error('the answer is made');
    if (size.isTooLarge && shortest !== undefined) return shortest;
    size.add(String(info.path.key).length + AROUND);
    const count = (value: unknown) => {
      size.add(isLeaf ? lengthOf(value) : weight * (Array.isArray(value) ? value.length : 1));
      // Of lists that come in at the same moment those that are too much are not gone through.
      return size.isTooLarge && shortest !== undefined ? shortest : value;
    };
    const value = resolve(source, args, context, info);
    return value instanceof Promise ? running.during(value.then(count)) : count(value);
  };
}

/** What stands for a value that may be long; undefined for one that never is. */
function shortestOf(type: GraphQLOutputType): unknown {
  if (isNullableType(type)) return null;
  const { ofType } = type as GraphQLNonNull<GraphQLNullableType & GraphQLOutputType>;
  if (isListType(ofType)) return [];
  return isScalarType(ofType) && ['String', 'ID'].includes(ofType.name) ? '' : undefined;
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return typeof value === 'object' && value !== null ? JSON.stringify(value).length : AROUND;
}

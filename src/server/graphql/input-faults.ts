import { type ValidationError, validateSync } from 'class-validator';
import {
  BREAK,
  coerceInputValue,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isRequiredInputField,
  print,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { INPUTS } from '../../installation/rooms.js';
import { BadUserInput, type FieldFault } from '../../platform/errors.js';
import { findExcess } from '../../platform/excess.js';

/** As many as GraphQL itself names of variables; a list of thousands of wrong values is one mistake. */
const MOST_FAULTS = 50;
/** An argument and its field: what lies deeper may be anything, and go on for thousands of names. */
const NAMES_IN_A_PATH = 2;

type Variables = Record<string, unknown>;

const RULES = new Map(INPUTS.map((input) => [input.name, input as new () => object]));

/**
 * Holds a coerced argument against the rules of its class, whichever that is. Input objects with rules are always the argument `input`.
 * @throws {BadUserInput} with every field at fault
 */
export function requireValidInput(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const faults = ruleFaults(value, 'input');
  if (faults.length > 0) throw new BadUserInput(faults);
}

/**
 * Finds what is too much of an operation's input values, what GraphQL itself refuses of them (a text for a number, a missing
 * field), and beside it what the rules refuse of the rest, so that a caller learns of all at once. A value that is given
 * again and again, to fields with aliases or without, is looked at once.
 * @returns nothing when sizes and types are right
 */
export function inputFaults(schema: GraphQLSchema, document: DocumentNode, variables: Variables): FieldFault[] {
  const typeInfo = new TypeInfo(schema);
  const seen = new Set<string>();
  const faults: FieldFault[] = [];
  const visitor = visitWithTypeInfo(typeInfo, {
    Argument(node) {
      const type = typeInfo.getInputType();
      const given = `${print(node)} ${type}`;
      if (!type || seen.has(given)) return false;
      seen.add(given);
      const value = valueFromASTUntyped(node.value, variables);
      if (value !== undefined) faults.push(...argumentFaults(node.name.value, value, type));
      return faults.length < MOST_FAULTS ? false : BREAK;
    },
  });
  visit(document, visitor);
  return faults.slice(0, MOST_FAULTS);
}

function argumentFaults(name: string, value: unknown, type: GraphQLInputType): FieldFault[] {
  const excess = findExcess(value);
  if (excess) return [{ path: [name, ...excess.path].slice(0, NAMES_IN_A_PATH).join('.'), message: excess.message }];
  const faults: FieldFault[] = [...missingFields(name, value, type), ...unknownFields(name, value, type)];
  const coerced = coerce(value, type, (path, message) => {
    if (path.length > 0 || !isInputObjectType(getNullableType(type))) faults.push({ path: [name, ...path].join('.'), message });
  });
  return faults.length === 0 ? [] : [...faults, ...otherFaults(name, coerced, { type, faults })];
}

/** What the rules refuse of the fields that have the right type: they take theirs for what its type says. */
function otherFaults(
  name: string,
  coerced: unknown,
  { type, faults }: { type: GraphQLInputType; faults: readonly FieldFault[] },
): FieldFault[] {
  const Rules = RULES.get(getNamedType(type).name);
  if (!Rules || typeof coerced !== 'object') return [];
  const known = new Set(faults.map(({ path }) => path.split('.')[1]));
  const rest = Object.fromEntries(Object.entries(coerced ?? {}).filter(([field]) => !known.has(field)));
  return ruleFaults(Object.assign(new Rules(), rest), name).filter(({ path }) => !known.has(path.split('.')[1]));
}

/** Each mistake takes a while, for GraphQL looks for what was meant: it is stopped where it would look at thousands. */
function coerce(value: unknown, type: GraphQLInputType, tell: (path: readonly (string | number)[], message: string) => void): unknown {
  let mistakes = 0;
  const enough = new Error('enough mistakes');
  try {
    return coerceInputValue(value, type, (path, _value, { message }) => {
      mistakes += 1;
      if (mistakes > MOST_FAULTS) throw enough;
      tell(path, message);
    });
  } catch (error) {
    if (error !== enough) throw error;
    return undefined;
  }
}

function unknownFields(name: string, value: unknown, type: GraphQLInputType): FieldFault[] {
  const object = getNullableType(type);
  if (!isInputObjectType(object) || typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const known = object.getFields();
  const unknown = Object.keys(value).filter((field) => !Object.hasOwn(known, field));
  return unknown
    .slice(0, MOST_FAULTS)
    .map((field) => ({ path: `${name}.${field}`, message: `Field "${field}" is not defined by type "${object.name}".` }));
}

function missingFields(name: string, value: unknown, type: GraphQLInputType): FieldFault[] {
  const object = getNullableType(type);
  if (!isInputObjectType(object) || typeof value !== 'object' || value === null) return [];
  return Object.values(object.getFields())
    .filter((field) => isRequiredInputField(field) && (value as Variables)[field.name] === undefined)
    .map((field) => ({ path: `${name}.${field.name}`, message: 'This is required.' }));
}

function ruleFaults(value: object, name: string): FieldFault[] {
  return validateSync(value, { forbidUnknownValues: false }).flatMap((error) => toFaults(error, name));
}

function toFaults({ property, constraints = {} }: ValidationError, name: string): FieldFault[] {
  return [...new Set(Object.values(constraints))].map((message) => ({ path: `${name}.${property}`, message }));
}

import { type ValidationError, validateSync } from 'class-validator';
import {
  coerceInputValue,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isRequiredInputField,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { IdentityProviderInput } from '../access/identity-provider.input.js';
import { CreateClientInput, UpdateClientInput } from '../clients/client.input.js';
import { BadUserInput, type FieldFault } from '../platform/errors.js';
import { CreateTenantInput, UpdateTenantInput } from '../tenants/tenant.input.js';

/** As many as GraphQL itself names of variables; a list of thousands of wrong values is one mistake. */
const MOST_FAULTS = 50;

type Variables = Record<string, unknown>;

const RULES: Record<string, new () => object> = {
  CreateClientInput,
  UpdateClientInput,
  CreateTenantInput,
  UpdateTenantInput,
  IdentityProviderInput,
};

/**
 * Holds a coerced argument against the rules of its class. Input objects are always the argument `input`.
 * @throws {BadUserInput} with every field at fault
 */
export function requireValidInput(value: unknown): void {
  if (typeof value !== 'object' || value === null || !Object.values(RULES).includes(value.constructor as new () => object)) return;
  const faults = ruleFaults(value, 'input');
  if (faults.length > 0) throw new BadUserInput(faults);
}

/**
 * Finds what GraphQL itself refuses of an operation's input values (a text for a number, a missing
 * field), and beside it what the rules refuse of the rest, so that a caller learns of all at once.
 * @returns nothing when the types are right
 */
export function typeFaults(schema: GraphQLSchema, document: DocumentNode, variables: Variables): FieldFault[] {
  const typeInfo = new TypeInfo(schema);
  const faults: FieldFault[] = [];
  const visitor = visitWithTypeInfo(typeInfo, {
    Argument(node) {
      const type = typeInfo.getInputType();
      const value = valueFromASTUntyped(node.value, variables);
      if (type && value !== undefined) faults.push(...argumentFaults(node.name.value, value, type));
      return false;
    },
  });
  visit(document, visitor);
  return faults.slice(0, MOST_FAULTS);
}

function argumentFaults(name: string, value: unknown, type: GraphQLInputType): FieldFault[] {
  const faults: FieldFault[] = [...missingFields(name, value, type), ...unknownFields(name, value, type)];
  const coerced = coerce(value, type, (path, message) => {
    if (path.length > 0 || !isInputObjectType(getNullableType(type))) faults.push({ path: [name, ...path].join('.'), message });
  });
  const Rules = RULES[getNamedType(type).name];
  if (faults.length === 0 || !Rules || typeof coerced !== 'object') return faults;
  const known = new Set(faults.map(({ path }) => path.split('.')[1]));
  // Rules take their field for what its type says: where it is not, they are not asked.
  const rest = Object.fromEntries(Object.entries(coerced ?? {}).filter(([field]) => !known.has(field)));
  const others = ruleFaults(Object.assign(new Rules(), rest), name).filter(({ path }) => !known.has(path.split('.')[1]));
  return [...faults, ...others];
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

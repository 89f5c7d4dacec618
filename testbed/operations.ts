import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { createSchema } from '../src/server/graphql/operations.js';

/** What an argument can name. */
export type Kind =
  | 'client'
  | 'newClient'
  | 'secret'
  | 'key'
  | 'host'
  | 'cursor'
  | 'text'
  | 'actor'
  | 'object'
  | 'request'
  | 'providerClient'
  | 'providerIssuer'
  | 'issuer'
  | 'newIssuer'
  | 'authority'
  | 'newAuthority'
  | 'movingClient'
  | 'movedClient'
  | 'returningClient'
  | 'fetchedClient';

/** By the name of an argument or input field; one with its owner goes before one without. */
const KINDS: Record<string, Kind> = {
  clientId: 'client',
  secretId: 'secret',
  kid: 'key',
  host: 'host',
  after: 'cursor',
  search: 'text',
  actorId: 'actor',
  objectId: 'object',
  actorContains: 'actor',
  objectIdContains: 'object',
  requestId: 'request',
  'CreateClientInput.clientId': 'newClient',
  issuer: 'issuer',
  fingerprint: 'authority',
  'CreateCertificateAuthorityInput.certificate': 'newAuthority',
  'CreateTrustedIssuerInput.issuer': 'newIssuer',
  'Mutation.endPreviousAuthMethod.clientId': 'movedClient',
  'Mutation.changeClientAuthMethod.clientId': 'movingClient',
  'Mutation.restorePreviousAuthMethod.clientId': 'returningClient',
  'Mutation.refreshClientKeys.clientId': 'fetchedClient',
  'IdentityProviderInput.clientId': 'providerClient',
  'IdentityProviderInput.issuer': 'providerIssuer',
};

const ABSENT = undefined;

/**
 * Arguments and input fields that name nothing, by their owner (`CreateClientInput`, `Mutation.rotateClientSecret`), each with the value that it
 * is given. A text is looked for in the answers to other tenants, unless it has fewer than five characters or stands in a description: give one of these.
 */
const PLAIN: Record<string, Record<string, unknown>> = {
  'Query.clients': { first: 100 },
  'Query.auditEvents': { first: 100 },
  'Query.tenants': { first: 100 },
  'Client.usage': { hours: ABSENT },
  'Query.testAssertion': { assertion: 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL3BsYXRmb3JtLmV4YW1wbGUiLCJzdWIiOiJqb2IifQ.x' },
  'Mutation.endPreviousAuthMethod': { version: ABSENT },
  'Mutation.restorePreviousAuthMethod': { overlapSeconds: 0, version: ABSENT },
  'Mutation.rotateClientSecret': { overlapSeconds: 0, version: ABSENT },
  ClientOrder: { field: ABSENT, direction: ABSENT },
  ClientFilter: { enabled: ABSENT, neverUsed: ABSENT, unusedSince: ABSENT, secretExpiresBefore: ABSENT },
  AuditFilter: { action: ABSENT, objectType: ABSENT, since: ABSENT, until: ABSENT },
  CreateClientInput: {
    name: 'Somebody',
    accessTokenLifetime: ABSENT,
    scopes: ABSENT,
    audiences: ABSENT,
    authMethod: ABSENT,
    jwks: ABSENT,
    jwksUri: ABSENT,
    senderConstraint: ABSENT,
  },
  UpdateClientInput: {
    accessTokenLifetime: 60,
    scopes: ABSENT,
    audiences: ABSENT,
    enabled: false,
    jwks: ABSENT,
    jwksUri: ABSENT,
    senderConstraint: ABSENT,
    version: ABSENT,
  },
  ChangeClientAuthMethodInput: { authMethod: 'CLIENT_SECRET_JWT', jwks: ABSENT, jwksUri: ABSENT, overlapSeconds: ABSENT, version: ABSENT },
  // With an issuer it would be taken for what proves a client that has secrets.
  FederatedCredentialInput: { issuer: ABSENT, subject: ABSENT, subjectPattern: ABSENT, claims: ABSENT, audience: ABSENT },
  TlsClientAuthInput: { subjectDn: ABSENT, sanDns: ABSENT, sanUri: ABSENT, sanIp: ABSENT, sanEmail: ABSENT },
  CreateCertificateAuthorityInput: { name: 'CA' },
  CreateTrustedIssuerInput: {
    name: 'Somebody',
    jwksUri: ABSENT,
    jwks: ABSENT,
    algorithms: ABSENT,
    maxAssertionLifetime: ABSENT,
    singleUse: ABSENT,
  },
  UpdateTrustedIssuerInput: {
    name: 'CI',
    jwksUri: ABSENT,
    jwks: ABSENT,
    algorithms: ABSENT,
    maxAssertionLifetime: ABSENT,
    singleUse: ABSENT,
    enabled: false,
    version: ABSENT,
  },
  // Without a secret: the one before is kept, where there was one for this provider.
  IdentityProviderInput: { name: 'Somebody', clientSecret: ABSENT, scope: ABSENT, claim: 'groups' },
  ClaimGrantInput: { value: 'readers', scopes: ['clients:read'] },
  CreateTenantInput: { name: 'Somebody', accessTokenType: ABSENT },
  UpdateTenantInput: {
    name: 'Renamed',
    enabled: false,
    defaultAudience: ABSENT,
    signingAlgorithm: ABSENT,
    accessTokenType: ABSENT,
    minAccessTokenLifetime: ABSENT,
    maxAccessTokenLifetime: ABSENT,
    maxClients: ABSENT,
    maxMutationsPerMinute: ABSENT,
    maxRecordBytesPerDay: ABSENT,
    version: ABSENT,
  },
};

/** A place in the arguments of an operation where something is named. */
export interface Identifier {
  /** Such as `input.clientId`. */
  path: string;
  kind: Kind;
  isRequired: boolean;
}

/** A query or mutation that asks for all that there is to it. */
export interface Operation {
  name: string;
  isMutation: boolean;
  /** Each argument is a variable of the same name. */
  query: string;
  /** The same, each asking for one field of the answer: what refuses one may keep quiet about the rest. */
  parts: string[];
  identifiers: Identifier[];
  /** Its arguments, with a value for each identifier that one is given for. */
  fill(choose: (identifier: Identifier) => string | undefined): object;
}

type Input = GraphQLArgument | GraphQLInputField;
type Choose = (identifier: Identifier) => string | undefined;

/** Every query and mutation of the schema. */
export function listOperations(schema: GraphQLSchema = createSchema()): Operation[] {
  return (['Query', 'Mutation'] as const).flatMap((root) =>
    Object.values(rootFields(schema, root)).map((field) => toOperation(root, field)),
  );
}

/** Arguments and input fields of which nobody has said above what they name, or that name something where nothing here would try it. */
export function unknownInputs(schema: GraphQLSchema = createSchema()): string[] {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  const owners = types.flatMap((type): [owner: string, inputs: readonly Input[]][] => {
    if (isInputObjectType(type)) return [[type.name, Object.values(type.getFields())]];
    if (isObjectType(type)) return Object.values(type.getFields()).map(({ name, args }) => [`${type.name}.${name}`, args]);
    return [];
  });
  return owners.flatMap(([owner, inputs]) => {
    const isTried = !owner.includes('.') || /^(Query|Mutation)\./.test(owner);
    const leaves = inputs.filter(({ type }) => !isInputObjectType(getNamedType(type)));
    return leaves.filter(({ name }) => !isPlain(owner, name) && !(isTried && kindOf(owner, name))).map(({ name }) => `${owner}.${name}`);
  });
}

function rootFields(schema: GraphQLSchema, root: 'Query' | 'Mutation') {
  return (root === 'Query' ? schema.getQueryType() : schema.getMutationType())?.getFields() ?? {};
}

function toOperation(root: 'Query' | 'Mutation', { name, type, args }: GraphQLField<unknown, unknown>): Operation {
  const declared = args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
  const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const document = (selection: string) =>
    `${root.toLowerCase()} ${name}${declared && `(${declared})`} { ${name}${passed && `(${passed})`} ${selection} }`;
  const fill = (choose: Choose) => fillAll(`${root}.${name}`, args, { path: [], choose });
  const identifiers: Identifier[] = [];
  fill((identifier) => void identifiers.push(identifier));
  const fields = fieldsOf(type);
  const parts = fields.length > 0 ? fields.map((one) => document(`{ ${one} }`)) : [document('')];
  return { name, isMutation: root === 'Mutation', query: document(selectAll(type)), parts, identifiers, fill };
}

/** Types of the schema hold no others of their own kind, so that this comes to an end. */
function selectAll(type: GraphQLOutputType): string {
  const fields = fieldsOf(type);
  return fields.length > 0 ? `{ ${fields.join(' ')} }` : '';
}

function fieldsOf(of: GraphQLOutputType): string[] {
  const type = getNamedType(of);
  return isObjectType(type) ? Object.values(type.getFields()).map((field) => `${field.name} ${selectAll(field.type)}`) : [];
}

function fillAll(owner: string, inputs: readonly Input[], { path, choose }: { path: string[]; choose: Choose }): Record<string, unknown> {
  const values = inputs.map(({ name, type }) => {
    const named = getNamedType(type);
    const isRequired = isNonNullType(type);
    const here = [...path, name];
    if (!isInputObjectType(named)) return [name, fillLeaf(owner, name, { path: here.join('.'), isRequired, choose })];
    const value = fillAll(named.name, Object.values(named.getFields()), { path: here, choose });
    if (!isRequired && Object.keys(value).length === 0) return [name, undefined];
    return [name, isListType(getNullableType(type)) ? [value] : value];
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function fillLeaf(owner: string, name: string, { choose, ...place }: Omit<Identifier, 'kind'> & { choose: Choose }): unknown {
  const kind = kindOf(owner, name);
  if (isPlain(owner, name)) return PLAIN[owner]?.[name];
  return kind && choose({ ...place, kind });
}

function isPlain(owner: string, name: string): boolean {
  return name in (PLAIN[owner] ?? {});
}

function kindOf(owner: string, name: string): Kind | undefined {
  return KINDS[`${owner}.${name}`] ?? KINDS[name];
}

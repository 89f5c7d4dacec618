import type { GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import { RESOLVERS } from '../../installation/rooms.js';
import type { Class } from '../../platform/room.js';
import { authChecker } from './auth-checker.js';
import { requireValidInput } from './input-faults.js';

// Its description says so in words, and this to programs.
GraphQLDateTime.specifiedByURL = 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6';

/**
 * The schema of the GraphQL API.
 * @param resolvers one instance of each of {@link RESOLVERS}; none are needed to print the schema
 */
export function createSchema(resolvers: readonly object[] = []): GraphQLSchema {
  return buildSchemaSync({
    resolvers: RESOLVERS as unknown as NonEmptyArray<Class>,
    authChecker,
    container: { get: (type) => resolvers.find((resolver) => resolver.constructor === type) },
    validate: false,
    validateFn: requireValidInput,
  });
}

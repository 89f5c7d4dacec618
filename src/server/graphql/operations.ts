import type { GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync } from 'type-graphql';
import { AuditResolver } from '../../changes/record/audit.resolver.js';
import { ClientConnectionResolver, ClientResolver } from '../../clients/client.resolver.js';
import { ClientSecretResolver } from '../../clients/client-secret.resolver.js';
import { TenantConnectionResolver, TenantResolver } from '../../installation/tenants/tenant.resolver.js';
import { SigningKeyResolver } from '../../keys/signing-key.resolver.js';
import { IdentityProviderResolver } from '../../people/identity-provider.resolver.js';
import { ViewerResolver } from '../../people/viewer.resolver.js';
import { authChecker } from './auth-checker.js';
import { requireValidInput } from './input-faults.js';

/** The classes that answer GraphQL fields. */
export const RESOLVERS = [
  AuditResolver,
  ClientResolver,
  ClientConnectionResolver,
  ClientSecretResolver,
  IdentityProviderResolver,
  SigningKeyResolver,
  TenantResolver,
  TenantConnectionResolver,
  ViewerResolver,
] as const;

// Its description says so in words, and this to programs.
GraphQLDateTime.specifiedByURL = 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6';

/**
 * The schema of the GraphQL API.
 * @param resolvers one instance of each of {@link RESOLVERS}; none are needed to print the schema
 */
export function createSchema(resolvers: readonly object[] = []): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [...RESOLVERS],
    authChecker,
    container: { get: (type) => resolvers.find((resolver) => resolver.constructor === type) },
    validate: false,
    validateFn: requireValidInput,
  });
}

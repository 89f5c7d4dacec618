import type { Example } from './example.js';

/** What is done with a tenant as a whole: its keys, its record, who signs in; and with tenants. */
export const TENANT_EXAMPLES: readonly Example[] = [
  {
    name: 'signingKeys',
    query: `# Shows the keys that the JWKS has: the one that signs, the one after it, and those before it.
query signingKeys {
  signingKeys {
    kid
    algorithm
    state
    createdAt
    activatesAt
    publishedUntil
  }
}`,
    variables: {},
  },
  {
    name: 'rotateSigningKey',
    query: `# Lets the next key sign; tokens of the present one stay good until they expire.
mutation rotateSigningKey {
  rotateSigningKey {
    kid
    state
    activatesAt
    publishedUntil
  }
}`,
    variables: {},
  },
  {
    name: 'revokeSigningKey',
    query: `# Withdraws a key that is in wrong hands, with every token that it signed. The query "signingKeys" has the kids.
mutation revokeSigningKey($kid: ID!) {
  revokeSigningKey(kid: $kid) {
    kid
    state
  }
}`,
    variables: { kid: 'the kid of a key' },
  },
  {
    name: 'auditEvents',
    query: `# Lists what was done, by whom, and from where; the newest first.
query auditEvents($filter: AuditFilter, $first: Int! = 20, $after: String) {
  auditEvents(filter: $filter, first: $first, after: $after) {
    nodes {
      at
      action
      actorType
      actorId
      actorName
      objectType
      objectId
      before
      after
      address
      requestId
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`,
    variables: { filter: { objectId: 'sales-board' } },
  },
  {
    name: 'identityProvider',
    query: `# Shows the OpenID provider through which people sign in.
query identityProvider {
  identityProvider {
    name
    issuer
    clientId
    scope
    claim
    grants {
      value
      scopes
    }
    updatedAt
  }
}`,
    variables: {},
  },
  {
    name: 'setIdentityProvider',
    query: `# Lets people sign in through an OpenID provider. Register https://your_tenant/session/callback there as redirect URI.
mutation setIdentityProvider($input: IdentityProviderInput!) {
  setIdentityProvider(input: $input) {
    name
    issuer
    claim
  }
}`,
    variables: {
      input: {
        name: 'Company login',
        issuer: 'https://login.example.com',
        clientId: 'latchkey',
        clientSecret: 'what the provider gave you',
        claim: 'groups',
        grants: [{ value: 'api-admins', scopes: ['clients:read', 'clients:write'] }],
      },
    },
  },
  {
    name: 'removeIdentityProvider',
    query: `# Lets nobody sign in through the provider any more, and signs out who did.
mutation removeIdentityProvider {
  removeIdentityProvider
}`,
    variables: {},
  },
  {
    name: 'createTenant',
    query: `# Makes a tenant. Its administrator's secret is shown in this answer and never again: copy it. From the home tenant only.
mutation createTenant($input: CreateTenantInput!) {
  createTenant(input: $input) {
    tenant {
      host
      issuer
    }
    client {
      clientId
      scopes
    }
    clientSecret
  }
}`,
    variables: { input: { name: 'Acme Corp', host: 'acme.example.com' } },
  },
  {
    name: 'tenants',
    query: `# Lists the tenants page by page. From the home tenant only.
query tenants($search: String, $first: Int! = 50, $after: String) {
  tenants(search: $search, first: $first, after: $after) {
    totalCount
    nodes {
      name
      host
      enabled
      isHome
      createdAt
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`,
    variables: {},
  },
  {
    name: 'tenant',
    query: `# Shows one tenant. From the home tenant only.
query tenant($host: String!) {
  tenant(host: $host) {
    id
    name
    host
    issuer
    isHome
    enabled
    defaultAudience
    signingAlgorithm
    accessTokenType
    minAccessTokenLifetime
    maxAccessTokenLifetime
    version
    createdAt
    updatedAt
  }
}`,
    variables: { host: 'acme.example.com' },
  },
  {
    name: 'updateTenant',
    query: `# Changes a tenant; what is absent stays. "enabled": false stops it at once. From the home tenant only.
mutation updateTenant($host: String!, $input: UpdateTenantInput!) {
  updateTenant(host: $host, input: $input) {
    name
    enabled
    maxAccessTokenLifetime
    version
  }
}`,
    variables: { host: 'acme.example.com', input: { maxAccessTokenLifetime: 3600 } },
  },
  {
    name: 'deleteTenant',
    query: `# Removes a tenant that is disabled, with everything in it. This cannot be undone. From the home tenant only.
mutation deleteTenant($host: String!) {
  deleteTenant(host: $host) {
    host
  }
}`,
    variables: { host: 'acme.example.com' },
  },
  {
    name: 'viewer',
    query: `# Tells who you are to this API and what you may do.
query viewer {
  viewer {
    clientId
    person {
      subject
      name
    }
    scopes
    tenant {
      name
      host
    }
  }
}`,
    variables: {},
  },
];

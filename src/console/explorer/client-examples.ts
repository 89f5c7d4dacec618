import type { Example } from './example.js';

/** What is done with clients. */
export const CLIENT_EXAMPLES: readonly Example[] = [
  {
    name: 'createClient',
    query: `# Registers an application. Its secret is shown in this answer and never again: copy it.
mutation createClient($input: CreateClientInput!) {
  createClient(input: $input) {
    clientSecret
    client {
      name
      clientId
      accessTokenLifetime
      authMethod
      scopes
      audiences
      enabled
      createdAt
    }
  }
}`,
    variables: { input: { name: 'Sales board', clientId: 'sales-board', accessTokenLifetime: 3600 } },
  },
  {
    name: 'clients',
    query: `# Lists the clients page by page; the endCursor of one page is the "after" of the next.
query clients($search: String, $filter: ClientFilter, $first: Int! = 50, $after: String, $orderBy: ClientOrder) {
  clients(search: $search, filter: $filter, first: $first, after: $after, orderBy: $orderBy) {
    totalCount
    nodes {
      name
      clientId
      accessTokenLifetime
      enabled
      lastUsedAt
      updatedAt
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`,
    variables: { search: '', filter: { enabled: true }, first: 50, after: null, orderBy: { field: 'NAME', direction: 'ASC' } },
  },
  {
    name: 'client',
    query: `# Shows one client; of its secrets only the last characters.
query client($clientId: String!) {
  client(clientId: $clientId) {
    id
    name
    clientId
    accessTokenLifetime
    authMethod
    scopes
    audiences
    enabled
    secrets {
      id
      hint
      createdAt
      expiresAt
      lastUsedAt
      lastUsedIp
      useCount
      rotation {
        supersededAt
        unusedForSeconds
        safeToRevoke
      }
      revokedAt
      leak {
        reportedAt
        reportedFrom
        url
      }
    }
    jwks
    lastUsedAt
    usage(hours: 3) {
      from
      issued
      refused
    }
    version
    createdAt
    updatedAt
  }
}`,
    variables: { clientId: 'sales-board' },
  },
  {
    name: 'updateClient',
    query: `# Changes a client; what the input leaves out stays. "enabled": false stops it at once.
mutation updateClient($clientId: String!, $input: UpdateClientInput!) {
  updateClient(clientId: $clientId, input: $input) {
    name
    clientId
    accessTokenLifetime
    scopes
    audiences
    enabled
    lastTokenExpiresAt
    version
    updatedAt
  }
}`,
    variables: { clientId: 'sales-board', input: { accessTokenLifetime: 7200, enabled: true } },
  },
  {
    name: 'rotateClientSecret',
    query: `# Makes a second secret; the first keeps working for the overlap. Give the application the new one meanwhile.
mutation rotateClientSecret($clientId: String!, $overlapSeconds: Int! = 86400) {
  rotateClientSecret(clientId: $clientId, overlapSeconds: $overlapSeconds) {
    clientSecret
    client {
      secrets {
        id
        hint
        expiresAt
        rotation {
          safeToRevoke
        }
      }
    }
  }
}`,
    variables: { clientId: 'sales-board', overlapSeconds: 86400 },
  },
  {
    name: 'revokeClientSecret',
    query: `# Ends one secret now, with the tokens that were issued for it. The query "client" has the ids.
mutation revokeClientSecret($clientId: String!, $secretId: ID!) {
  revokeClientSecret(clientId: $clientId, secretId: $secretId) {
    secrets {
      id
      hint
      revokedAt
    }
  }
}`,
    variables: { clientId: 'sales-board', secretId: 'the id of a secret' },
  },
  {
    name: 'revokeClientTokens',
    query: `# Cuts every token that the client has; it may get new ones.
mutation revokeClientTokens($clientId: String!) {
  revokeClientTokens(clientId: $clientId) {
    lastTokenExpiresAt
  }
}`,
    variables: { clientId: 'sales-board' },
  },
  {
    name: 'deleteClient',
    query: `# Deletes a client for good, and says when its last token will have expired.
mutation deleteClient($clientId: String!) {
  deleteClient(clientId: $clientId) {
    clientId
    lastTokenExpiresAt
  }
}`,
    variables: { clientId: 'sales-board' },
  },
];

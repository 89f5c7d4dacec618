/** An operation that waits in a tab. */
export interface Example {
  /** The field of the API that it calls, and what its tab is called. */
  name: string;
  query: string;
  variables: Record<string, unknown>;
}

/** One example of every query and mutation, in the order in which somebody new meets them. */
export const EXAMPLES: readonly Example[] = [
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
query clients($search: String, $first: Int! = 50, $after: String, $orderBy: ClientOrder) {
  clients(search: $search, first: $first, after: $after, orderBy: $orderBy) {
    totalCount
    nodes {
      name
      clientId
      accessTokenLifetime
      enabled
      updatedAt
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`,
    variables: { search: '', first: 50, after: null, orderBy: { field: 'NAME', direction: 'ASC' } },
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
    version
    updatedAt
  }
}`,
    variables: { clientId: 'sales-board', input: { accessTokenLifetime: 7200, enabled: true } },
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
  {
    name: 'viewer',
    query: `# Tells who you are to this API and what you may do.
query viewer {
  viewer {
    clientId
    scopes
  }
}`,
    variables: {},
  },
];

import type { Example } from './example.js';

/** What is done with the issuers that a tenant trusts, and with the ways in which clients prove who they are. */
export const FEDERATION_EXAMPLES: readonly Example[] = [
  {
    name: 'createTrustedIssuer',
    query: `# Trusts a platform to say who clients are. Its keys are asked for when a client first shows one of its tokens.
mutation createTrustedIssuer($input: CreateTrustedIssuerInput!) {
  createTrustedIssuer(input: $input) {
    name
    issuer
    jwksUri
    algorithms
    maxAssertionLifetime
    singleUse
    enabled
  }
}`,
    variables: { input: { name: 'GitHub Actions', issuer: 'https://token.actions.githubusercontent.com', algorithms: ['RS256'] } },
  },
  {
    name: 'trustedIssuers',
    query: `# Lists the trusted issuers, with what is known of their keys.
query trustedIssuers {
  trustedIssuers {
    name
    issuer
    jwksUri
    algorithms
    enabled
    keys {
      kid
      algorithms
    }
    keysFetchedAt
    keysError
    version
  }
}`,
    variables: {},
  },
  {
    name: 'updateTrustedIssuer',
    query: `# Changes a trusted issuer; what the input leaves out stays. "enabled": false ends at once what was issued through it.
mutation updateTrustedIssuer($issuer: String!, $input: UpdateTrustedIssuerInput!) {
  updateTrustedIssuer(issuer: $issuer, input: $input) {
    name
    issuer
    maxAssertionLifetime
    enabled
    version
  }
}`,
    variables: { issuer: 'https://token.actions.githubusercontent.com', input: { maxAssertionLifetime: 900 } },
  },
  {
    name: 'deleteTrustedIssuer',
    query: `# Trusts an issuer no more, and ends at once what was issued through it.
mutation deleteTrustedIssuer($issuer: String!) {
  deleteTrustedIssuer(issuer: $issuer) {
    issuer
  }
}`,
    variables: { issuer: 'https://token.actions.githubusercontent.com' },
  },
  {
    name: 'testAssertion',
    query: `# Tells how a token of a trusted issuer would fare at the token endpoint, check by check. It is not used up by that.
query testAssertion($assertion: String!, $clientId: String) {
  testAssertion(assertion: $assertion, clientId: $clientId) {
    isAccepted
    clientId
    checks {
      name
      passed
      reason
      about
      expected
      received
    }
  }
}`,
    variables: { assertion: 'a token of the issuer', clientId: null },
  },
  {
    name: 'changeClientAuthMethod',
    query: `# Gives a client another way to prove who it is; the way before goes on for the overlap. A secret is shown in this answer alone.
mutation changeClientAuthMethod($clientId: String!, $input: ChangeClientAuthMethodInput!) {
  changeClientAuthMethod(clientId: $clientId, input: $input) {
    clientSecret
    client {
      authMethod
      federatedCredentials {
        issuer
        subject
        audience
        warnings
      }
      previousAuthMethod {
        authMethod
        endsAt
        safeToEnd
      }
    }
  }
}`,
    variables: {
      clientId: 'sales-board',
      input: {
        authMethod: 'FEDERATED_JWT',
        federatedCredentials: [
          { issuer: 'https://token.actions.githubusercontent.com', subject: 'repo:octo-org/octo-repo:ref:refs/heads/main' },
        ],
        overlapSeconds: 86400,
      },
    },
  },
  {
    name: 'endPreviousAuthMethod',
    query: `# Ends the way before at once, with the tokens that were issued for it. "safeToEnd" tells whether anybody would notice.
mutation endPreviousAuthMethod($clientId: String!, $version: Int) {
  endPreviousAuthMethod(clientId: $clientId, version: $version) {
    authMethod
    previousAuthMethod {
      authMethod
    }
    version
  }
}`,
    variables: { clientId: 'sales-board' },
  },
  {
    name: 'restorePreviousAuthMethod',
    query: `# Goes back to the way before, as long as that has not ended; the present one goes on for the overlap.
mutation restorePreviousAuthMethod($clientId: String!, $overlapSeconds: Int! = 86400, $version: Int) {
  restorePreviousAuthMethod(clientId: $clientId, overlapSeconds: $overlapSeconds, version: $version) {
    authMethod
    previousAuthMethod {
      authMethod
      endsAt
    }
    version
  }
}`,
    variables: { clientId: 'sales-board', overlapSeconds: 3600 },
  },
  {
    name: 'refreshClientKeys',
    query: `# Fetches the public keys of a client anew that publishes them at an address; once in 30 seconds at most.
mutation refreshClientKeys($clientId: String!) {
  refreshClientKeys(clientId: $clientId) {
    jwksUri
    keysFetchedAt
    keysError
  }
}`,
    variables: { clientId: 'sales-board' },
  },
  {
    name: 'createCertificateAuthority',
    query: `# Trusts an authority to say by its certificates who clients with TLS_CLIENT_AUTH are. Paste its own certificate into the variables.
mutation createCertificateAuthority($input: CreateCertificateAuthorityInput!) {
  createCertificateAuthority(input: $input) {
    name
    subject
    fingerprint
    notAfter
  }
}`,
    variables: { input: { name: 'Mesh', certificate: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----' } },
  },
  {
    name: 'certificateAuthorities',
    query: `# Lists the trusted certificate authorities.
query certificateAuthorities {
  certificateAuthorities {
    name
    subject
    fingerprint
    notBefore
    notAfter
  }
}`,
    variables: {},
  },
  {
    name: 'deleteCertificateAuthority',
    query: `# Trusts an authority no more: its certificates give no token from now on.
mutation deleteCertificateAuthority($fingerprint: String!) {
  deleteCertificateAuthority(fingerprint: $fingerprint) {
    fingerprint
  }
}`,
    variables: { fingerprint: '00:11:22' },
  },
];

/** The ways in which an application may prove who it is, as people call them, by their names in the API. */
export const WAYS = {
  SECRET: 'Secret key',
  FEDERATED_JWT: 'Platform identity',
  PRIVATE_KEY_JWT: 'Private key',
  CLIENT_SECRET_JWT: 'Signed with the secret',
  TLS_CLIENT_AUTH: 'Certificate of an authority',
  SELF_SIGNED_TLS_CLIENT_AUTH: 'Certificate of its own',
} as const;

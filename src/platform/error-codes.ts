/**
 * Every code that a caller may branch on, with the statuses that its answers have: the GraphQL API sends it as `extensions.code`.
 * 200 is that of an error at a field. `docs/errors.md` says the same in words.
 */
export const ERROR_CODES = {
  BAD_REQUEST: [400, 405, 406, 413, 415, 431, 501],
  BAD_USER_INPUT: [200, 400],
  CLIENT_ID_TAKEN: [200],
  CLIENT_NOT_FOUND: [200],
  CONFLICT: [200],
  DATABASE_UNAVAILABLE: [200, 503],
  FORBIDDEN: [200, 403],
  GRAPHQL_PARSE_FAILED: [400],
  GRAPHQL_VALIDATION_FAILED: [400],
  HOME_TENANT: [200],
  HOST_NOT_SERVED: [421],
  HOST_TAKEN: [200],
  INTERNAL_SERVER_ERROR: [200, 500],
  ISSUER_TAKEN: [200],
  KEYS_UNAVAILABLE: [503],
  LAST_ADMINISTRATOR: [200],
  LAST_SECRET: [200],
  NO_PREVIOUS_METHOD: [200],
  OPERATION_RESOLUTION_FAILURE: [400],
  OPERATION_TOO_LARGE: [400],
  PERSISTED_QUERY_NOT_SUPPORTED: [200, 400],
  SECRET_LIMIT: [200],
  SECRET_NOT_FOUND: [200],
  SERVER_STARTING: [503],
  SIGNING_KEY_NOT_FOUND: [200],
  SIGN_IN_FAILED: [400, 403, 404, 502],
  TENANT_DISABLED: [200],
  TENANT_ENABLED: [200],
  TENANT_LIMIT: [200, 429],
  TENANT_NOT_FOUND: [200],
  TOO_MANY_REQUESTS: [429],
  TRUSTED_ISSUER_LIMIT: [200],
  TRUSTED_ISSUER_NOT_FOUND: [200],
  UNAUTHENTICATED: [200, 400, 401],
} as const satisfies Record<string, readonly number[]>;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

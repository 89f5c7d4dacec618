/** Path of the token endpoint, the same on every tenant's host. */
export const TOKEN_PATH = '/connect/token';
/** Path of the revocation endpoint. */
export const REVOCATION_PATH = '/connect/revocation';
/** Path at which leaked secrets are reported. */
export const LEAK_PATH = '/connect/leaked';
/** Path of the verification endpoint. */
export const VERIFICATION_PATH = '/connect/verify';
/** Path of the public keys. */
export const JWKS_PATH = '/.well-known/jwks.json';
/** Path of the same keys for what takes no JWKS. */
export const PEM_PATH = '/.well-known/jwks.pem';
/** Paths of the metadata, by OAuth's name and by OpenID's. */
export const METADATA_PATHS = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

import type { Room } from '../platform/room.js';
import { INTROSPECTION_PATH } from '../tenants/scopes.js';
import { TOKENS_ISSUED, TOKENS_REFUSED } from './counters.js';
import { JWKS_PATH, METADATA_PATHS, PEM_PATH, REVOCATION_PATH, TOKEN_PATH, VERIFICATION_PATH } from './paths.js';
import { RevokedToken } from './revoked-token.entity.js';
import type { TokenParts } from './routes.js';

const PUBLIC = [JWKS_PATH, PEM_PATH, ...METADATA_PATHS];

export const tokensRoom: Room<TokenParts> = {
  entities: [RevokedToken],
  belongings: [{ entity: RevokedToken, mayBeMany: true }],
  sweeps: ({ status }, now) => [() => status.sweep(now)],
  counters: [TOKENS_ISSUED, TOKENS_REFUSED],
  publicPaths: PUBLIC,
  mtlsPaths: [TOKEN_PATH, INTROSPECTION_PATH, REVOCATION_PATH, VERIFICATION_PATH, ...PUBLIC],
  pathsThatAskAgain: [TOKEN_PATH, INTROSPECTION_PATH, REVOCATION_PATH],
  routes: async (parts, watchers) => (await import('./routes.js')).tokenRoutes(parts, watchers),
};

import type { Throttle } from '../authentication/throttle.js';
import type { ClientSecretService } from '../clients/client-secret.service.js';
import type { ClientUseService } from '../clients/use/client-use.service.js';
import { keepPagesOut } from '../people/cookies.js';
import type { Config } from '../platform/config.js';
import type { Route, Watchers } from '../platform/room.js';
import type { ReachedTenant, TenantContext } from '../tenants/caller.js';
import { INTROSPECTION_PATH } from '../tenants/scopes.js';
import type { TenantDirectory } from '../tenants/tenant-directory.service.js';
import { Authenticator, type AuthenticatorParts } from './bearer.js';
import { introspectionEndpoint, revocationEndpoint } from './introspection.js';
import { introspectionByToken } from './introspection-by-token.js';
import { leakEndpoint } from './leak-report.js';
import { jwks, metadata, pem } from './metadata.js';
import type { OAuthParts } from './oauth-endpoint.js';
import { JWKS_PATH, LEAK_PATH, METADATA_PATHS, PEM_PATH, REVOCATION_PATH, TOKEN_PATH, VERIFICATION_PATH } from './paths.js';
import { tokenEndpoint } from './token-endpoint.js';
import { verification } from './verification.js';

/** What the endpoints of tokens work with. */
export interface TokenParts extends Omit<AuthenticatorParts, 'verify'>, Omit<OAuthParts, 'log'> {
  secrets: ClientSecretService;
  throttle: Throttle;
  use: ClientUseService;
  /** Whether connections tell of certificates. */
  takesCertificates: boolean;
  config: Pick<Config, 'clientCertHeader'>;
  directory: Pick<TenantDirectory, 'mtlsHosts'>;
}

/** The endpoints of OAuth and what belongs to them. */
export function tokenRoutes(parts: TokenParts, { log, metrics }: Watchers): Route[] {
  const { issuers, status, secrets, throttle } = parts;
  const verify = async (tenant: TenantContext, token: string) => (await issuers.of(tenant)).verifyForIntrospection(token);
  const authenticator = new Authenticator({ ...parts, verify });
  const introspection = introspectionByToken({ authenticator, issuers, status, metrics }, introspectionEndpoint({ ...parts, log }));
  return [
    { path: TOKEN_PATH, on: { post: keepPagesOut(tokenEndpoint({ ...parts, log, metrics }), { takesCredentials: true }) } },
    { path: INTROSPECTION_PATH, on: { post: keepPagesOut(introspection, { takesCredentials: true }) } },
    { path: REVOCATION_PATH, on: { post: keepPagesOut(revocationEndpoint({ ...parts, log }), { takesCredentials: true }) } },
    { path: LEAK_PATH, on: { post: keepPagesOut(leakEndpoint({ secrets, throttle, log }), { takesCredentials: false }) } },
    { path: VERIFICATION_PATH, on: { all: verification(parts) } },
    { path: JWKS_PATH, on: { get: jwks(issuers) } },
    { path: PEM_PATH, on: { get: pem(issuers) } },
    ...METADATA_PATHS.map((path) => ({ path, on: { get: metadata(issuers, takesCertificatesOf(parts)) } })),
  ];
}

/** Which connections are asked for a certificate is up to proxies where there are some; the server itself goes by the host, if only some are. */
function takesCertificatesOf({ takesCertificates, config, directory }: TokenParts): (tenant: ReachedTenant) => boolean {
  const { mtlsHosts } = directory;
  if (!takesCertificates || config.clientCertHeader || mtlsHosts.prefix === undefined) return () => takesCertificates;
  return ({ issuer, mtlsOrigin }) => mtlsOrigin !== undefined || mtlsHosts.hasPrefix(new URL(issuer).host);
}

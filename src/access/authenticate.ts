import type { ClientLookupService } from '../clients/client-lookup.service.js';
import { AppError } from '../platform/errors.js';
import type { Principal, TenantContext } from './principal.js';

/** Checks an access token; `tokens` does, and `app` brings the two together. */
export type VerifyToken = (token: string) => Promise<{ clientId: string; scopes: string[]; issuedAt: number }>;

/** A refusal of the credentials that a request carries. @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
export class BearerError extends AppError {
  constructor(
    readonly status: 400 | 401,
    readonly error: 'invalid_request' | 'invalid_token' | undefined,
    message: string,
    options?: ErrorOptions,
  ) {
    super('UNAUTHENTICATED', message, options);
  }

  /** The value of `WWW-Authenticate`. */
  get challenge(): string {
    return this.error ? `Bearer error="${this.error}", error_description="${this.message}"` : 'Bearer';
  }
}

/** Finds out who sent a request to a protected API. */
export class Authenticator {
  constructor(
    private readonly verify: VerifyToken,
    private readonly clients: ClientLookupService,
  ) {}

  /**
   * The caller of a request; undefined when it carries no token. The client is read each time, so
   * that a token of one that was deleted or disabled is worth nothing at once.
   * @throws {BearerError}
   */
  async authenticate(
    tenant: TenantContext,
    request: { authorization: string | undefined; query: URLSearchParams },
  ): Promise<Principal | undefined> {
    if (request.query.has('access_token')) {
      throw new BearerError(400, 'invalid_request', 'Send the access token in the Authorization header, never in the URL.');
    }
    const [scheme, token] = request.authorization?.split(' ') ?? [];
    if (scheme?.toLowerCase() !== 'bearer') return undefined;
    const claims = await this.verify(token ?? '').catch((cause) => {
      throw invalidToken(cause);
    });
    const client = await this.clients.find(tenant, claims.clientId);
    if (!client || claims.issuedAt < Math.floor(client.createdAt.getTime() / 1000)) throw invalidToken();
    return { ...tenant, clientId: client.clientId, scopes: claims.scopes.filter((scope) => client.scopes.includes(scope)) };
  }
}

function invalidToken(cause?: unknown): BearerError {
  return new BearerError(401, 'invalid_token', 'The access token is expired, damaged, revoked or not for this API.', { cause });
}

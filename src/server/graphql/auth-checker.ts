import type { AuthCheckerFn } from 'type-graphql';
import { AppError } from '../../platform/errors.js';
import type { GraphQLContext } from '../../tenants/caller.js';
import { Forbidden } from '../../tenants/errors.js';

/**
 * Lets a field be read by callers whose token carries its scope; a field without one by any caller with a token.
 * @throws {AppError} `UNAUTHENTICATED` without a token, `FORBIDDEN` naming the scope
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export const authChecker: AuthCheckerFn<GraphQLContext, string> = ({ context: { principal } }, scopes) => {
  if (!principal)
    throw new AppError(
      'UNAUTHENTICATED',
      'This needs an access token or a session: send "Authorization: Bearer <token>" with a token for this API, or sign in.',
      { status: 401, oauthError: 'invalid_token', challenge: 'Bearer' },
    );
  const missing = scopes.find((scope) => !principal.scopes.includes(scope));
  if (missing) throw new Forbidden(`This needs the scope ${missing}.`, missing);
  return true;
};

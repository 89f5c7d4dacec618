import type { Context, Middleware } from 'koa';
import type { Metrics } from '../platform/metrics.js';
import { TOKENS_ISSUED, TOKENS_REFUSED } from './counters.js';
import type { OAuthEndpoints, OAuthParts, Outcome } from './oauth-endpoint.js';

/** The token endpoint: counts what it issued and what it refused. @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2 */
export function tokenEndpoint(endpoints: OAuthEndpoints, { use, metrics }: Pick<OAuthParts, 'use'> & { metrics: Metrics }): Middleware {
  return endpoints.endpoint((ctx: Context, { named }: Outcome) => {
    const isIssued = ctx.status === 200;
    if (isIssued) metrics.count(TOKENS_ISSUED);
    else metrics.count(TOKENS_REFUSED, { reason: (ctx.body as { error: string }).error });
    // Nobody is counted like anybody, for the work's sake; what is written down knows only clients.
    if (named && ctx.status < 500) use.count(named.registration.rowId, isIssued ? 'issued' : 'refused');
  });
}

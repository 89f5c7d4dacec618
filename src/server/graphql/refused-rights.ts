import type { ApolloServerPlugin } from '@apollo/server';
import { causesOf } from '../../platform/errors.js';
import type { Log } from '../../platform/log.js';
import type { Metrics } from '../../platform/metrics.js';
import type { GraphQLContext } from '../../tenants/caller.js';
import { RIGHTS_REFUSED } from '../../tenants/counters.js';
import { Forbidden, RightsEnded, TenantLimit } from '../../tenants/errors.js';

/** What a caller was refused: who looks for somebody who tries what they may not finds it in the log, and an alarm in the metrics. */
export function tellRefusals(log: Log, metrics: Metrics): ApolloServerPlugin<GraphQLContext> {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, contextValue: { principal, requestId } }) => {
        if (!principal) return;
        const { tenant, actor } = principal;
        const who = { requestId, tenant: tenant.host, actorType: actor.type, actorId: actor.id };
        const refusals = errors.flatMap((error) =>
          causesOf(error.originalError)
            .slice(0, 1)
            .map((cause) => ({ cause, field: error.path?.join('.') })),
        );
        for (const { cause, field } of refusals) {
          if (cause instanceof Forbidden || cause instanceof RightsEnded) {
            const rights = cause instanceof Forbidden ? [cause.right ?? 'none'].flat() : ['ended'];
            for (const right of rights) metrics.count(RIGHTS_REFUSED, { right });
            log.warn({ ...who, field, rights }, 'somebody was refused for want of a right');
          } else if (cause instanceof TenantLimit) {
            metrics.tenantLimits.inc({ limit: cause.kind });
            log.warn({ ...who, field, limit: cause.kind }, 'a tenant has used up a limit');
          }
        }
      },
    }),
  };
}

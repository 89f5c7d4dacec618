import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';
import { readCookie } from '../../people/cookies.js';
import { addressOf } from '../../platform/http/ip.js';
import { hashOf } from '../../platform/keyed-hash.js';
import type { Comer } from '../../platform/queues/turns.js';
import { actorKey, type Principal, tenantOf } from '../../tenants/caller.js';

const MOST_TENANTS = 1_000;
/** One tenant's crowd pushes out its own alone. */
const MOST_OF_A_TENANT = 100;

/** A cache that knows by their credentials who was found lately: they wait among those of their tenant before they are looked for again. */
export class KnownCallers {
  readonly #known = new LRUCache<string, LRUCache<number, Comer>>({ max: MOST_TENANTS });

  /** As one of whom a request waits before its sender is looked for. */
  memberOf(ctx: Context): Comer {
    const shown = shownBy(ctx);
    if (shown === undefined) return fromElsewhere(ctx, 'stranger');
    return this.#known.get(tenantOf(ctx).tenant.id)?.get(shown) ?? fromElsewhere(ctx, 'newcomer');
  }

  /** Notes who was found; whoever was not is known no more. */
  note(ctx: Context, principal: Principal | undefined): void {
    const shown = shownBy(ctx);
    if (shown === undefined) return;
    const { id } = tenantOf(ctx).tenant;
    const known = this.#known.get(id) ?? new LRUCache<number, Comer>({ max: MOST_OF_A_TENANT });
    if (principal) this.#known.set(id, known.set(shown, { ...memberFound(ctx, principal), crowd: `known ${id}` }));
    else known.delete(shown);
  }
}

/** As one of whom somebody who was found waits, and whoever shows nothing. */
export function memberFound(ctx: Context, principal: Principal | undefined): Comer {
  if (!principal) return fromElsewhere(ctx, 'stranger');
  return { rank: 'known', crowd: `found ${principal.tenant.id}`, name: actorKey(principal.actor) };
}

function fromElsewhere(ctx: Context, rank: Comer['rank']): Comer {
  const { network, source } = addressOf(ctx.ip);
  return { rank, crowd: network, name: source };
}

/** A mark of the credentials that a request goes by. It tells nothing of them. */
function shownBy(ctx: Context): number | undefined {
  const shown = ctx.req.headers.authorization || readCookie(ctx, 'session');
  return shown === undefined ? undefined : hashOf(shown);
}

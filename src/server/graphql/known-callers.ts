import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';
import { readCookie } from '../../people/cookies.js';
import { addressOf } from '../../platform/http/ip.js';
import { hashOf } from '../../platform/keyed-hash.js';
import type { Member } from '../../platform/queues/crowd-lines.js';
import { NEWCOMERS, STRANGERS } from '../../platform/queues/turns.js';
import { actorKey, type Principal, tenantOf } from '../../tenants/caller.js';

const MOST_KNOWN = 10_000;

/**
 * A cache that knows by their credentials who was found lately: they wait among those of their tenant before they are looked for again. Whoever shows what
 * was never seen waits by turns of addresses, and who shows nothing behind all others.
 */
export class KnownCallers {
  readonly #known = new LRUCache<number, Member>({ max: MOST_KNOWN });

  /** As one of whom a request waits before its sender is looked for. */
  memberOf(ctx: Context): Member {
    const name = addressOf(ctx.ip).source;
    const shown = shownBy(ctx);
    if (shown === undefined) return { crowd: STRANGERS, name };
    return this.#known.get(shown) ?? { crowd: NEWCOMERS, name };
  }

  /** Notes who was found; whoever was not is known no more. */
  note(ctx: Context, principal: Principal | undefined): void {
    const shown = shownBy(ctx);
    if (shown === undefined) return;
    if (principal) this.#known.set(shown, { crowd: `known ${principal.tenant.id}`, name: actorKey(principal.actor) });
    else this.#known.delete(shown);
  }
}

/** As one of whom somebody who was found waits; strangers by their address. */
export function memberFound(ctx: Context, principal: Principal | undefined): Member {
  if (!principal) return { crowd: STRANGERS, name: addressOf(ctx.ip).source };
  return { crowd: `found ${principal.tenant.id}`, name: actorKey(principal.actor) };
}

/** A mark of the credentials that a request shows at a tenant. It tells nothing of them. */
function shownBy(ctx: Context): number | undefined {
  const { authorization } = ctx.req.headers;
  const session = readCookie(ctx, 'session');
  if (authorization === undefined && session === undefined) return undefined;
  return hashOf(JSON.stringify([tenantOf(ctx).tenant.id, authorization, session]));
}

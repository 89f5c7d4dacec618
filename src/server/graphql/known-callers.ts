import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';
import { readCookie } from '../../people/cookies.js';
import { waitedInVain } from '../../platform/database/faults.js';
import { requestDeadline } from '../../platform/deadline.js';
import { addressOf } from '../../platform/http/ip.js';
import { hashOf } from '../../platform/keyed-hash.js';
import { Places } from '../../platform/queues/places.js';
import type { Comer } from '../../platform/queues/turns.js';
import { actorKey, type Principal, tenantOf } from '../../tenants/caller.js';
import { readAuthorization } from '../../tokens/bearer.js';

const MOST_TENANTS = 1_000;
/** One tenant's crowd pushes out its own alone. */
const MOST_OF_A_TENANT = 100;

/** A signature is checked in some 0.1 ms, beside the event loop: the crowd of others that wait for that is short. */
const MOST_CHECKED = 4;

/** Says whose credentials are that were made here; undefined for what anybody may have made up. */
export type Vouch = (ctx: Context) => Promise<string | undefined>;

/**
 * Knows as one of whom a request waits before its sender is looked for: among those of their tenant whoever shows what was made here, by the
 * network that they come from all others. A cache knows by their credentials who was found lately; of what it has not seen the signature is
 * checked first, for all that is made up has no other turn than that of strangers.
 */
export class KnownCallers {
  readonly #known = new LRUCache<string, LRUCache<number, Comer>>({ max: MOST_TENANTS });
  readonly #checking = new Places(MOST_CHECKED);

  constructor(private readonly vouch: Vouch) {}

  /** As one of whom a request waits. @throws {DatabaseUnavailable} */
  async memberOf(ctx: Context): Promise<Comer> {
    const shown = shownBy(ctx);
    if (shown === undefined) return fromElsewhere(ctx);
    const { id } = tenantOf(ctx).tenant;
    const known = this.#known.get(id)?.get(shown);
    if (known) return known;
    const name = await this.#check(ctx);
    return name === undefined ? fromElsewhere(ctx) : { rank: 'known', crowd: `known ${id}`, name };
  }

  async #check(ctx: Context): Promise<string | undefined> {
    const wait = { member: fromElsewhere(ctx), deadline: requestDeadline(), tooLate: waitedInVain, connection: ctx.req.socket };
    const giveBack = await this.#checking.take(wait);
    return this.vouch(ctx).finally(giveBack);
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
  if (!principal) return fromElsewhere(ctx);
  return { rank: 'known', crowd: `found ${principal.tenant.id}`, name: actorKey(principal.actor) };
}

function fromElsewhere(ctx: Context): Comer {
  const { network, source } = addressOf(ctx.ip);
  return { rank: 'stranger', crowd: network, name: source };
}

/** A mark of the credentials that a request goes by. It tells nothing of them. */
function shownBy(ctx: Context): number | undefined {
  const { authorization } = ctx.req.headers;
  const shown = readAuthorization(authorization) ? authorization : readCookie(ctx, 'session');
  return shown === undefined ? undefined : hashOf(shown);
}

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Context } from 'koa';
import { actorKey } from '../../tenants/caller.js';
import { TenantLimit } from '../../tenants/errors.js';
import { answering } from './answering.js';
import { OperationTooLarge } from './errors.js';

/** What is asked for in few words is answered, whatever others of the tenant leave lying. */
const SMALL_CHARACTERS = 20_000;
/** Of answers that are being made or were not taken yet, to all of a tenant, and to one of them. */
const MOST_UNREAD = 32_000_000;
const MOST_UNREAD_OF_ONE = 16_000_000;
/** Every field of what one change answers with, the longest there is, has room several times. */
const MOST_OF_A_MUTATION = 2_000_000;
const RETRY_AFTER_SECONDS = 1;

/** Somebody, or all of a tenant, and how many characters may lie about for them. */
interface Party {
  key: string;
  most: number;
}

/** Answers that were made and not taken yet, or are being made, by whom they are for: they stay in memory for as long as somebody reads slowly, or not at all. */
export class UnreadAnswers {
  readonly #characters = new Map<string, number>();
  /** What is to be done when a connection is closed: answers that stand behind another hear nothing of that. */
  readonly #ends = new WeakMap<Socket, Set<() => void>>();

  /** @throws {TenantLimit} when there are too many for one of these */
  requireRoom(parties: readonly Party[], length: number): void {
    for (const { key, most } of parties) {
      if ((this.#characters.get(key) ?? 0) + length > most)
        throw new TenantLimit('ANSWERS', { limit: most, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
  }

  /** Counts an answer until its connection has it, or is closed. @returns what says its length anew */
  add(
    parties: readonly Party[],
    length: number,
    { socket, response }: { socket: Socket; response: ServerResponse },
  ): (length: number) => void {
    let counted = 0;
    const count = (now: number) => {
      for (const { key } of parties) this.#change(key, now - counted);
      counted = now;
    };
    if (socket.destroyed) return () => undefined;
    const ends = this.#endsOf(socket);
    const end = () => {
      if (ends.delete(end)) count(0);
    };
    ends.add(end);
    response.once('close', end);
    count(length);
    return (now) => ends.has(end) && count(now);
  }

  #change(party: string, by: number): void {
    const characters = (this.#characters.get(party) ?? 0) + by;
    if (characters > 0) this.#characters.set(party, characters);
    else this.#characters.delete(party);
  }

  #endsOf(socket: Socket): Set<() => void> {
    const known = this.#ends.get(socket);
    if (known) return known;
    const ends = new Set<() => void>();
    this.#ends.set(socket, ends);
    socket.once('close', () => {
      for (const end of ends) end();
    });
    return ends;
  }
}

/** Finds room for the answer to a mutation before that is done: what it has done its caller is told, whatever that takes. */
export function reserve(unread: UnreadAnswers, ctx: Context, longest: number): (length: number) => void {
  if (longest > MOST_OF_A_MUTATION)
    throw new OperationTooLarge('The answer that you ask for may be too large: ask for fewer fields of it. Nothing was done.');
  const parties = partiesOf(ctx, 'changes');
  if (longest > SMALL_CHARACTERS) unread.requireRoom(parties, longest);
  return unread.add(parties, longest, { socket: ctx.req.socket, response: ctx.res });
}

/** Counts an answer that may not be taken at once. */
export function keepUnread(unread: UnreadAnswers, ctx: Context): void {
  const { length } = ctx.body as string;
  const { recount } = answering.of(ctx);
  if (recount) {
    recount(length);
  } else {
    const parties = partiesOf(ctx, 'questions');
    if (length > SMALL_CHARACTERS) unread.requireRoom(parties, length);
    unread.add(parties, length, { socket: ctx.req.socket, response: ctx.res });
  }
}

/** Strangers use up no room of the tenant whose host they ask at, one caller not all of it, and questions none of that of changes. */
function partiesOf(ctx: Context, kind: 'changes' | 'questions'): Party[] {
  const { principal } = answering.of(ctx);
  if (!principal) return [{ key: '', most: MOST_UNREAD }];
  const { tenant, actor } = principal;
  return [
    { key: `${kind} ${tenant.id}`, most: MOST_UNREAD },
    { key: `${kind} ${tenant.id} ${actorKey(actor)}`, most: MOST_UNREAD_OF_ONE },
  ];
}

import type { IncomingMessage } from 'node:http';

/** Whatever stands for a request, whoever made it. */
interface OfRequest {
  req: IncomingMessage;
}

/** What is noted of requests while they are answered, for those alone who are given this: Koa's `state` is everybody's, and has no types. */
export class RequestNotes<T extends object> {
  readonly #notes = new WeakMap<IncomingMessage, Partial<T>>();

  /** What was noted of a request so far. */
  of({ req }: OfRequest): Partial<T> {
    return this.#notes.get(req) ?? {};
  }

  /** Notes more of a request. */
  add({ req }: OfRequest, more: Partial<T>): void {
    const noted = this.#notes.get(req);
    if (noted) Object.assign(noted, more);
    else this.#notes.set(req, { ...more });
  }
}

const ids = new RequestNotes<{ id: string }>();

/** What the line of a request says in the log, beside what all say. */
export const logged = new RequestNotes<Record<string, unknown>>();

/** Gives a request the id by which the log, the answer and the record name it. */
export function nameRequest(ctx: OfRequest, id: string): void {
  ids.add(ctx, { id });
}

/** The id of a request. */
export function requestIdOf(ctx: OfRequest): string {
  return ids.of(ctx).id as string;
}

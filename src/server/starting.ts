import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A start on a database that is there has ended by then, as a rule; whoever asks gives up later. */
const START_WAIT_MS = 8_000;

/** As a path, and as a proxy is asked. */
const HEALTH = /^(?:https?:\/\/[^/?#]*)?\/health\//i;

/** What answers while a server starts. */
export interface Starting {
  handler: RequestListener;
  /** Hands what waits to this one. @param handler undefined when the server does not start */
  end(handler?: RequestListener): void;
}

/**
 * Keeps requests that come during a start for its first seconds, so that a restart refuses nobody whom it need not; after that they are
 * refused at once. Whoever asks how the process is hears so at once.
 */
export function holdWhileStarting(refuse: RequestListener): Starting {
  const { promise, resolve } = Promise.withResolvers<RequestListener>();
  void sleep(START_WAIT_MS, undefined, { ref: false }).then(() => resolve(refuse));
  const handler: RequestListener = (request, response) => {
    if (HEALTH.test(request.url ?? '')) refuse(request, response);
    else void promise.then((next) => next(request, response));
  };
  return { handler, end: (next = refuse) => resolve(next) };
}

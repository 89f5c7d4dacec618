import { inWords } from '../words/duration';

/** What the server says when it refuses. */
export interface RefusalBody {
  error?: string;
  error_description?: string;
}

/** A session was not told of, begun or ended: why, in a sentence for the person who wanted it. */
export class SessionRefused extends Error {
  /** Whether another client id or secret is what it takes. */
  readonly needsOtherPair: boolean;

  constructor(message: string, { needsOtherPair = false, ...options }: ErrorOptions & { needsOtherPair?: boolean } = {}) {
    super(message, options);
    this.needsOtherPair = needsOtherPair;
  }
}

/** There was no answer. @param next how things stand, and what to do */
export function unreachable(next: string, cause: unknown): SessionRefused {
  return new SessionRefused(`The server cannot be reached. ${next} when it is back.`, { cause });
}

/** The answer was no, or none that can be read. @param next how things stand, and what to do */
export function refusal(response: Response, { error, error_description }: RefusalBody, next: string): SessionRefused {
  const { status } = response;
  if (error === 'invalid_client') return new SessionRefused('The client id or the secret key is wrong.', { needsOtherPair: true });
  if (error === 'unauthorized_client') return new SessionRefused(POWERLESS, { needsOtherPair: true });
  if (status === 429) return new SessionRefused(`There were too many attempts. ${next} ${inAWhile(response)}.`);
  if (status === 503) return new SessionRefused(`The server is busy. ${next} ${inAWhile(response)}.`);
  if (error && status < 500) return new SessionRefused(`The server refused: ${error_description ?? error}`);
  return new SessionRefused(`The server failed (status ${status}). ${next}, or look into its log.`);
}

/** What to say about a failure, whatever it is. */
export function sentenceFor(error: unknown): string {
  return error instanceof SessionRefused ? error.message : 'This page failed. Reload it and try again.';
}

const POWERLESS = 'This client has no right to manage Latchkey. Sign in with an administrator’s client id.';

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function inAWhile(response: Response): string {
  const seconds = Number(response.headers.get('retry-after'));
  return seconds > 0 ? `in ${inWords(seconds)}` : 'in a moment';
}

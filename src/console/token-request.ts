import type { Session } from './session';

/** What somebody signs in with. */
export interface Credentials {
  clientId: string;
  secret: string;
}

interface TokenAnswer {
  access_token?: string;
  expires_in?: number;
  error?: string;
  error_description?: string;
}

/** Why there is no token, in a sentence for the person who asked. */
export class TokenRefused extends Error {
  constructor(
    message: string,
    /** Whether another client id or secret is what it takes. */
    readonly needsOtherPair = false,
  ) {
    super(message);
  }
}

/**
 * Gets a token for the GraphQL API. The secret goes into the body of one request and is not kept.
 * @throws {TokenRefused}
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 */
export async function requestToken({ clientId, secret }: Credentials): Promise<Session> {
  const resource = await findResource();
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret, resource };
  const response = await ask('/connect/token', { method: 'POST', body: new URLSearchParams(form) });
  const answer: TokenAnswer = await readJson(response);
  if (!response.ok || !answer.access_token || !answer.expires_in) throw refusal(response, answer, resource);
  return { clientId, token: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1000 };
}

/** The API's name for itself: it goes by the issuer, which on a loopback host may differ from this page's origin. */
async function findResource(): Promise<string> {
  const response = await ask('/.well-known/oauth-authorization-server');
  const { issuer }: { issuer?: string } = await readJson(response);
  if (!response.ok || !issuer) throw refusal(response, {}, '');
  return `${issuer}/graphql`;
}

/** Without credentials of the browser's own, so that a refusal never opens its password dialog. */
async function ask(path: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: 'omit' });
  } catch {
    throw new TokenRefused('The server cannot be reached. You are not signed in; try again when it is back.');
  }
}

async function readJson(response: Response): Promise<object> {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

function refusal(response: Response, { error, error_description }: TokenAnswer, resource: string): TokenRefused {
  const { status } = response;
  if (status === 401) return new TokenRefused('The client id or the secret key is wrong.', true);
  if (status === 429 || status === 503) {
    return new TokenRefused(`The server is busy. You are not signed in; try again ${inAWhile(response)}.`);
  }
  if (error === 'invalid_target') return new TokenRefused(`This client may not use this API: its audiences lack ${resource}.`, true);
  if (error) return new TokenRefused(`The server refused: ${error_description ?? error}`);
  return new TokenRefused(`The server failed (status ${status}). You are not signed in; try again, or look into its log.`);
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function inAWhile(response: Response): string {
  const seconds = Number(response.headers.get('retry-after'));
  return seconds > 0 ? `in ${seconds} seconds` : 'in a moment';
}

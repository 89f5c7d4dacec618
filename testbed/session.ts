import { type Answer, readAnswer } from './answer.js';
import type { Credentials } from './app.js';

type Extra = Record<string, string>;

/** What a cookie of a server without TLS is called. */
export function cookieName({ url }: { url: string }, name: 'session' | 'sign-in'): string {
  return `latchkey-${name}-${new URL(url).port}`;
}

/** Signs in to the console. @returns the answer, and the cookie as a browser would send it; empty when none was set */
export async function postSession(
  { url }: { url: string },
  { clientId, secret }: Credentials,
  headers: Extra = {},
): Promise<Answer & { cookie: string; setCookie: string }> {
  const answer = await readAnswer(
    fetch(`${url}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ clientId, clientSecret: secret }),
    }),
  );
  const setCookie = answer.headers.get('set-cookie') ?? '';
  return { ...answer, setCookie, cookie: setCookie.split(';')[0] ?? '' };
}

/** Signs out. */
export function deleteSession({ url }: { url: string }, cookie: string, headers: Extra = {}): Promise<Answer> {
  return readAnswer(fetch(`${url}/session`, { method: 'DELETE', headers: { cookie, ...headers } }));
}

/** Who is signed in. */
export function getSession({ url }: { url: string }, cookie = '', headers: Extra = {}): Promise<Answer> {
  return readAnswer(fetch(`${url}/session`, { headers: { cookie, ...headers } }));
}

/** Sends a GraphQL operation with a session. */
export function graphqlBySession(
  { url }: { url: string },
  cookie: string,
  operation: string | { query: string; variables?: object | undefined },
  headers: Extra = {},
): Promise<Answer> {
  return readAnswer(
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, ...headers },
      body: JSON.stringify(typeof operation === 'string' ? { query: operation } : operation),
    }),
  );
}

import { learnServerTime } from '../ui/clock';
import { type RefusalBody, refusal, unreachable } from './session-refused';

/** Who is signed in. What proves it is in a cookie that no script can read. */
export interface Session {
  /** The same for everything that one client or one person begins. */
  holder: string;
  /** Absent when a person signed in through the identity provider. */
  clientId?: string | undefined;
  /** What to call whoever is signed in. */
  name: string;
  /** Milliseconds since 1970, by the server's clock. */
  expiresAt: number;
}

/** What somebody signs in with. */
export interface Credentials {
  clientId: string;
  secret: string;
}

/** What the server says about being signed in. */
export interface SessionReport {
  session: Session | undefined;
  /** What people call the identity provider, when they can sign in through one. */
  providerName: string | undefined;
  /** Whether GraphiQL is offered here. */
  hasExplorer: boolean;
}

type SessionAnswer = { expiresAt: string } & (
  | { clientId: string; person: null }
  | { clientId: null; person: { subject: string; name: string | null } }
);

interface ReportAnswer {
  session: SessionAnswer | null;
  identityProvider: { name: string } | null;
  graphiql: boolean;
}

/** Where the browser goes to sign in at the identity provider. */
export const PROVIDER_SIGN_IN = '/session/start';

/** Asks who is signed in. @throws {SessionRefused} */
export async function askSession(): Promise<SessionReport> {
  const next = 'Whether you are signed in is not known; reload this page';
  const { session, identityProvider, graphiql } = await send<ReportAnswer>('GET', next);
  return { session: session ? toSession(session) : undefined, providerName: identityProvider?.name, hasExplorer: graphiql };
}

/** Signs in. The secret goes into the body of one request and is not kept. @throws {SessionRefused} */
export async function beginSession({ clientId, secret }: Credentials): Promise<Session> {
  const credentials = { clientId, clientSecret: secret };
  const { session } = await send<{ session: SessionAnswer }>('POST', 'You are not signed in; try again', credentials);
  return toSession(session);
}

/** Signs out: the server ends the session. @throws {SessionRefused} */
export async function endSession(): Promise<void> {
  await send('DELETE', 'You may still be signed in; try again');
}

/** @param next what is to be said when it fails: how things stand, and what to do */
async function send<Body>(method: string, next: string, content?: object): Promise<Body> {
  const sent = content && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) };
  const response = await fetch('/session', { method, ...sent, credentials: 'same-origin' }).catch((cause) => {
    throw unreachable(next, cause);
  });
  const body = response.status === 204 ? {} : await readJson(response);
  if (!response.ok || !body) throw refusal(response, body ?? {}, next);
  learnServerTime(dateOf(response));
  return body as Body;
}

/** The header leaves out the fraction of the second: one more, so that no session seems longer than it is. */
function dateOf(response: Response): number {
  const date = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(date) ? Date.now() : date + 1_000;
}

async function readJson(response: Response): Promise<RefusalBody | undefined> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function toSession(answer: SessionAnswer): Session {
  const { clientId, person, expiresAt } = answer;
  return {
    holder: clientId === null ? `person ${person.subject}` : `client ${clientId}`,
    clientId: clientId ?? undefined,
    name: clientId ?? person?.name ?? person?.subject ?? '',
    expiresAt: Date.parse(expiresAt),
  };
}

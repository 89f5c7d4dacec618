import { useEffect, useMemo, useRef, useState } from 'react';
import { sentenceFor } from './session-refused';
import { askSession, type Session } from './session-request';

/** What there is to say about being signed in or not. */
export interface Notice {
  text: string;
  /** Whether it is read out at once, because something did not work. */
  isUrgent: boolean;
}

/** What the page knows about being signed in. */
export interface SessionState {
  /** Whether the server has been asked. Until then there may be a session or not. */
  isKnown: boolean;
  session?: Session | undefined;
  /** What people call the identity provider, when they can sign in through one. */
  providerName?: string | undefined;
  /** The client that was signed in last. */
  lastClientId?: string | undefined;
  notice?: Notice | undefined;
}

/** What can happen to the session. */
export interface SessionActions {
  start(session: Session): void;
  end(notice: Notice): void;
  /** The server did not take the session for an operation. */
  onUnauthenticated(): void;
  say(notice: Notice | undefined): void;
  /** Asks the server who is signed in: another window may have changed it. */
  ask(): Promise<void>;
}

interface Store {
  get(): SessionState;
  set(change: Partial<SessionState>): void;
}

const ENDED = urgent('The session has ended. Sign in again to go on.');
const NEEDED = urgent('This operation needs somebody who is signed in: sign in, then run it again.');

/** The session of this browser. The actions stay the same for as long as the page lives. */
export function useSession(): SessionState & { actions: SessionActions } {
  const [state, setState] = useState<SessionState>({ isKnown: false });
  const current = useRef(state);
  const actions = useMemo(() => {
    const set = (change: Partial<SessionState>) => {
      current.current = { ...current.current, ...change };
      setState(current.current);
    };
    return createActions({ get: () => current.current, set });
  }, []);
  useEffect(() => keepAsking(actions), [actions]);
  return { ...state, actions };
}

/** Something that did not work. */
export function urgent(text: string): Notice {
  return { text, isUrgent: true };
}

function createActions(store: Store): SessionActions {
  const ask = () => askAgain(store);
  const say = (notice: Notice | undefined) => store.set({ notice });
  return {
    ask,
    say,
    start: (session) => store.set({ isKnown: true, session, lastClientId: session.clientId, notice: undefined }),
    end: (notice) => store.set({ session: undefined, notice }),
    // The refused operation may be older than the session: the server knows whether that goes on.
    onUnauthenticated: () => (store.get().session ? void ask() : say(NEEDED)),
  };
}

/** What was signed in, or out, in the meantime is newer than the answer and stays. */
async function askAgain({ get, set }: Store): Promise<void> {
  const { session: before, isKnown, lastClientId } = get();
  try {
    const { session, providerName } = await askSession();
    if (get().session !== before) return;
    set({ isKnown: true, session, providerName, lastClientId: session?.clientId ?? lastClientId });
    if (Boolean(session) !== Boolean(before)) set({ notice: before && ENDED });
  } catch (error) {
    if (!isKnown) set({ isKnown: true, notice: urgent(sentenceFor(error)) });
  }
}

/** Now, and whenever somebody comes back to the page. @returns what stops it */
function keepAsking({ ask }: SessionActions): () => void {
  const askOnReturn = () => {
    if (document.visibilityState === 'visible') void ask();
  };
  void ask();
  window.addEventListener('focus', askOnReturn);
  document.addEventListener('visibilitychange', askOnReturn);
  return () => {
    window.removeEventListener('focus', askOnReturn);
    document.removeEventListener('visibilitychange', askOnReturn);
  };
}

import { createContext, useContext, useEffect, useMemo, useRef, useState } from 'react';
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
  /** Whose page waits, with all that was typed, for them to sign in again: their session ended without their doing. */
  awaited?: string | undefined;
  /** What people call the identity provider, when they can sign in through one. */
  providerName?: string | undefined;
  /** Whether GraphiQL is offered here. */
  hasExplorer: boolean;
  /** The client that was signed in last. */
  lastClientId?: string | undefined;
  notice?: Notice | undefined;
}

/** What can happen to the session. */
export interface SessionActions {
  start(session: Session): void;
  /** Its time was over. */
  expire(): void;
  /** Whoever had it signed out. */
  signedOut(): void;
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
const EXPIRED = urgent('The session has expired. Sign in again to go on.');
const SIGNED_OUT: Notice = { text: 'Signed out.', isUrgent: false };

const SessionContext = createContext<(SessionState & { actions: SessionActions }) | undefined>(undefined);

/** Gives what is below it the session of this browser. */
export const SessionProvider = SessionContext.Provider;

/** The session of this browser, and what can happen to it. */
export function useSession(): SessionState & { actions: SessionActions } {
  const session = useContext(SessionContext);
  if (!session) throw new Error('There is no session here.');
  return session;
}

/** Keeps track of the session of this browser. The actions stay the same for as long as the page lives. */
export function useSessionStore(): SessionState & { actions: SessionActions } {
  const [state, setState] = useState<SessionState>({ isKnown: false, hasExplorer: false });
  const current = useRef(state);
  const actions = useMemo(() => {
    const set = (change: Partial<SessionState>) => {
      current.current = { ...current.current, ...change };
      setState(current.current);
    };
    return createActions({ get: () => current.current, set });
  }, []);
  useEffect(() => keepAsking(actions), [actions]);
  return useMemo(() => ({ ...state, actions }), [state, actions]);
}

/** Something that did not work. */
export function urgent(text: string): Notice {
  return { text, isUrgent: true };
}

function createActions(store: Store): SessionActions {
  const ask = () => askAgain(store);
  const begin = { isKnown: true, awaited: undefined, notice: undefined };
  return {
    ask,
    say: (notice) => store.set({ notice }),
    start: (session) => store.set({ ...begin, session, lastClientId: session.clientId }),
    expire: () => end(store, EXPIRED),
    signedOut: () => store.set({ session: undefined, awaited: undefined, notice: SIGNED_OUT }),
    // The refused operation may be older than the session: the server knows whether that goes on.
    onUnauthenticated: () => void (store.get().session && ask()),
  };
}

function end({ get, set }: Store, notice: Notice): void {
  set({ session: undefined, awaited: get().session?.holder, notice });
}

/** What was signed in, or out, in the meantime is newer than the answer and stays. */
async function askAgain(store: Store): Promise<void> {
  const { session: before, isKnown, lastClientId } = store.get();
  try {
    const { session, ...known } = await askSession();
    if (store.get().session !== before) return;
    store.set({ isKnown: true, ...known, lastClientId: session?.clientId ?? lastClientId });
    if (session) store.set({ session, awaited: undefined, ...(before ? {} : { notice: undefined }) });
    else if (before) end(store, ENDED);
  } catch (error) {
    if (!isKnown) store.set({ isKnown: true, notice: urgent(sentenceFor(error)) });
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

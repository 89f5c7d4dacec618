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
const SOMEBODY_ELSE = urgent(
  'Somebody else has signed in in another window. Sign in again to go on here, or reload the page to go on as they.',
);
const SIGNED_OUT: Notice = { text: 'Signed out.', isUrgent: false };

const SIGNED_OUT_MARK = 'latchkey-signed-out';

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
  const [state, setState] = useState<SessionState>(() => ({ isKnown: false, hasExplorer: false, notice: farewell() }));
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
  return {
    ask,
    say: (notice) => store.set({ notice }),
    start: (session) => start(store, session),
    expire: () => end(store, EXPIRED),
    signedOut: () => {
      store.set({ session: undefined, awaited: undefined });
      startAfresh(SIGNED_OUT_MARK);
    },
    // The refused operation may be older than the session: the server knows whether that goes on.
    onUnauthenticated: () => void (store.get().session && ask()),
  };
}

/** The page that waited is for whom it waited; anybody else finds nothing of it. */
function start({ get, set }: Store, session: Session): void {
  const { awaited } = get();
  const isAnother = awaited !== undefined && awaited !== session.holder;
  set({ isKnown: true, awaited: undefined, notice: undefined, session: isAnother ? undefined : session, lastClientId: session.clientId });
  if (isAnother) startAfresh();
}

function end({ get, set }: Store, notice: Notice): void {
  set({ session: undefined, awaited: get().session?.holder, notice });
}

/** What was signed in, or out, in the meantime is newer than the answer and stays. */
async function askAgain(store: Store): Promise<void> {
  const { session: before, isKnown } = store.get();
  try {
    const { session, ...known } = await askSession();
    if (store.get().session !== before) return;
    store.set({ isKnown: true, ...known });
    takeUp(store, session);
  } catch (error) {
    if (!isKnown) store.set({ isKnown: true, notice: urgent(sentenceFor(error)) });
  }
}

/** Goes by what the server says of the session. What somebody has open is not taken from them because another has signed in. */
function takeUp(store: Store, session: Session | undefined): void {
  const { session: before, awaited, lastClientId, notice } = store.get();
  const mine = before?.holder ?? awaited;
  if (session && mine !== undefined && session.holder !== mine) {
    if (before) end(store, SOMEBODY_ELSE);
  } else if (session) {
    store.set({ session, awaited: undefined, notice: before ? notice : undefined, lastClientId: session.clientId ?? lastClientId });
  } else if (before) {
    end(store, ENDED);
  } else if (!awaited && notice?.isUrgent) {
    store.set({ notice: undefined });
  }
}

/** Loads the page anew, once what is unsaved is gone from it: nothing of what was read stays in its memory. @param mark tells the new page why */
function startAfresh(mark?: string): void {
  if (mark) sessionStorage.setItem(mark, '1');
  setTimeout(() => location.reload());
}

/** What the page that was before has left to say. */
function farewell(): Notice | undefined {
  const isSignedOut = sessionStorage.getItem(SIGNED_OUT_MARK) !== null;
  sessionStorage.removeItem(SIGNED_OUT_MARK);
  return isSignedOut ? SIGNED_OUT : undefined;
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

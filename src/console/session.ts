import { useMemo, useRef, useState } from 'react';

/** A token and whom it was given to. It is held in memory and goes when the page does. */
export interface Session {
  clientId: string;
  token: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** What there is to say about being signed in or not. */
export interface Notice {
  text: string;
  /** Whether it is read out at once, because something did not work. */
  isUrgent: boolean;
}

/** What can happen to the session. */
export interface SessionActions {
  /** The token to send now. */
  getToken(): string | undefined;
  start(session: Session): void;
  end(notice?: Notice): void;
  /** The server wants a token, or a better one than was sent. */
  onUnauthenticated(sentToken: string | undefined): void;
  say(notice: Notice | undefined): void;
}

interface State {
  session?: Session | undefined;
  notice?: Notice | undefined;
}

/** The one session of this page. The actions stay the same for as long as the page lives. */
export function useSession(): State & { actions: SessionActions } {
  const [state, setState] = useState<State>({});
  const current = useRef<Session>(undefined);
  const actions = useMemo(() => {
    const change = (next: State) => {
      current.current = next.session;
      setState(next);
    };
    return createActions(() => current.current, change);
  }, []);
  return { ...state, actions };
}

function createActions(getSession: () => Session | undefined, change: (next: State) => void): SessionActions {
  const actions: SessionActions = {
    getToken: () => getSession()?.token,
    start: (session) => change({ session }),
    end: (notice) => change({ notice }),
    say: (notice) => change({ session: getSession(), notice }),
    onUnauthenticated: (sentToken) => {
      if (sentToken === undefined) actions.say(urgent('This operation needs an access token: sign in, then run it again.'));
      // An answer to an older token says nothing about the one that came after it.
      else if (sentToken === actions.getToken()) {
        actions.end(urgent('The session has ended: the server no longer accepts the token. Sign in again.'));
      }
    },
  };
  return actions;
}

/** Something that did not work. */
export function urgent(text: string): Notice {
  return { text, isUrgent: true };
}

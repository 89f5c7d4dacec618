import { useEffect, useState } from 'react';
import { inWords } from './duration';
import { useFocusAtStart } from './focus';
import { type Notice, type SessionActions, urgent } from './session';
import { sentenceFor } from './session-refused';
import { endSession, type Session } from './session-request';

const TICK_MS = 1_000;
const EXPIRED = urgent('The session has expired. Sign in again to go on.');
const SIGNED_OUT: Notice = { text: 'Signed out. What was answered stays on this page until it is closed.', isUrgent: false };

/** Who is signed in, and what can become of it. */
export interface SignedInProps {
  session: Session;
  actions: Pick<SessionActions, 'end' | 'say'>;
}

/** Says who is signed in and for how long, and ends that. */
export function SignedIn({ session, actions }: SignedInProps) {
  const who = useFocusAtStart<HTMLParagraphElement>();
  return (
    <div className="signed-in">
      <p ref={who} tabIndex={-1}>
        Signed in as <strong>{session.name}</strong>
      </p>
      <SessionLife expiresAt={session.expiresAt} onExpired={() => actions.end(EXPIRED)} />
      <SignOut actions={actions} />
    </div>
  );
}

function SignOut({ actions }: Pick<SignedInProps, 'actions'>) {
  const [isBusy, setBusy] = useState(false);
  const signOut = async () => {
    setBusy(true);
    try {
      await endSession();
      actions.end(SIGNED_OUT);
    } catch (error) {
      setBusy(false);
      actions.say(urgent(sentenceFor(error)));
    }
  };
  return (
    <button type="button" className="button" disabled={isBusy} onClick={signOut}>
      Sign out
    </button>
  );
}

function SessionLife({ expiresAt, onExpired }: { expiresAt: number; onExpired(): void }) {
  const secondsLeft = useSecondsLeft(expiresAt);
  useEffect(() => {
    if (secondsLeft === 0) onExpired();
  });
  const until = new Date(expiresAt);
  return (
    <p className="session-life">
      Session ends in{' '}
      <time dateTime={until.toISOString()} title={`Until ${until.toLocaleString()}`}>
        {inWords(secondsLeft)}
      </time>
    </p>
  );
}

/** Counted from the clock at each tick: a page that slept wakes up with the right number. */
function useSecondsLeft(expiresAt: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((expiresAt - now) / TICK_MS));
}

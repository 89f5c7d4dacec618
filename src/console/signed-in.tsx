import { useEffect, useRef, useState } from 'react';
import { inWords } from './duration';
import { type Notice, type Session, urgent } from './session';

const TICK_MS = 1_000;
const SIGNED_OUT: Notice = { text: 'Signed out. What was answered stays on this page until it is closed.', isUrgent: false };

/** Says who is signed in and for how long, and ends that. */
export function SignedIn({ session, onEnd }: { session: Session; onEnd(notice: Notice): void }) {
  const who = useRef<HTMLParagraphElement>(null);
  useEffect(() => who.current?.focus(), []);
  return (
    <div className="signed-in">
      <p ref={who} tabIndex={-1}>
        Signed in as <strong>{session.clientId}</strong>
      </p>
      <TokenLife expiresAt={session.expiresAt} onExpired={() => onEnd(urgent('The token has expired. Sign in again to go on.'))} />
      <button type="button" className="button" onClick={() => onEnd(SIGNED_OUT)}>
        Sign out
      </button>
    </div>
  );
}

function TokenLife({ expiresAt, onExpired }: { expiresAt: number; onExpired(): void }) {
  const secondsLeft = useSecondsLeft(expiresAt);
  useEffect(() => {
    if (secondsLeft === 0) onExpired();
  });
  const until = new Date(expiresAt);
  return (
    <p className="token-life">
      Token expires in{' '}
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

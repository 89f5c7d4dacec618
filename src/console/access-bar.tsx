import { useState } from 'react';
import type { Notice, Session, SessionActions } from './session';
import { SignInForm } from './sign-in-form';
import { SignedIn } from './signed-in';

/** What the bar shows and what can be done in it. */
export interface AccessBarProps {
  session: Session | undefined;
  notice: Notice | undefined;
  actions: SessionActions;
}

/** The bar above the page: whose page this is, and signing in and out. */
export function AccessBar({ session, notice, actions }: AccessBarProps) {
  const [lastClientId, setLastClientId] = useState('');
  const start = (started: Session) => {
    setLastClientId(started.clientId);
    actions.start(started);
  };
  return (
    <header className="bar">
      <h1 className="bar-name">
        Latchkey <span className="bar-place">GraphQL</span>
      </h1>
      {session ? (
        <SignedIn session={session} onEnd={actions.end} />
      ) : (
        <SignInForm clientId={lastClientId} isCalledFor={!notice?.isUrgent} onSignedIn={start} onNotice={actions.say} />
      )}
      <p className="bar-alert" role="alert">
        {notice?.isUrgent && notice.text}
      </p>
      {!session && !notice?.isUrgent && <p className="bar-hint">{notice?.text ?? <FirstTimeHint />}</p>}
    </header>
  );
}

function FirstTimeHint() {
  return (
    <>
      First time here? The server printed the administrator’s client id and secret key when it first started;{' '}
      <code>npm run admin:reset</code> makes a new one.
    </>
  );
}

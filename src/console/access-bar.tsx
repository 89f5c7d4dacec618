import type { SessionActions, SessionState } from './session';
import { ProviderLink, SignInForm } from './sign-in-form';
import { SignedIn } from './signed-in';

/** What the bar shows and what can be done in it. */
export interface AccessBarProps {
  state: SessionState;
  actions: SessionActions;
}

/** The bar above the page: whose page this is, and signing in and out. */
export function AccessBar({ state, actions }: AccessBarProps) {
  const { isKnown, session, notice } = state;
  return (
    <header className="bar">
      <h1 className="bar-name">
        Latchkey <span className="bar-place">GraphQL</span>
      </h1>
      {!isKnown && <div className="bar-wait" aria-hidden="true" />}
      {session && <SignedIn session={session} actions={actions} />}
      {isKnown && !session && <WaysIn state={state} actions={actions} />}
      <p className="bar-alert" role="alert">
        {notice?.isUrgent && notice.text}
      </p>
      {isKnown && !session && !notice?.isUrgent && <p className="bar-hint">{notice?.text ?? <FirstTimeHint />}</p>}
    </header>
  );
}

function WaysIn({ state: { lastClientId, providerName }, actions }: AccessBarProps) {
  return (
    <div className="ways-in">
      <SignInForm clientId={lastClientId} onSignedIn={actions.start} onNotice={actions.say} />
      {providerName !== undefined && <ProviderLink name={providerName} />}
    </div>
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

import { type FormEvent, useState } from 'react';
import { useFocusAtStart } from './focus';
import { type Notice, urgent } from './session';
import { SessionRefused, sentenceFor } from './session-refused';
import { beginSession, PROVIDER_SIGN_IN, type Session } from './session-request';

/** How the form starts and what becomes of it. */
export interface SignInFormProps {
  /** Whom the field starts with. */
  clientId: string | undefined;
  onSignedIn(session: Session): void;
  onNotice(notice: Notice | undefined): void;
}

/** Trades a client id and a secret for a session. The secret is in the field until then, and nowhere afterwards. */
export function SignInForm({ clientId, onSignedIn, onNotice }: SignInFormProps) {
  const [isBusy, setBusy] = useState(false);
  const first = useFocusAtStart<HTMLInputElement>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    try {
      onSignedIn(await beginSession(credentialsIn(form)));
    } catch (error) {
      setBusy(false);
      onNotice(urgent(sentenceFor(error)));
      if (error instanceof SessionRefused && error.needsOtherPair) askAgain(form);
    }
  };
  return (
    <form className="sign-in" aria-label="Sign in" autoComplete="off" aria-busy={isBusy} onSubmit={submit}>
      <label className="field">
        <span>Client Id</span>
        <input ref={first} name="clientId" defaultValue={clientId} {...PLAIN_TEXT} required />
      </label>
      <label className="field">
        <span>Secret key</span>
        <input name="secret" type="password" {...PLAIN_TEXT} required />
      </label>
      <button type="submit" className="button button-main" disabled={isBusy}>
        Sign in
      </button>
    </form>
  );
}

/** Leads to the identity provider, where a person signs in, and from there back to this page. */
export function ProviderLink({ name }: { name: string }) {
  return (
    <a className="button provider" href={PROVIDER_SIGN_IN} title={`Continue with ${name}`}>
      Continue with {name}
    </a>
  );
}

const PLAIN_TEXT = { autoCapitalize: 'none', autoComplete: 'off', autoCorrect: 'off', spellCheck: false } as const;

function secretField(form: HTMLFormElement): HTMLInputElement {
  return form.elements.namedItem('secret') as HTMLInputElement;
}

function credentialsIn(form: HTMLFormElement) {
  const clientId = form.elements.namedItem('clientId') as HTMLInputElement;
  return { clientId: clientId.value.trim(), secret: secretField(form).value };
}

function askAgain(form: HTMLFormElement): void {
  const field = secretField(form);
  field.value = '';
  field.focus();
}

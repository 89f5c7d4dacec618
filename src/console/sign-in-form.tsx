import { type FormEvent, useEffect, useRef, useState } from 'react';
import { type Notice, type Session, urgent } from './session';
import { requestToken, TokenRefused } from './token-request';

/** How the form starts and what becomes of it. */
export interface SignInFormProps {
  /** Whom the field starts with. */
  clientId: string;
  /** Whether the form may take the focus: not from somebody who is typing below. */
  isCalledFor: boolean;
  onSignedIn(session: Session): void;
  onNotice(notice: Notice | undefined): void;
}

/** Trades a client id and a secret for a token. The secret is in the field until then, and nowhere afterwards. */
export function SignInForm({ clientId, isCalledFor, onSignedIn, onNotice }: SignInFormProps) {
  const [isBusy, setBusy] = useState(false);
  const first = useFocusAtStart(isCalledFor);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    try {
      onSignedIn(await requestToken(credentialsIn(form)));
    } catch (error) {
      setBusy(false);
      onNotice(urgent(sentenceFor(error)));
      if (error instanceof TokenRefused && error.needsOtherPair) askAgain(form);
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

const PLAIN_TEXT = { autoCapitalize: 'none', autoComplete: 'off', autoCorrect: 'off', spellCheck: false } as const;

function useFocusAtStart(isWanted: boolean) {
  const field = useRef<HTMLInputElement>(null);
  const wantedAtStart = useRef(isWanted);
  useEffect(() => {
    if (wantedAtStart.current) field.current?.focus();
  }, []);
  return field;
}

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

function sentenceFor(error: unknown): string {
  return error instanceof TokenRefused ? error.message : 'This page failed to sign you in. Reload it and try again.';
}

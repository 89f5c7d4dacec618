import { Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { BusyButton } from '../ui/busy-button';
import { PLAIN_TEXT } from '../words/plain-text';
import { urgent, useSession } from './session';
import { SessionRefused, sentenceFor } from './session-refused';
import { beginSession } from './session-request';

/** Trades a client id and a secret for a session. The secret is in the field until then, and nowhere afterwards. */
export function SignInForm() {
  const { lastClientId, actions } = useSession();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    try {
      actions.start(await beginSession(credentialsIn(form)));
    } catch (error) {
      setBusy(false);
      actions.say(urgent(sentenceFor(error)));
      if (error instanceof SessionRefused && error.needsOtherPair) askAgain(form);
    }
  };
  return (
    <form aria-label="Sign in" autoComplete="off" aria-busy={isBusy} onSubmit={submit}>
      <Stack gap="sm">
        <TextInput label="Client Id" name="clientId" defaultValue={lastClientId} autoFocus={!lastClientId} {...PLAIN_TEXT} required />
        <TextInput label="Secret key" name="secret" type="password" autoFocus={Boolean(lastClientId)} {...PLAIN_TEXT} required />
        <BusyButton type="submit" isBusy={isBusy} mt="xs">
          Sign in
        </BusyButton>
      </Stack>
    </form>
  );
}

function secretField(form: HTMLFormElement): HTMLInputElement {
  return form.elements.namedItem('secret') as HTMLInputElement;
}

function credentialsIn(form: HTMLFormElement) {
  const clientId = form.elements.namedItem('clientId') as HTMLInputElement;
  return { clientId: clientId.value.trim(), secret: withoutBlanks(secretField(form).value) };
}

/** A secret that was copied with what stands around it. One of somebody's own choice may have blanks at its ends. */
function withoutBlanks(secret: string): string {
  return /^\s*(lk_\w+)\s*$/.exec(secret)?.[1] ?? secret;
}

function askAgain(form: HTMLFormElement): void {
  const field = secretField(form);
  field.value = '';
  field.focus();
}

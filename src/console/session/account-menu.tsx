import { Button, Popover, Stack, Text } from '@mantine/core';
import { ChevronDownIcon, SignOutIcon } from '@primer/octicons-react';
import { useState } from 'react';
import { BusyButton } from '../ui/busy-button';
import { useNow } from '../ui/clock';
import { tellFailure } from '../ui/toast';
import { inWords } from '../words/duration';
import { exactly } from '../words/moment';
import { useSession } from './session';
import { sentenceFor } from './session-refused';
import { endSession, type Session } from './session-request';

/** Who is signed in, for how long, and the way out. */
export function AccountMenu({ session }: { session: Session }) {
  return (
    <Popover position="bottom-end" width={260} withinPortal={false} trapFocus returnFocus>
      <Popover.Target>
        <Button variant="subtle" color="gray" rightSection={<ChevronDownIcon />} aria-label={`Account: ${session.name}`}>
          <Text span truncate maw={140} size="sm" c="var(--mantine-color-text)">
            {session.name}
          </Text>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Text size="sm" component="div">
            Signed in as <strong>{session.name}</strong>
            <SessionLife expiresAt={session.expiresAt} />
          </Text>
          <SignOut />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function SignOut() {
  const { actions } = useSession();
  const [isBusy, setBusy] = useState(false);
  const signOut = async () => {
    setBusy(true);
    try {
      await endSession();
      actions.signedOut();
    } catch (error) {
      setBusy(false);
      tellFailure(sentenceFor(error));
    }
  };
  return (
    <BusyButton variant="default" leftSection={<SignOutIcon />} isBusy={isBusy} onClick={signOut}>
      Sign out
    </BusyButton>
  );
}

function SessionLife({ expiresAt }: { expiresAt: number }) {
  const secondsLeft = Math.max(0, Math.ceil((expiresAt - useNow()) / 1000));
  return (
    <Text size="xs" c="dimmed">
      Session ends in{' '}
      <time dateTime={new Date(expiresAt).toISOString()} title={`Until ${exactly(expiresAt)}`}>
        {inWords(secondsLeft)}
      </time>
    </Text>
  );
}

import { useApolloClient } from '@apollo/client/react';
import { Anchor, Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useAction } from '../../api/action';
import { TestAssertionDocument, type TestAssertionQuery } from '../../api/generated';
import { BusyButton } from '../../ui/busy-button';
import { Dialog, useHold } from '../../ui/dialog';
import { MONOSPACE } from '../../ui/monospace';
import { Trouble } from '../../ui/trouble';
import { PLAIN_TEXT } from '../../words/plain-text';
import { addressOf } from '../list/address';
import { Checks } from './checks';

type Outcome = TestAssertionQuery['testAssertion'];

interface TestDialogProps {
  /** Whose token it is meant to be, where that is known. */
  clientId?: string;
  onClose(): void;
}

/** Tells how a token of a trusted issuer would fare. It is in the field alone, and goes with it. */
export function TestDialog(props: TestDialogProps) {
  return (
    <Dialog onClose={props.onClose} title="Test an assertion" size={640}>
      <Form {...props} />
    </Dialog>
  );
}

function Form({ clientId: given = '', onClose }: TestDialogProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [clientId, setClientId] = useState(given);
  const { test, outcome } = useTest();
  useHold(test.isBusy);
  useEffect(() => {
    const { current } = field;
    return () => {
      if (current) current.value = '';
    };
  }, []);
  const fault = test.failure?.faults.find(({ path }) => path === 'assertion')?.message;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void test.run(field.current?.value ?? '', clientId);
      }}
    >
      <Stack gap="md">
        <Textarea
          ref={field}
          label="Assertion"
          description="A token of a trusted issuer: three parts with dots between. It is not used up, and not kept."
          rows={5}
          {...MONOSPACE}
          data-autofocus
          error={fault}
          {...PLAIN_TEXT}
        />
        <TextInput
          label="Client Id"
          description="What the application sends beside it, if anything."
          value={clientId}
          onChange={(event) => setClientId(event.currentTarget.value)}
          {...PLAIN_TEXT}
        />
        <Trouble failure={fault ? undefined : test.failure} ifUnknown="Try again." />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" disabled={test.isBusy} onClick={onClose}>
            Close
          </Button>
          <BusyButton type="submit" isBusy={test.isBusy}>
            Test
          </BusyButton>
        </Group>
        <div aria-live="polite">{outcome && !test.isBusy && !test.failure && <Result outcome={outcome} onLeave={onClose} />}</div>
      </Stack>
    </form>
  );
}

function useTest() {
  const api = useApolloClient();
  const [outcome, setOutcome] = useState<Outcome>();
  const test = useAction(async (text: string, clientId: string) => {
    setOutcome(undefined);
    const variables = { assertion: text.trim(), clientId: clientId.trim() || null };
    const { data } = await api.query({ query: TestAssertionDocument, variables, fetchPolicy: 'no-cache' });
    setOutcome(data?.testAssertion);
  });
  return { test, outcome };
}

function Result({ outcome: { isAccepted, clientId, checks }, onLeave }: { outcome: Outcome; onLeave(): void }) {
  return (
    <Stack gap="sm">
      <Text fw={600} c={isAccepted ? undefined : 'var(--mantine-color-error)'}>
        {isAccepted ? 'It would be accepted.' : 'It would be refused.'}
      </Text>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {clientId === null ? (
          'It names no client, or several.'
        ) : (
          <>
            The client would be{' '}
            <Anchor component={Link} href={addressOf(clientId)} inherit onClick={onLeave}>
              {clientId}
            </Anchor>
            .
          </>
        )}
      </Text>
      <Checks checks={checks} />
    </Stack>
  );
}

import { useQuery } from '@apollo/client/react';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useAction, useMutate, useRefresh } from '../../api/action';
import { toFailure } from '../../api/failure';
import { ClientSecretsDocument, type ClientSecretsQuery, RotateClientSecretDocument } from '../../api/generated';
import { useReading } from '../../api/reading';
import { useViewer } from '../../api/viewer';
import { BusyButton } from '../../ui/busy-button';
import { useNow } from '../../ui/clock';
import { Dialog, useHold } from '../../ui/dialog';
import { Failed, Nothing, Waiting } from '../../ui/states';
import { Trouble } from '../../ui/trouble';
import { relatively } from '../../words/moment';
import { useClientDialogs } from '../dialogs-context';
import { DAY_SECONDS, OverlapChoice } from './overlap-choice';
import { isLive } from './secret-state';
import { Vault } from './vault';

const LOST_ANSWER =
  'Whether there is a new key is not known, and it was not shown: look at the secret keys before you try again, and revoke the newest if it is there.';

type Rotated = NonNullable<ClientSecretsQuery['client']>;

/** Makes another secret, and lets the present one go on for as long as the application needs to change over. */
export function RotateDialog({ clientId, onClose }: { clientId: string; onClose(): void }) {
  const query = useQuery(ClientSecretsDocument, { variables: { clientId }, fetchPolicy: 'network-only', nextFetchPolicy: 'cache-first' });
  const { data, failure, isWaiting, retry } = useReading(query);
  const client = data?.client;
  return (
    <Dialog onClose={onClose} title="Rotate the secret key" size={560}>
      {client && <Choice client={client} onStale={retry} onClose={onClose} />}
      {!client && failure && <Failed failure={failure} what="The client could not be read" onRetry={retry} />}
      {!client && !failure && isWaiting && <Waiting rows={4} />}
      {!client && !failure && !isWaiting && <Nothing title="This client is gone">Somebody deleted it in the meantime.</Nothing>}
    </Dialog>
  );
}

interface ChoiceProps {
  client: Rotated;
  /** The client is not what it was when it was read. */
  onStale(): void;
  onClose(): void;
}

function Choice({ client, onStale, onClose }: ChoiceProps) {
  const now = useNow();
  const [seconds, setSeconds] = useState<number>(DAY_SECONDS);
  const rotate = useRotate(client, onStale);
  useHold(rotate.isBusy);
  const live = client.secrets.filter((secret) => isLive(secret, now));
  const [current] = live;
  const isFull = live.length > 1;
  return (
    <Stack gap="md">
      <Text size="sm">
        <bdi>{client.name}</bdi> gets a new secret key now. Tokens go on. {!isFull && situationOf(current, now)}
      </Text>
      {isFull && <BothEnd secrets={live} now={now} />}
      {current && !isFull && (
        <OverlapChoice noun="key" seconds={seconds} onChange={setSeconds} now={now}>
          {current.lastUsedAt != null && 'Whoever still sends the current key is refused from this moment on, until they have the new one.'}
        </OverlapChoice>
      )}
      <Trouble failure={rotate.failure} ifUnknown={LOST_ANSWER} />
      <Group justify="flex-end" gap={8}>
        <Button variant="default" disabled={rotate.isBusy} onClick={onClose}>
          Cancel
        </Button>
        <BusyButton {...(isFull && { color: 'danger' })} isBusy={rotate.isBusy} onClick={() => rotate.run(isFull ? 0 : seconds)}>
          {isFull ? 'End both and rotate' : 'Rotate'}
        </BusyButton>
      </Group>
    </Stack>
  );
}

function situationOf(current: Rotated['secrets'][number] | undefined, now: number): string {
  if (!current) return 'No key works at the moment.';
  return current.lastUsedAt ? `The current key was used ${relatively(current.lastUsedAt, now)}.` : 'The current key was never used.';
}

/** What a third key costs where two work. */
function BothEnd({ secrets, now }: { secrets: Rotated['secrets']; now: number }) {
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        Two keys work, which is as many as there can be, so both stop now:
      </Text>
      {secrets.map(({ id, hint, lastUsedAt }) => (
        <Text key={id} size="sm">
          <code>{hint}</code>, {lastUsedAt ? `used ${relatively(lastUsedAt, now)}` : 'never used'}
        </Text>
      ))}
      <Text size="sm">To keep one of them working meanwhile, cancel, revoke the other, and rotate then.</Text>
    </Stack>
  );
}

/** For the client as it was seen: of two people at once only one rotates. Who meets another version sees it, and may press again. */
function useRotate({ clientId, version }: Rotated, onStale: () => void) {
  const { tenant } = useViewer();
  const { show } = useClientDialogs();
  const mutate = useMutate();
  const refresh = useRefresh();
  return useAction(async (overlapSeconds: number) => {
    try {
      const { rotateClientSecret } = await mutate(RotateClientSecretDocument, { clientId, overlapSeconds, version });
      const { client, clientSecret } = rotateClientSecret;
      show({ ...client, done: `The secret key of ${client.name} was rotated.`, issuer: tenant.issuer, vault: new Vault(clientSecret) });
      refresh();
    } catch (error) {
      if (toFailure(error).code === 'CONFLICT') onStale();
      throw error;
    }
  });
}

import { useQuery } from '@apollo/client/react';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { type Action, useAction, useMutate, useRefresh } from '../api/action';
import { ClientSettingsDocument, type ClientSettingsQuery, DeleteClientDocument, UpdateClientDocument } from '../api/generated';
import { useReading } from '../api/reading';
import { useViewer } from '../api/viewer';
import { BusyButton } from '../ui/busy-button';
import { useNow } from '../ui/clock';
import { Dialog, useHold } from '../ui/dialog';
import { Failed, Nothing, Waiting } from '../ui/states';
import { tellDone } from '../ui/toast';
import { Trouble } from '../ui/trouble';
import { isConfirmed, TypedConfirmation } from '../ui/typed-confirmation';
import { counted } from '../words/counted';
import { exactly, isInUse, relatively, untilWhenElsewhere } from '../words/moment';

type Doomed = NonNullable<ClientSettingsQuery['client']>;

/** Asks whether a client shall go, after saying what will stop. */
export function DeleteDialog({ clientId, onClose }: { clientId: string; onClose(): void }) {
  const query = useQuery(ClientSettingsDocument, { variables: { clientId }, fetchPolicy: 'network-only', nextFetchPolicy: 'cache-first' });
  const { data, failure, isWaiting, retry } = useReading(query);
  const [wasFound, setFound] = useState<Doomed>();
  // Once it is deleted there is nothing to be read any more, and the dialog is still closing.
  if (data?.client && data.client !== wasFound) setFound(data.client);
  const client = data?.client ?? wasFound;
  return (
    <Dialog onClose={onClose} title={client ? `Delete ${client.name}?` : 'Delete'} size={520}>
      {client && <Question client={client} onClose={onClose} />}
      {!client && failure && <Failed failure={failure} what="The client could not be read" onRetry={retry} />}
      {!client && !failure && isWaiting && <Waiting rows={4} />}
      {!client && !failure && !isWaiting && <Nothing title="This client is gone">Somebody deleted it in the meantime.</Nothing>}
    </Dialog>
  );
}

function Question({ client, onClose }: { client: Doomed; onClose(): void }) {
  const { clientId: ownClientId } = useViewer();
  const [typed, setTyped] = useState('');
  const remove = useDelete(client, onClose);
  const disable = useDisable(client, onClose);
  const isBusy = remove.isBusy || disable.isBusy;
  useHold(isBusy);
  return (
    <Stack gap="md">
      <WhatStops client={client} />
      {client.clientId === ownClientId && <Text fw={600}>You are signed in with this client: your session ends with it.</Text>}
      {client.enabled && client.clientId !== ownClientId && <Alternative disable={disable} isBusy={isBusy} />}
      <TypedConfirmation noun="Client Id" text={client.clientId} isCode typed={typed} onType={setTyped} />
      <Trouble failure={remove.failure ?? disable.failure} />
      <Group justify="flex-end" gap={8}>
        <Button variant="default" disabled={isBusy} onClick={onClose}>
          Cancel
        </Button>
        <BusyButton
          color="danger"
          disabled={!isConfirmed(typed, client.clientId) || isBusy}
          isBusy={remove.isBusy}
          onClick={() => remove.run()}
        >
          Delete client
        </BusyButton>
      </Group>
    </Stack>
  );
}

function Alternative({ disable, isBusy }: { disable: Action<[]>; isBusy: boolean }) {
  return (
    <Group justify="space-between" gap={8}>
      <Text size="sm" flex={1} miw={220}>
        Not sure? A disabled client stops at once as well, and can be enabled again.
      </Text>
      <BusyButton variant="default" isBusy={disable.isBusy} disabled={isBusy} onClick={() => disable.run()}>
        Disable instead
      </BusyButton>
    </Group>
  );
}

function WhatStops({ client: { enabled, lastUsedAt, lastTokenExpiresAt, usage } }: { client: Doomed }) {
  const now = useNow();
  const issued = usage.reduce((sum, hour) => sum + hour.issued, 0);
  return (
    <Stack gap={8}>
      <Text fw={600} c={isInUse(lastUsedAt, now) ? 'var(--mantine-color-error)' : undefined}>
        {lastUsedAt == null && 'It was never used.'}
        {lastUsedAt != null &&
          `${isInUse(lastUsedAt, now) ? 'It is in use' : 'It was not used in the last hour'}: last ${relatively(lastUsedAt, now)}`}
        {issued > 0 && `, ${counted(issued, 'token')} this hour`}
        {lastUsedAt != null && '.'}
      </Text>
      <Text size="sm">
        Its secret keys stop working at once and it gets no more tokens. Introspection refuses those it has{' '}
        {enabled ? 'from then on' : 'already'}; an API that checks tokens by itself accepts the last one until{' '}
        <time dateTime={lastTokenExpiresAt} title={exactly(lastTokenExpiresAt)}>
          {exactly(lastTokenExpiresAt)}
        </time>{' '}
        at the latest. This cannot be undone.
      </Text>
    </Stack>
  );
}

function useDelete({ clientId, name }: Doomed, onClose: () => void) {
  const mutate = useMutate();
  const refresh = useRefresh();
  const [path, navigate] = useLocation();
  return useAction(async () => {
    const { deleteClient } = await mutate(DeleteClientDocument, { clientId });
    onClose();
    if (path === '/client') navigate('/', { replace: true });
    refresh();
    tellDone(`${name} was deleted. ${untilWhenElsewhere(deleteClient.lastTokenExpiresAt)}`);
  });
}

function useDisable({ clientId, name }: Doomed, onClose: () => void) {
  const mutate = useMutate();
  const refresh = useRefresh();
  return useAction(async () => {
    await mutate(UpdateClientDocument, { clientId, input: { enabled: false } });
    onClose();
    refresh();
    tellDone(`${name} was disabled. It gets no more tokens.`);
  });
}

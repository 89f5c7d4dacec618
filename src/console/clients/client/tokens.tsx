import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useAction, useMutate, useRefresh } from '../../api/action';
import { RevokeClientTokensDocument } from '../../api/generated';
import { useViewer } from '../../api/viewer';
import { Confirm } from '../../ui/confirm';
import { Panel } from '../../ui/page-frame';
import { tellDone } from '../../ui/toast';
import { lifetimeInWords } from '../../words/duration';
import { exactly, untilWhenElsewhere } from '../../words/moment';
import type { ShownClient } from './shown-client';

/** What is known of a client's tokens, and how to end them. None is stored, so they cannot be listed. */
export function Tokens({ client }: { client: ShownClient }) {
  const { may } = useViewer();
  const [isAsking, setAsking] = useState(false);
  return (
    <Panel label="Tokens">
      <Stack gap="sm" align="flex-start">
        <Text>
          {client.enabled
            ? `Each token lives ${lifetimeInWords(client.accessTokenLifetime)}. The last one issued so far dies at `
            : 'It is disabled, and introspection refuses its tokens. The last one dies at '}
          <LastMoment at={client.lastTokenExpiresAt} /> at the latest.
        </Text>
        {may('clients:write') && (
          <Button variant="default" onClick={() => setAsking(true)}>
            Revoke all tokens
          </Button>
        )}
      </Stack>
      {isAsking && <RevokeAll client={client} onClose={() => setAsking(false)} />}
    </Panel>
  );
}

function RevokeAll({ client, onClose }: { client: ShownClient; onClose(): void }) {
  const { clientId: ownClientId } = useViewer();
  const mutate = useMutate();
  const refresh = useRefresh();
  const revoke = useAction(async () => {
    const { revokeClientTokens } = await mutate(RevokeClientTokensDocument, { clientId: client.clientId });
    onClose();
    refresh();
    tellDone(`All tokens of ${client.name} were revoked. ${untilWhenElsewhere(revokeClientTokens.lastTokenExpiresAt)}`);
  });
  return (
    <Confirm
      title={`Revoke all tokens of ${client.name}?`}
      label="Revoke all tokens"
      isDanger
      action={revoke}
      ifUnknown="Whether it was done is not known; doing it again does no harm."
      onClose={onClose}
    >
      {client.clientId === ownClientId && (
        <Text fw={600}>You are signed in with this client: your session ends as well, and you sign in again.</Text>
      )}
      <Text size="sm">
        Introspection refuses every token that it has from then on. An API that checks tokens by itself accepts the last one until{' '}
        <LastMoment at={client.lastTokenExpiresAt} /> at the latest. The client itself goes on and gets new tokens.
      </Text>
    </Confirm>
  );
}

function LastMoment({ at }: { at: string }) {
  return <time dateTime={at}>{exactly(at)}</time>;
}

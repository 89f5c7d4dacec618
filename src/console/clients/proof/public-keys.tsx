import { Group, Stack, Text } from '@mantine/core';
import { useAction, useMutate, useRefresh } from '../../api/action';
import { RefreshClientKeysDocument } from '../../api/generated';
import { useViewer } from '../../api/viewer';
import { BusyButton } from '../../ui/busy-button';
import { CodeBlock } from '../../ui/code-block';
import { CopyLine } from '../../ui/copy';
import { Panel } from '../../ui/page-frame';
import { Ago } from '../../ui/time';
import { tellDone } from '../../ui/toast';
import { Trouble } from '../../ui/trouble';
import type { ProvenClient } from './proven-client';

/** The public keys of a client that signs with a key of its own: as they were given, or where they are fetched from. */
export function PublicKeys({ client }: { client: ProvenClient }) {
  const { jwks, jwksUri, authMethod } = client;
  const isShown = authMethod === 'SELF_SIGNED_TLS_CLIENT_AUTH';
  return (
    <Panel label="Public keys">
      <Text size="sm" mb={8}>
        This client has no secret key: it{' '}
        {isShown ? 'connects with a certificate of its own making' : 'signs with a private key of its own'}.{' '}
        {jwksUri ? 'Its public keys are fetched' : 'These are its public keys'}; they are changed under Edit.
      </Text>
      {jwks && <CodeBlock label="Public keys (JWKS)" text={JSON.stringify(jwks, null, 2)} />}
      {jwksUri && <Fetched client={client} address={jwksUri} />}
    </Panel>
  );
}

function Fetched({ client, address }: { client: ProvenClient; address: string }) {
  const { may } = useViewer();
  const { keysFetchedAt, keysError } = client;
  const fetching = useFetch(client);
  return (
    <Stack gap="sm">
      <CopyLine label="Address of the keys" value={address} />
      <Group justify="space-between" gap={8}>
        <Text size="sm">
          {keysFetchedAt ? (
            <>
              Fetched <Ago at={keysFetchedAt} />.
            </>
          ) : (
            'Not fetched yet: that is done when it first proves itself.'
          )}
        </Text>
        {may('clients:write') && (
          <BusyButton variant="default" size="xs" isBusy={fetching.isBusy} onClick={() => fetching.run()}>
            Fetch now
          </BusyButton>
        )}
      </Group>
      {keysError && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert" style={{ overflowWrap: 'anywhere' }}>
          The last time they could not be fetched: {keysError}
        </Text>
      )}
      <Trouble failure={fetching.failure} ifUnknown="Try again." />
    </Stack>
  );
}

function useFetch({ clientId, name }: ProvenClient) {
  const mutate = useMutate();
  const refresh = useRefresh();
  return useAction(async () => {
    const { refreshClientKeys } = await mutate(RefreshClientKeysDocument, { clientId });
    refresh();
    if (!refreshClientKeys.keysError) tellDone(`The keys of ${name} were fetched.`);
  });
}

import { Button, Group, Stack, Text } from '@mantine/core';
import { useLocation } from 'wouter';
import { Dialog } from '../../ui/dialog';
import { addressOf } from '../list/address';
import { type SnippetCredential, WorkloadSnippets } from './workload-snippets';

/** A client that was just made and holds no secret. */
export interface MadeWorkload {
  clientId: string;
  name: string;
  credentials: readonly SnippetCredential[];
  isBound: boolean;
}

/** Shows how a client without a secret gets a token, in the place where others are shown their secret. */
export function StartDialog({ made: { clientId, name, credentials, isBound }, onClose }: { made: MadeWorkload; onClose(): void }) {
  const [, navigate] = useLocation();
  const leave = () => {
    onClose();
    navigate(addressOf(clientId));
  };
  return (
    <Dialog onClose={leave} title="No secret key is needed" size={720}>
      <Stack gap="md">
        <Text size="sm">
          <bdi>{name}</bdi> shows the token that its platform gives it, and gets an access token. There is nothing to save: these requests
          stand on its page as well, under Authentication.
        </Text>
        <WorkloadSnippets {...{ clientId, credentials, isBound }} />
        <Group justify="flex-end">
          <Button data-autofocus onClick={leave}>
            Done
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

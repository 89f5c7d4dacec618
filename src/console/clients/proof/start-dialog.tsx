import { Button, Group, Stack, Text } from '@mantine/core';
import { useLocation } from 'wouter';
import type { CreateClientMutation, SenderConstraint } from '../../api/generated';
import { Dialog } from '../../ui/dialog';
import { hasCertificate } from '../auth-method';
import { CertificateSnippets } from '../certificates/certificate-snippets';
import { addressOf } from '../list/address';
import { WorkloadSnippets } from './workload-snippets';

/** A client that was just made and holds no secret. */
export type MadeWorkload = CreateClientMutation['createClient']['client'] & { senderConstraint: SenderConstraint };

/** Shows how a client without a secret gets a token, in the place where others are shown their secret. */
export function StartDialog({ made, onClose }: { made: MadeWorkload; onClose(): void }) {
  const { clientId, name, authMethod } = made;
  const [, navigate] = useLocation();
  const leave = () => {
    onClose();
    navigate(addressOf(clientId));
  };
  return (
    <Dialog onClose={leave} title="No secret key is needed" size={720}>
      <Stack gap="md">
        <Text size="sm">
          <bdi>{name}</bdi> {hasCertificate(authMethod) ? 'connects with its certificate' : 'shows the token that its platform gives it'},
          and gets an access token. There is nothing to save: {hasCertificate(authMethod) ? 'the request stands' : 'these requests stand'}{' '}
          on its page as well, under Authentication.
        </Text>
        <Requests made={made} />
        <Group justify="flex-end">
          <Button data-autofocus onClick={leave}>
            Done
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Requests({ made }: { made: MadeWorkload }) {
  const { clientId, authMethod, federatedCredentials, tlsClientAuth, senderConstraint: constraint } = made;
  if (hasCertificate(authMethod)) return <CertificateSnippets {...{ clientId, constraint }} uri={tlsClientAuth?.sanUri} />;
  return <WorkloadSnippets {...{ clientId, constraint }} credentials={federatedCredentials} />;
}

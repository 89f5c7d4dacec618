import { useQuery } from '@apollo/client/react';
import { Button, Stack } from '@mantine/core';
import { BeakerIcon } from '@primer/octicons-react';
import { useState } from 'react';
import { ClientProofDocument } from '../../api/generated';
import { useReading } from '../../api/reading';
import { Panel } from '../../ui/page-frame';
import { Failed, Stale, Waiting } from '../../ui/states';
import type { AuthMethod } from '../auth-method';
import { CertificateName } from '../certificates/certificate-name';
import { CertificateSnippets } from '../certificates/certificate-snippets';
import { toNameDraft } from '../certificates/name-draft';
import { TestDialog } from '../issuers/test-dialog';
import { Identities } from './identities';
import type { ProvenClient } from './proven-client';
import { PublicKeys } from './public-keys';
import { Ways } from './ways';
import { WorkloadSnippets } from './workload-snippets';

const POLL_MS = 15_000;

/** How a client proves who it is: in which ways, by what, and how a request looks. */
export function Authentication({ clientId }: { clientId: string }) {
  const { data, failure, retry } = useReading(useQuery(ClientProofDocument, { variables: { clientId }, pollInterval: POLL_MS }));
  const client = data?.client;
  if (!client && failure) return <Failed failure={failure} what="How it proves itself could not be read" onRetry={retry} />;
  if (!client) return <Waiting rows={4} />;
  return (
    <Stack gap="md">
      {failure && <Stale failure={failure} onRetry={retry} />}
      <Ways client={client} />
      {client.tlsClientAuth && uses(client, 'TLS_CLIENT_AUTH') && (
        <CertificateName name={toNameDraft(client.tlsClientAuth)} isPresent={client.authMethod === 'TLS_CLIENT_AUTH'} />
      )}
      {(uses(client, 'PRIVATE_KEY_JWT') || uses(client, 'SELF_SIGNED_TLS_CLIENT_AUTH')) && <PublicKeys client={client} />}
      {(uses(client, 'TLS_CLIENT_AUTH') || uses(client, 'SELF_SIGNED_TLS_CLIENT_AUTH')) && <Connecting client={client} />}
      {uses(client, 'FEDERATED_JWT') && <Federated client={client} />}
    </Stack>
  );
}

/** Whether it proves itself so, now or still. */
function uses({ authMethod, previousAuthMethod }: ProvenClient, method: AuthMethod): boolean {
  return authMethod === method || previousAuthMethod?.authMethod === method;
}

function Connecting({ client: { clientId, tlsClientAuth, senderConstraint } }: { client: ProvenClient }) {
  return (
    <Panel label="How it connects">
      <CertificateSnippets clientId={clientId} uri={tlsClientAuth?.sanUri} constraint={senderConstraint} />
    </Panel>
  );
}

function Federated({ client: { clientId, authMethod, federatedCredentials, senderConstraint } }: { client: ProvenClient }) {
  const [isTesting, setTesting] = useState(false);
  return (
    <>
      <Identities credentials={federatedCredentials} isPresent={authMethod === 'FEDERATED_JWT'} />
      <Panel
        label="How it gets a token"
        head={
          <Button variant="default" size="xs" leftSection={<BeakerIcon />} onClick={() => setTesting(true)}>
            Test an assertion
          </Button>
        }
      >
        <WorkloadSnippets clientId={clientId} credentials={federatedCredentials} constraint={senderConstraint} />
      </Panel>
      {isTesting && <TestDialog clientId={clientId} onClose={() => setTesting(false)} />}
    </>
  );
}

import { useQuery } from '@apollo/client/react';
import { Anchor, Button, Group, Tabs, Title } from '@mantine/core';
import { ArrowLeftIcon, PencilIcon, TrashIcon } from '@primer/octicons-react';
import { Link, useSearchParams } from 'wouter';
import { AuditList } from '../../activity/audit-list';
import { ClientOverviewDocument } from '../../api/generated';
import { useReading } from '../../api/reading';
import { useViewer } from '../../api/viewer';
import { PageFrame } from '../../ui/page-frame';
import { Failed, Nothing, Stale, Waiting } from '../../ui/states';
import { useTitle } from '../../ui/title';
import { hasSecretKey } from '../auth-method';
import { useClientDialogs } from '../dialogs-context';
import { EnabledBadge } from '../list/client-cells';
import { lastListAddress } from '../list/list-question';
import { Authentication } from '../proof/authentication';
import { Refusals } from '../proof/refusals';
import { SecretKeys } from '../secrets/secret-keys';
import { ClientFacts } from './client-facts';
import classes from './client-page.module.css';
import { Overview } from './overview';
import type { ShownClient } from './shown-client';
import { Tokens } from './tokens';

const POLL_MS = 15_000;

/** One client: what it is, how it is used, its secrets, its tokens, and what was done to it. */
export function ClientPage() {
  const [parameters] = useSearchParams();
  const clientId = parameters.get('id') ?? '';
  const { data, failure, isWaiting, retry } = useReading(
    useQuery(ClientOverviewDocument, { variables: { clientId }, pollInterval: POLL_MS }),
  );
  const client = data?.client?.clientId === clientId ? data.client : undefined;
  useTitle(client?.name ?? clientId);
  return (
    <PageFrame>
      <Anchor component={Link} href={lastListAddress()} size="sm" className={classes.back}>
        <ArrowLeftIcon size={14} /> Clients
      </Anchor>
      {failure && client && <Stale failure={failure} onRetry={retry} />}
      {client && <Client client={client} />}
      {!client && failure && <Failed failure={failure} isPage what="The client could not be read" onRetry={retry} />}
      {!client && !failure && isWaiting && <Waiting rows={10} />}
      {!client && !failure && !isWaiting && <NotThere clientId={clientId} />}
    </PageFrame>
  );
}

function Client({ client }: { client: ShownClient }) {
  const { may } = useViewer();
  return (
    <>
      <Group justify="space-between" align="center" mb="md" gap={8}>
        <Group gap={12} className={classes.title}>
          <Title order={1}>
            <bdi>{client.name}</bdi>
          </Title>
          <EnabledBadge enabled={client.enabled} />
        </Group>
        {may('clients:write') && <Actions client={client} />}
      </Group>
      <ClientFacts client={client} />
      <Sections client={client} />
    </>
  );
}

function Actions({ client: { clientId } }: { client: ShownClient }) {
  const { openEdit, openDelete } = useClientDialogs();
  return (
    <Group gap={8}>
      <Button variant="default" leftSection={<PencilIcon />} onClick={() => openEdit(clientId)}>
        Edit
      </Button>
      <Button variant="default" leftSection={<TrashIcon />} onClick={() => openDelete(clientId)}>
        Delete
      </Button>
    </Group>
  );
}

/** Which section is open stands in the address. */
function Sections({ client }: { client: ShownClient }) {
  const { may } = useViewer();
  const [parameters, setParameters] = useSearchParams();
  const hasSecrets = hasSecretKey(client.authMethod) || client.secrets.length > 0;
  const offered = [
    'overview',
    'authentication',
    ...(hasSecrets ? ['secrets'] : []),
    'tokens',
    'refusals',
    ...(may('audit:read') ? ['activity'] : []),
  ];
  const open = (tab: string | null) => {
    setParameters((before) => {
      const next = new URLSearchParams(before);
      if (tab && tab !== 'overview') next.set('tab', tab);
      else next.delete('tab');
      return next;
    });
  };
  return (
    <Tabs value={offered.find((tab) => tab === parameters.get('tab')) ?? 'overview'} onChange={open} keepMounted={false} mt="lg">
      <Tabs.List aria-label={`About ${client.name}`} mb="md">
        <Tabs.Tab value="overview">Overview</Tabs.Tab>
        <Tabs.Tab value="authentication">Authentication</Tabs.Tab>
        {hasSecrets && <Tabs.Tab value="secrets">Secret keys</Tabs.Tab>}
        <Tabs.Tab value="tokens">Tokens</Tabs.Tab>
        <Tabs.Tab value="refusals">Refusals</Tabs.Tab>
        {may('audit:read') && <Tabs.Tab value="activity">Activity</Tabs.Tab>}
      </Tabs.List>
      <Tabs.Panel value="overview">
        <Overview client={client} />
      </Tabs.Panel>
      <Tabs.Panel value="authentication">
        <Authentication clientId={client.clientId} />
      </Tabs.Panel>
      <Tabs.Panel value="secrets">
        <SecretKeys client={client} />
      </Tabs.Panel>
      <Tabs.Panel value="tokens">
        <Tokens client={client} />
      </Tabs.Panel>
      <Tabs.Panel value="refusals">
        <Refusals clientId={client.clientId} />
      </Tabs.Panel>
      <Tabs.Panel value="activity">
        <AuditList filter={{ objectType: 'CLIENT', objectId: client.clientId }} />
      </Tabs.Panel>
    </Tabs>
  );
}

function NotThere({ clientId }: { clientId: string }) {
  return (
    <Nothing
      isPage
      title="There is no such client"
      action={
        <Anchor component={Link} href="/">
          All clients
        </Anchor>
      }
    >
      No client of this tenant has the client id <code>{clientId || '(none)'}</code>. It may have been deleted, or belong to another tenant.
    </Nothing>
  );
}

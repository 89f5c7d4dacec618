import { useQuery } from '@apollo/client/react';
import { ActionIcon, Anchor, Badge, Button, Group, Table, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { PencilIcon, PlusIcon, SearchIcon, TrashIcon } from '@primer/octicons-react';
import { useState } from 'react';
import { type TenantRowFragment, TenantsDocument, type TenantsQuery } from '../api/generated';
import { useReading } from '../api/reading';
import { useViewer } from '../api/viewer';
import { EnabledBadge } from '../clients/list/client-cells';
import { ActionsCell, Cell, type Column, DataTable } from '../ui/data-table';
import { PageFrame } from '../ui/page-frame';
import { ShowMore } from '../ui/show-more';
import { Failed, Nothing, Stale, Waiting } from '../ui/states';
import { Moment } from '../ui/time';
import { useTitle } from '../ui/title';
import { DeleteTenantDialog } from './delete-tenant-dialog';
import { EditTenantDrawer } from './edit-tenant-drawer';
import { NewTenantDrawer } from './new-tenant-drawer';

const PAGE_SIZE = 50;
const PAUSE_MS = 200;
const COLUMNS: Column[] = [
  { label: 'Name' },
  { label: 'Host' },
  { label: 'Status' },
  { label: 'Token lifetimes', yields: 'first' },
  { label: 'Created', yields: 'next' },
];

type Open = { kind: 'new' } | { kind: 'edit' | 'delete'; tenant: TenantRowFragment };

/** All tenants of the installation, for those who manage it from the home tenant. */
export function TenantsPage() {
  useTitle('Tenants');
  const { tenant, may } = useViewer();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text, PAUSE_MS);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  if (!tenant.isHome)
    return (
      <Nothing isPage title="Tenants are managed from the home tenant">
        This is {tenant.name}. Sign in at the home tenant’s host.
      </Nothing>
    );
  return (
    <PageFrame>
      <Group justify="space-between" mb="sm">
        <Title order={1}>Tenants</Title>
        {may('tenants:write') && (
          <Button leftSection={<PlusIcon />} onClick={() => setOpen({ kind: 'new' })}>
            New Tenant
          </Button>
        )}
      </Group>
      <TextInput
        type="search"
        aria-label="Search tenants"
        placeholder="Search tenants"
        leftSection={<SearchIcon />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        maw={320}
        mb="md"
      />
      <Tenants key={search} search={search} onOpen={setOpen} />
      {open?.kind === 'new' && <NewTenantDrawer onClose={close} />}
      {open?.kind === 'edit' && <EditTenantDrawer tenant={open.tenant} onClose={close} />}
      {open?.kind === 'delete' && <DeleteTenantDialog tenant={open.tenant} onClose={close} />}
    </PageFrame>
  );
}

function Tenants({ search, onOpen }: { search: string; onOpen(open: Open): void }) {
  const query = useQuery(TenantsDocument, { variables: { search: search || null, first: PAGE_SIZE } });
  const { data, failure, isWaiting, retry } = useReading(query);
  const tenants = data?.tenants;
  if (!tenants && failure) return <Failed failure={failure} what="The tenants could not be read" onRetry={retry} />;
  if (!tenants) return <Waiting rows={8} />;
  if (tenants.nodes.length === 0) return <Nothing title="Nothing found">No tenant has “{search}” in its name or host.</Nothing>;
  const { hasNextPage, endCursor } = tenants.pageInfo;
  const more = () => query.fetchMore({ variables: { after: endCursor }, updateQuery: append });
  return (
    <>
      {failure && <Stale failure={failure} onRetry={retry} />}
      <DataTable label="Tenants" columns={COLUMNS} hasActions aria-busy={isWaiting}>
        {tenants.nodes.map((tenant) => (
          <Row key={tenant.id} tenant={tenant} onOpen={onOpen} />
        ))}
      </DataTable>
      <ShowMore hasMore={hasNextPage} more={more}>
        {tenants.nodes.length.toLocaleString('en')} of {tenants.totalCount.toLocaleString('en')} shown
      </ShowMore>
    </>
  );
}

function append(before: TenantsQuery, { fetchMoreResult }: { fetchMoreResult: TenantsQuery }): TenantsQuery {
  const { nodes, ...rest } = fetchMoreResult.tenants;
  return { ...before, tenants: { ...before.tenants, ...rest, nodes: [...before.tenants.nodes, ...nodes] } };
}

function Row({ tenant, onOpen }: { tenant: TenantRowFragment; onOpen(open: Open): void }) {
  const { may } = useViewer();
  const { name, host, issuer, enabled, isHome, minAccessTokenLifetime, maxAccessTokenLifetime, createdAt } = tenant;
  return (
    <Table.Tr role="row">
      <Cell of="Name">
        <Text span inherit fw={600}>
          <bdi>{name}</bdi>
        </Text>{' '}
        {isHome && (
          <Badge variant="light" tt="none" fw={500}>
            home
          </Badge>
        )}
      </Cell>
      <Cell of="Host">
        <Anchor href={issuer} title="Its console" inherit>
          {host}
        </Anchor>
      </Cell>
      <Cell of="Status">
        <EnabledBadge enabled={enabled} />
      </Cell>
      <Cell of="Token lifetimes">
        {minAccessTokenLifetime.toLocaleString('en')} to {maxAccessTokenLifetime.toLocaleString('en')} s
      </Cell>
      <Cell of="Created">
        <Moment at={createdAt} />
      </Cell>
      <ActionsCell>{may('tenants:write') && <Actions tenant={tenant} onOpen={onOpen} />}</ActionsCell>
    </Table.Tr>
  );
}

function Actions({ tenant, onOpen }: { tenant: TenantRowFragment; onOpen(open: Open): void }) {
  const { name, isHome } = tenant;
  return (
    <>
      <ActionIcon variant="subtle" color="gray" aria-label={`Edit ${name}`} title="Edit" onClick={() => onOpen({ kind: 'edit', tenant })}>
        <PencilIcon />
      </ActionIcon>
      {!isHome && (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Delete ${name}`}
          title="Delete"
          onClick={() => onOpen({ kind: 'delete', tenant })}
        >
          <TrashIcon />
        </ActionIcon>
      )}
    </>
  );
}

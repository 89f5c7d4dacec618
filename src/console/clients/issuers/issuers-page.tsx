import { useQuery } from '@apollo/client/react';
import { ActionIcon, Button, Group, Table, Text, Title } from '@mantine/core';
import { BeakerIcon, PencilIcon, PlusIcon, TrashIcon } from '@primer/octicons-react';
import { useState } from 'react';
import { type IssuerRowFragment, TrustedIssuersDocument } from '../../api/generated';
import { useReading } from '../../api/reading';
import { useViewer } from '../../api/viewer';
import { ActionsCell, Cell, type Column, DataTable } from '../../ui/data-table';
import { PageFrame } from '../../ui/page-frame';
import { Failed, Nothing, Stale, Waiting } from '../../ui/states';
import { useTitle } from '../../ui/title';
import { EnabledBadge } from '../list/client-cells';
import { DeleteIssuerDialog } from './delete-issuer-dialog';
import { EditIssuerDrawer } from './edit-issuer-drawer';
import classes from './issuers.module.css';
import { KeysState } from './keys-state';
import { NewIssuerDrawer } from './new-issuer-drawer';
import { TestDialog } from './test-dialog';

const POLL_MS = 30_000;
const COLUMNS: Column[] = [{ label: 'Name' }, { label: 'Issuer' }, { label: 'Keys' }, { label: 'Status' }];

type Open = { kind: 'new' | 'test' } | { kind: 'edit' | 'delete'; row: IssuerRowFragment };
type OnOpen = (open: Open) => void;

/** The platforms whose tokens say who clients are. */
export function IssuersPage() {
  useTitle('Trusted issuers');
  const { data, failure, retry } = useReading(useQuery(TrustedIssuersDocument, { pollInterval: POLL_MS }));
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const issuers = data?.trustedIssuers;
  return (
    <PageFrame>
      <Group justify="space-between" mb="sm" gap={8}>
        <Title order={1}>Trusted issuers</Title>
        <Group gap={8}>
          <Button variant="default" leftSection={<BeakerIcon />} onClick={() => setOpen({ kind: 'test' })}>
            Test an assertion
          </Button>
          {issuers && issuers.length > 0 && <AddButton onOpen={setOpen} />}
        </Group>
      </Group>
      <Text size="sm" c="dimmed" mb="md" maw={720}>
        Clients with a platform identity prove who they are by tokens that these issue, and hold no secret key.
      </Text>
      {failure && !issuers && <Failed failure={failure} what="The trusted issuers could not be read" onRetry={retry} />}
      {failure && issuers && <Stale failure={failure} onRetry={retry} />}
      {!failure && !issuers && <Waiting rows={5} />}
      {issuers?.length === 0 && <NoneYet onOpen={setOpen} />}
      {issuers && issuers.length > 0 && <Issuers issuers={issuers} onOpen={setOpen} />}
      {open?.kind === 'new' && <NewIssuerDrawer onClose={close} />}
      {open?.kind === 'test' && <TestDialog onClose={close} />}
      {open?.kind === 'edit' && <EditIssuerDrawer row={open.row} onClose={close} />}
      {open?.kind === 'delete' && <DeleteIssuerDialog row={open.row} onClose={close} />}
    </PageFrame>
  );
}

function AddButton({ onOpen }: { onOpen: OnOpen }) {
  const { may } = useViewer();
  if (!may('clients:write')) return null;
  return (
    <Button leftSection={<PlusIcon />} onClick={() => onOpen({ kind: 'new' })}>
      Add issuer
    </Button>
  );
}

function NoneYet({ onOpen }: { onOpen: OnOpen }) {
  return (
    <Nothing title="No trusted issuers yet" action={<AddButton onOpen={onOpen} />}>
      A trusted issuer is a platform that gives its workloads signed tokens of what they are: a CI service, a cluster, a cloud. A client
      that runs there proves itself by such a token, and there is no secret key to copy, rotate or lose.
    </Nothing>
  );
}

function Issuers({ issuers, onOpen }: { issuers: readonly IssuerRowFragment[]; onOpen: OnOpen }) {
  return (
    <DataTable label="Trusted issuers" columns={COLUMNS} hasActions>
      {issuers.map((row) => (
        <Row key={row.id} row={row} onOpen={onOpen} />
      ))}
    </DataTable>
  );
}

function Row({ row, onOpen }: { row: IssuerRowFragment; onOpen: OnOpen }) {
  const { may } = useViewer();
  return (
    <Table.Tr role="row">
      <Cell of="Name" className={classes.name ?? ''}>
        <Text span inherit fw={600}>
          <bdi>{row.name}</bdi>
        </Text>
      </Cell>
      <Cell of="Issuer" title={row.issuer}>
        <code className={`${classes.issuer} ${classes.lines}`}>{row.issuer}</code>
      </Cell>
      <Cell of="Keys" className={classes.keys ?? ''}>
        <KeysState row={row} />
      </Cell>
      <Cell of="Status">
        <EnabledBadge enabled={row.enabled} />
      </Cell>
      <ActionsCell>{may('clients:write') && <Actions row={row} onOpen={onOpen} />}</ActionsCell>
    </Table.Tr>
  );
}

function Actions({ row, onOpen }: { row: IssuerRowFragment; onOpen: OnOpen }) {
  const actions = [
    { kind: 'edit', label: 'Edit', Sign: PencilIcon },
    { kind: 'delete', label: 'Delete', Sign: TrashIcon },
  ] as const;
  return actions.map(({ kind, label, Sign }) => (
    <ActionIcon
      key={kind}
      variant="subtle"
      color="gray"
      aria-label={`${label} ${row.name}`}
      title={label}
      onClick={() => onOpen({ kind, row })}
    >
      <Sign />
    </ActionIcon>
  ));
}

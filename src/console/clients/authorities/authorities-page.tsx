import { ActionIcon, Button, Group, Table, Text, Title } from '@mantine/core';
import { PlusIcon, TrashIcon } from '@primer/octicons-react';
import { useState } from 'react';
import type { AuthorityRowFragment } from '../../api/generated';
import { useViewer } from '../../api/viewer';
import { ActionsCell, Cell, type Column, DataTable } from '../../ui/data-table';
import { LongText } from '../../ui/long-text';
import { PageFrame } from '../../ui/page-frame';
import { Failed, Nothing, Stale, Waiting } from '../../ui/states';
import { useTitle } from '../../ui/title';
import classes from './authorities.module.css';
import { DeleteAuthorityDialog } from './delete-authority-dialog';
import { NewAuthorityDrawer } from './new-authority-drawer';
import { useAuthorities } from './use-authorities';
import { Validity } from './validity';

const POLL_MS = 30_000;
const COLUMNS: Column[] = [{ label: 'Name' }, { label: 'Subject' }, { label: 'Fingerprint', yields: 'first' }, { label: 'Valid until' }];

type Open = { kind: 'new' } | { kind: 'delete'; row: AuthorityRowFragment };
type OnOpen = (open: Open) => void;

/** Those whose certificates say who clients are. */
export function AuthoritiesPage() {
  useTitle('Certificate authorities');
  const { authorities, failure, retry } = useAuthorities(POLL_MS);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  return (
    <PageFrame>
      <Group justify="space-between" mb="sm" gap={8}>
        <Title order={1}>Certificate authorities</Title>
        {authorities && authorities.length > 0 && <AddButton onOpen={setOpen} />}
      </Group>
      <Text size="sm" c="dimmed" mb="md" maw={720}>
        Clients with a certificate of an authority prove who they are by certificates that these sign, and hold no secret key.
      </Text>
      {failure && !authorities && <Failed failure={failure} what="The certificate authorities could not be read" onRetry={retry} />}
      {failure && authorities && <Stale failure={failure} onRetry={retry} />}
      {!failure && !authorities && <Waiting rows={5} />}
      {authorities?.length === 0 && <NoneYet onOpen={setOpen} />}
      {authorities && authorities.length > 0 && (
        <DataTable label="Certificate authorities" columns={COLUMNS} hasActions>
          {authorities.map((row) => (
            <Row key={row.id} row={row} onOpen={setOpen} />
          ))}
        </DataTable>
      )}
      {open?.kind === 'new' && <NewAuthorityDrawer onClose={close} />}
      {open?.kind === 'delete' && <DeleteAuthorityDialog row={open.row} onClose={close} />}
    </PageFrame>
  );
}

function AddButton({ onOpen }: { onOpen: OnOpen }) {
  const { may } = useViewer();
  if (!may('clients:write')) return null;
  return (
    <Button leftSection={<PlusIcon />} onClick={() => onOpen({ kind: 'new' })}>
      Add authority
    </Button>
  );
}

function NoneYet({ onOpen }: { onOpen: OnOpen }) {
  return (
    <Nothing title="No certificate authorities yet" action={<AddButton onOpen={onOpen} />}>
      A certificate authority signs certificates for your applications: one of your own, or that of a mesh. A client connects with such a
      certificate and is known by the name in it, and there is no secret key to copy, rotate or lose.
    </Nothing>
  );
}

function Row({ row, onOpen }: { row: AuthorityRowFragment; onOpen: OnOpen }) {
  const { may } = useViewer();
  return (
    <Table.Tr role="row">
      <Cell of="Name" className={classes.name ?? ''}>
        <Text span inherit fw={600}>
          <bdi>{row.name}</bdi>
        </Text>
      </Cell>
      <Cell of="Subject" className={classes.subject ?? ''}>
        <bdi>
          <LongText text={row.subject} of="the subject" />
        </bdi>
      </Cell>
      <Cell of="Fingerprint">
        <code className={classes.fingerprint}>{row.fingerprint}</code>
      </Cell>
      <Cell of="Valid until">
        <Validity period={row} />
      </Cell>
      <ActionsCell>
        {may('clients:write') && (
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Delete ${row.name}`}
            title="Delete"
            onClick={() => onOpen({ kind: 'delete', row })}
          >
            <TrashIcon />
          </ActionIcon>
        )}
      </ActionsCell>
    </Table.Tr>
  );
}

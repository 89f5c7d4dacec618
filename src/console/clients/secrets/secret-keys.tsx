import { Badge, Button, Group, Stack, Table, Text } from '@mantine/core';
import { SyncIcon } from '@primer/octicons-react';
import { useState } from 'react';
import type { SecretRowFragment } from '../../api/generated';
import { useViewer } from '../../api/viewer';
import { useNow } from '../../ui/clock';
import { ActionsCell, Cell, type Column, DataTable } from '../../ui/data-table';
import { Ago, Moment } from '../../ui/time';
import { isInUse, relatively } from '../../words/moment';
import { hasSecretKey } from '../auth-method';
import type { ShownClient } from '../client/shown-client';
import { useClientDialogs } from '../dialogs-context';
import { RevokeDialog } from './revoke-dialog';
import classes from './secret-keys.module.css';
import { isLive } from './secret-state';

const COLUMNS: Column[] = [
  { label: 'Ends in' },
  { label: 'Created', yields: 'next' },
  { label: 'Expires' },
  { label: 'Last used' },
  { label: 'Uses', yields: 'first' },
  { label: 'State' },
];

/** The secrets of a client: which there are, whether each is still needed, and what can be done. */
export function SecretKeys({ client }: { client: ShownClient }) {
  const { may } = useViewer();
  const { openRotate } = useClientDialogs();
  const [doomed, setDoomed] = useState<SecretRowFragment>();
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          Those that work, and those that ended in the last 30 days. None can be shown again.
        </Text>
        {may('clients:write') && hasSecretKey(client.authMethod) && (
          <Button leftSection={<SyncIcon />} onClick={() => openRotate(client.clientId)}>
            Rotate
          </Button>
        )}
      </Group>
      <DataTable label="Secret keys" columns={COLUMNS} hasActions>
        {client.secrets.map((secret) => (
          <Row key={secret.id} secret={secret} onRevoke={may('clients:write') ? () => setDoomed(secret) : undefined} />
        ))}
      </DataTable>
      {doomed && <RevokeDialog client={client} secret={doomed} onClose={() => setDoomed(undefined)} />}
    </Stack>
  );
}

function Row({ secret, onRevoke }: { secret: SecretRowFragment; onRevoke: (() => void) | undefined }) {
  const now = useNow();
  const { hint, createdAt, expiresAt, lastUsedAt, lastUsedIp, useCount } = secret;
  return (
    <Table.Tr role="row">
      <Cell of="Ends in" className={classes.hint}>
        <code>{hint}</code>
      </Cell>
      <Cell of="Created">
        <Moment at={createdAt} />
      </Cell>
      <Cell of="Expires">{expiresAt ? <Moment at={expiresAt} /> : 'never'}</Cell>
      <Cell of="Last used">
        {lastUsedAt ? <Ago at={lastUsedAt} /> : 'never'}
        {lastUsedIp && (
          <Text size="xs" c="dimmed">
            from {lastUsedIp}
          </Text>
        )}
      </Cell>
      <Cell of="Uses">{useCount.toLocaleString('en')}</Cell>
      <Cell of="State">
        <State secret={secret} now={now} />
      </Cell>
      <ActionsCell>
        {onRevoke && isLive(secret, now) && (
          <Button variant="default" size="xs" onClick={onRevoke} aria-label={`Revoke the key that ends in ${hint}`}>
            Revoke
          </Button>
        )}
      </ActionsCell>
    </Table.Tr>
  );
}

/** What the server says of a secret, in a word or two. */
function State({ secret, now }: { secret: SecretRowFragment; now: number }) {
  const { rotation, leak, revokedAt, lastUsedAt } = secret;
  if (leak) return <Tag color="danger">leaked</Tag>;
  if (revokedAt) return <Tag color="gray">revoked</Tag>;
  if (!isLive(secret, now)) return <Tag color="gray">expired</Tag>;
  if (rotation.safeToRevoke) return <Tag color="accent">safe to revoke</Tag>;
  if (!rotation.supersededAt) return <Tag color="accent">current</Tag>;
  if (!lastUsedAt) return <Tag color="notice">its successor was not used yet</Tag>;
  return <Tag color="notice">{`${isInUse(lastUsedAt, now) ? 'still in use' : 'last used'}, ${relatively(lastUsedAt, now)}`}</Tag>;
}

function Tag({ color, children }: { color: string; children: string }) {
  return (
    <Badge color={color} variant={color === 'gray' ? 'outline' : 'light'} tt="none" fw={500}>
      {children}
    </Badge>
  );
}

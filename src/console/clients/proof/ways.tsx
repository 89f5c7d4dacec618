import { Badge, Button, Group, Table, Text } from '@mantine/core';
import { ArrowSwitchIcon } from '@primer/octicons-react';
import { type ReactNode, useState } from 'react';
import { useViewer } from '../../api/viewer';
import { useNow } from '../../ui/clock';
import { ActionsCell, Cell, type Column, DataTable } from '../../ui/data-table';
import { Ago, Moment } from '../../ui/time';
import { isInUse } from '../../words/moment';
import { hasPublicKeys, hasSecretKey, labelOf } from '../auth-method';
import { ChangeDrawer } from './change-drawer';
import { BackDialog, EndDialog } from './former-dialogs';
import type { FormerWay, ProvenClient } from './proven-client';

const COLUMNS: Column[] = [{ label: 'Way' }, { label: 'Uses' }, { label: 'Last used' }, { label: 'State' }];

type Open = { kind: 'change' } | { kind: 'end' | 'back'; former: FormerWay };

/** The ways in which a client proves itself: the present one, and the one before while it goes on. */
export function Ways({ client }: { client: ProvenClient }) {
  const { may } = useViewer();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const { previousAuthMethod: former } = client;
  return (
    <>
      <Group justify="space-between" gap={8}>
        <Text size="sm" c="dimmed">
          How it proves who it is, and who would notice when that ends.
        </Text>
        {may('clients:write') && (
          <Button leftSection={<ArrowSwitchIcon />} onClick={() => setOpen({ kind: 'change' })}>
            Change
          </Button>
        )}
      </Group>
      <DataTable label="Ways in use" columns={COLUMNS} hasActions>
        <Present client={client} />
        {former && <Former former={former} onOpen={may('clients:write') ? (kind) => setOpen({ kind, former }) : undefined} />}
      </DataTable>
      {open?.kind === 'change' && <ChangeDrawer client={client} onClose={close} />}
      {open?.kind === 'end' && <EndDialog client={client} former={open.former} onClose={close} />}
      {open?.kind === 'back' && <BackDialog client={client} former={open.former} onClose={close} />}
    </>
  );
}

function Present({ client }: { client: ProvenClient }) {
  const isCounted = client.previousAuthMethod != null || client.authMethod === 'TLS_CLIENT_AUTH' || hasPublicKeys(client.authMethod);
  const use = isCounted ? client.authMethodUse : sumOfCredentials(client);
  return (
    <Way way={labelOf(client.authMethod)} use={use} otherwise={hasSecretKey(client.authMethod) ? 'see Secret keys' : '–'}>
      <State>
        <Tag color="accent">current</Tag>
      </State>
      <ActionsCell>{null}</ActionsCell>
    </Way>
  );
}

/** Whether anybody would notice, as far as its use tells. When that was stands beside it. */
function needOf({ use: { lastUsedAt } }: FormerWay, now: number): string {
  if (!lastUsedAt) return 'not used since the change';
  return isInUse(lastUsedAt, now) ? 'still in use' : 'not used lately';
}

function Former({ former, onOpen }: { former: FormerWay; onOpen: ((kind: 'end' | 'back') => void) | undefined }) {
  const now = useNow();
  return (
    <Way way={labelOf(former.authMethod)} use={former.use} otherwise="–">
      <State>
        {former.safeToEnd ? <Tag color="accent">safe to end</Tag> : <Tag color="notice">{needOf(former, now)}</Tag>}
        <Text size="xs" c="dimmed" mt={4}>
          ends <Moment at={former.endsAt} />
        </Text>
      </State>
      <ActionsCell>
        {onOpen && (
          <Group gap={8} justify="flex-end" wrap="nowrap">
            <Button variant="default" size="xs" onClick={() => onOpen('back')}>
              Go back
            </Button>
            <Button variant="default" size="xs" onClick={() => onOpen('end')}>
              End it now
            </Button>
          </Group>
        )}
      </ActionsCell>
    </Way>
  );
}

interface WayProps {
  way: string;
  use: FormerWay['use'] | null | undefined;
  /** What stands in place of a use that is told elsewhere. */
  otherwise: string;
  children: ReactNode;
}

function Way({ way, use, otherwise, children }: WayProps) {
  return (
    <Table.Tr role="row">
      <Cell of="Way">
        <Text span inherit fw={600}>
          {way}
        </Text>
      </Cell>
      <Cell of="Uses">{use ? use.useCount.toLocaleString('en') : otherwise}</Cell>
      <Cell of="Last used">
        {use?.lastUsedAt ? <Ago at={use.lastUsedAt} /> : use ? 'never' : otherwise}
        {use?.lastUsedIp && (
          <Text size="xs" c="dimmed">
            from {use.lastUsedIp}
          </Text>
        )}
      </Cell>
      {children}
    </Table.Tr>
  );
}

function State({ children }: { children: ReactNode }) {
  return <Cell of="State">{children}</Cell>;
}

function Tag({ color, children }: { color: string; children: string }) {
  return (
    <Badge color={color} variant="light" tt="none" fw={500}>
      {children}
    </Badge>
  );
}

/** Where no other way goes on beside it, each credential tells of all of its use. */
function sumOfCredentials({ authMethod, federatedCredentials }: ProvenClient): FormerWay['use'] | undefined {
  if (authMethod !== 'FEDERATED_JWT') return undefined;
  const useCount = federatedCredentials.reduce((sum, credential) => sum + credential.useCount, 0);
  const [last] = federatedCredentials
    .filter(({ lastUsedAt }) => lastUsedAt)
    .toSorted((a, b) => String(b.lastUsedAt).localeCompare(String(a.lastUsedAt)));
  return { useCount, lastUsedAt: last?.lastUsedAt ?? null, lastUsedIp: last?.lastUsedIp ?? null };
}

import { useQuery } from '@apollo/client/react';
import { Badge, Button, Group, Stack, Table, Text, Title } from '@mantine/core';
import { SyncIcon } from '@primer/octicons-react';
import { useState } from 'react';
import { type KeyRowFragment, SigningKeysDocument } from '../api/generated';
import { useReading } from '../api/reading';
import { ActionsCell, Cell, type Column, DataTable } from '../ui/data-table';
import { PageFrame } from '../ui/page-frame';
import { Failed, Stale, Waiting } from '../ui/states';
import { Moment } from '../ui/time';
import { useTitle } from '../ui/title';
import { RevokeKeyDialog } from './revoke-key-dialog';
import { RotateKeyDialog } from './rotate-key-dialog';

const POLL_MS = 30_000;
const STATES = { ACTIVE: 'active', NEXT: 'next', RETIRED: 'retired' } as const;
const COLUMNS: Column[] = [
  { label: 'Key id' },
  { label: 'State' },
  { label: 'Algorithm', yields: 'first' },
  { label: 'Published', yields: 'next' },
  { label: 'Signs from' },
  { label: 'Published until' },
];

/** The keys that sign access tokens: the one that does, the one that will, and those whose tokens still live. */
export function KeysPage() {
  useTitle('Signing keys');
  const { data, failure, retry } = useReading(useQuery(SigningKeysDocument, { pollInterval: POLL_MS }));
  const [doomed, setDoomed] = useState<KeyRowFragment>();
  const [isRotating, setRotating] = useState(false);
  const keys = data?.signingKeys;
  return (
    <PageFrame>
      <Group justify="space-between" mb="sm">
        <Title order={1}>Signing keys</Title>
        <Button leftSection={<SyncIcon />} disabled={!keys} onClick={() => setRotating(true)}>
          Rotate now
        </Button>
      </Group>
      <Text size="sm" c="dimmed" mb="md" maw={720}>
        Tokens are signed with the active key. The next one is published before it signs, so that every API knows it by then; a retired one
        stays published until the last token that it signed has expired. They follow one another by themselves.
      </Text>
      {failure && !keys && <Failed failure={failure} what="The signing keys could not be read" onRetry={retry} />}
      {failure && keys && <Stale failure={failure} onRetry={retry} />}
      {!failure && !keys && <Waiting rows={5} />}
      {keys && (
        <Stack gap="sm">
          <DataTable label="Signing keys" columns={COLUMNS} hasActions>
            {keys.map((key) => (
              <Row key={key.kid} signingKey={key} onRevoke={() => setDoomed(key)} />
            ))}
          </DataTable>
        </Stack>
      )}
      {isRotating && keys && <RotateKeyDialog keys={keys} onClose={() => setRotating(false)} />}
      {doomed && <RevokeKeyDialog signingKey={doomed} onClose={() => setDoomed(undefined)} />}
    </PageFrame>
  );
}

function Row({ signingKey, onRevoke }: { signingKey: KeyRowFragment; onRevoke(): void }) {
  const { kid, state, algorithm, createdAt, activatesAt, publishedUntil } = signingKey;
  return (
    <Table.Tr role="row">
      <Cell of="Key id">
        <code>{kid}</code>
      </Cell>
      <Cell of="State">
        <Badge color={state === 'ACTIVE' ? 'accent' : 'gray'} variant={state === 'RETIRED' ? 'outline' : 'light'} tt="none" fw={500}>
          {STATES[state]}
        </Badge>
      </Cell>
      <Cell of="Algorithm">{algorithm}</Cell>
      <Cell of="Published">
        <Moment at={createdAt} />
      </Cell>
      <Cell of="Signs from">{activatesAt ? <Moment at={activatesAt} /> : 'the next rotation'}</Cell>
      <Cell of="Published until">{publishedUntil ? <Moment at={publishedUntil} /> : '–'}</Cell>
      <ActionsCell>
        <Button variant="default" size="xs" onClick={onRevoke} aria-label={`Revoke the key ${kid}`}>
          Revoke
        </Button>
      </ActionsCell>
    </Table.Tr>
  );
}

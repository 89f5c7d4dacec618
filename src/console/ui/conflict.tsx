import { Alert, Button, Group, Stack, Table, Text } from '@mantine/core';
import { differencesOf, type Settings } from './draft';

interface ConflictProps<Draft> {
  /** What was saved: a client, say. */
  noun: string;
  settings: Settings<Draft>;
  drafts: { before: Draft; yours: Draft; theirs: Draft };
  onKeepYours(): void;
  onTakeTheirs(): void;
}

/** Somebody else saved the same in the meantime: both values side by side, and the question which of them shall be. */
export function Conflict<Draft extends object>({ noun, settings, drafts, onKeepYours, onTakeTheirs }: ConflictProps<Draft>) {
  const differences = differencesOf(settings, drafts);
  return (
    <Stack gap="md" role="alertdialog" aria-label={`Somebody else saved this ${noun}`}>
      <Alert color="notice" variant="light" p="sm" title={`Somebody else saved this ${noun} while you edited it.`}>
        Nothing of yours was saved yet. What you did not touch stays as they left it.
      </Alert>
      {differences.length === 0 ? (
        <Text size="sm">They made the same changes as you.</Text>
      ) : (
        <Table withTableBorder aria-label="Yours and theirs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Setting</Table.Th>
              <Table.Th>Yours</Table.Th>
              <Table.Th>Theirs, saved</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {differences.map(({ label, yours: mine, theirs: other, isContested }) => (
              <Table.Tr key={label}>
                <Table.Th scope="row">{label}</Table.Th>
                <Table.Td fw={isContested ? 600 : undefined}>
                  <bdi>{mine}</bdi>
                </Table.Td>
                <Table.Td>
                  <bdi>{other}</bdi>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Group gap={8}>
        <Button onClick={onKeepYours}>Save my changes</Button>
        <Button variant="default" onClick={onTakeTheirs}>
          Take theirs
        </Button>
      </Group>
    </Stack>
  );
}

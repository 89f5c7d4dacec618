import { Group, Stack, Tabs, Text } from '@mantine/core';
import type { SenderConstraint } from '../../api/generated';
import { CodeBlock } from '../../ui/code-block';
import { CopyButton } from '../../ui/copy';
import { BOUND_NOTES } from '../sender-constraint';
import type { ReadySnippet } from './snippets-federated';

interface RequestTabsProps {
  snippets: readonly ReadySnippet[];
  /** The one that is in sight first. */
  first: ReadySnippet | undefined;
  /** To what its tokens have to be bound. */
  constraint: SenderConstraint;
}

/** Requests for an access token that are filled in, one of them in sight. */
export function RequestTabs({ snippets, first, constraint }: RequestTabsProps) {
  return (
    <Stack gap="sm">
      <Tabs defaultValue={first ? tabOf(first) : null} keepMounted={false}>
        <Tabs.List aria-label="Ready-made requests">
          {snippets.map((snippet) => (
            <Tabs.Tab key={snippet.label} value={tabOf(snippet)}>
              {snippet.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {snippets.map((snippet) => (
          <Tabs.Panel key={snippet.label} value={tabOf(snippet)} pt={8}>
            <Request snippet={snippet} />
          </Tabs.Panel>
        ))}
      </Tabs>
      {constraint !== 'NONE' && <Text size="sm">{BOUND_NOTES[constraint]}</Text>}
    </Stack>
  );
}

/** What a tab is called for itself: it becomes a part of ids, which have no blanks. */
function tabOf({ label }: ReadySnippet): string {
  return label.replaceAll(' ', '-');
}

function Request({ snippet: { label, text, note } }: { snippet: ReadySnippet }) {
  return (
    <Stack gap={8}>
      <CodeBlock label={`Request for ${label}`} text={text} />
      <Group gap={8} justify="space-between">
        <Text size="sm" c="dimmed">
          {note}
        </Text>
        <CopyButton text={text}>{`Copy for ${label}`}</CopyButton>
      </Group>
    </Stack>
  );
}

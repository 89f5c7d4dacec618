import { Group, Stack, Tabs, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useViewer } from '../../api/viewer';
import { CodeBlock } from '../../ui/code-block';
import { CopyButton } from '../../ui/copy';
import { platformOf } from '../issuers/platforms';
import { makeWorkloadSnippets, type WorkloadSnippet } from './snippets-federated';

/** A credential, as far as requests are made from it. */
export interface SnippetCredential {
  issuer: string;
  audience: string;
  subject?: string | null;
}

interface WorkloadSnippetsProps {
  clientId: string;
  credentials: readonly SnippetCredential[];
  /** Whether its tokens have to be bound to a key. */
  isBound: boolean;
}

/** The same request on every cluster: it is called by what people look for. */
const TABS: Readonly<Record<string, string>> = { 'AWS (EKS)': 'Kubernetes' };

/** Requests for an access token that are filled in, the one of the client's own platform first in sight. */
export function WorkloadSnippets({ clientId, credentials, isBound }: WorkloadSnippetsProps) {
  const { tenant } = useViewer();
  const [first] = credentials;
  const { snippets, own } = useMemo(() => {
    const workload = {
      tokenUrl: `${tenant.issuer}/connect/token`,
      clientId,
      audience: first?.audience ?? tenant.issuer,
      subject: first?.subject ?? undefined,
    };
    const made = makeWorkloadSnippets(workload);
    const platform = first && platformOf(first.issuer)?.name;
    const label = platform === undefined ? undefined : (TABS[platform] ?? platform);
    return { snippets: made, own: made.find((one) => one.label === label) ?? made.at(-1) };
  }, [tenant.issuer, clientId, first]);
  return (
    <Stack gap="sm">
      <Tabs defaultValue={own ? tabOf(own) : null} keepMounted={false}>
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
      {isBound && (
        <Text size="sm">
          Its tokens are bound to a key: the request needs a DPoP header with a proof as well, which curl does not make.
        </Text>
      )}
    </Stack>
  );
}

/** What a tab is called for itself: it becomes a part of ids, which have no blanks. */
function tabOf({ label }: WorkloadSnippet): string {
  return label.replaceAll(' ', '-');
}

function Request({ snippet: { label, text, note } }: { snippet: WorkloadSnippet }) {
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

import { Button, Checkbox, Code, Group, Modal, Stack, Tabs, Text, TextInput } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { CodeBlock } from '../../ui/code-block';
import { CopyButton } from '../../ui/copy';
import { DownloadButton } from '../../ui/download';
import { useLeaveWarning } from '../../ui/form-drawer';
import { tellDone } from '../../ui/toast';
import classes from './secret-dialog.module.css';
import { makeSnippets, type Snippet } from './snippets';
import type { MadeSecret } from './vault';

/** Shows a secret for the only time. It goes neither by a stray click nor by Escape, and takes the secret with it. */
export function SecretDialog({ made, onClose }: { made: MadeSecret; onClose(): void }) {
  useLeaveWarning(true);
  useEffect(() => () => made.vault.empty(), [made]);
  const putAway = () => {
    made.vault.empty();
    onClose();
    tellDone(made.done);
  };
  return (
    <Modal
      opened
      onClose={() => undefined}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      title="Copy the secret key now"
      size={680}
    >
      <Stack gap="md">
        <Text size="sm">
          This is the only time it is shown. If it is lost, rotate it. Hand it, with the client id <Code>{made.clientId}</Code>, to whoever
          runs <bdi>{made.name}</bdi>.
        </Text>
        <SecretField secret={made.vault.secret} />
        {made.authMethod === 'CLIENT_SECRET_JWT' && (
          <Text size="sm">The application signs with this key and does not send it: its OAuth library calls that client_secret_jwt.</Text>
        )}
        <Requests made={made} />
        <Farewell onDone={putAway} />
      </Stack>
    </Modal>
  );
}

function SecretField({ secret }: { secret: string }) {
  return (
    <Group align="flex-end" gap={8} wrap="nowrap">
      <TextInput
        label="Secret key"
        readOnly
        value={secret}
        flex={1}
        classNames={{ input: classes.secret }}
        onFocus={(event) => event.currentTarget.select()}
        data-autofocus
      />
      <CopyButton text={secret} />
    </Group>
  );
}

function Farewell({ onDone }: { onDone(): void }) {
  const [isSaved, setSaved] = useState(false);
  return (
    <Group justify="space-between">
      <Checkbox label="I have saved the secret key" checked={isSaved} onChange={(event) => setSaved(event.currentTarget.checked)} />
      <Button disabled={!isSaved} onClick={onDone}>
        Done
      </Button>
    </Group>
  );
}

function Requests({ made }: { made: MadeSecret }) {
  const snippets = useMemo(() => toSnippets(made), [made]);
  return (
    <Tabs defaultValue={snippets[0]?.label} keepMounted={false}>
      <Tabs.List aria-label="Ready-made requests">
        {snippets.map(({ label }) => (
          <Tabs.Tab key={label} value={label}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {snippets.map((snippet) => (
        <Tabs.Panel key={snippet.label} value={snippet.label} pt={8}>
          <Request snippet={snippet} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

function Request({ snippet: { label, text, fileName, mediaType } }: { snippet: Snippet }) {
  return (
    <Stack gap={8}>
      <CodeBlock label={`Request for ${label}`} text={text} height={200} />
      <Group gap={8} justify="flex-end">
        <DownloadButton {...{ text, fileName, mediaType }}>Download {fileName}</DownloadButton>
        <CopyButton text={text}>{`Copy as ${label}`}</CopyButton>
      </Group>
    </Stack>
  );
}

/** A request that sends the key works only for those who prove themselves by sending it. */
function toSnippets({ vault, issuer, clientId, authMethod }: MadeSecret): Snippet[] {
  const snippets = makeSnippets({ issuer, tokenUrl: `${issuer}/connect/token`, clientId, secret: vault.secret, scopes: [] });
  return authMethod === 'SECRET' ? snippets : snippets.filter(({ label }) => label === '.env');
}

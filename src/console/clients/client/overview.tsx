import { useQuery } from '@apollo/client/react';
import { SegmentedControl, Stack } from '@mantine/core';
import { AlertIcon, InfoIcon } from '@primer/octicons-react';
import { useState } from 'react';
import { ClientUsageDocument } from '../../api/generated';
import { useReading } from '../../api/reading';
import { useNow } from '../../ui/clock';
import { Panel } from '../../ui/page-frame';
import { Failed, Stale, Waiting } from '../../ui/states';
import { UsageChart } from '../../ui/usage-chart';
import { findingsOf } from './findings';
import classes from './overview.module.css';
import type { ShownClient } from './shown-client';

const SPANS = [
  { label: '24 h', hours: 24, hoursABar: 1 },
  { label: '7 d', hours: 168, hoursABar: 1 },
  { label: '30 d', hours: 720, hoursABar: 6 },
] as const;
const POLL_MS = 30_000;

/** How a client is used, and what deserves a look. */
export function Overview({ client }: { client: ShownClient }) {
  return (
    <Stack gap="md">
      <Findings client={client} />
      <Usage clientId={client.clientId} />
    </Stack>
  );
}

function Findings({ client }: { client: ShownClient }) {
  const findings = findingsOf(client, useNow());
  if (findings.length === 0) return null;
  return (
    <ul className={classes.findings} aria-label="Findings">
      {findings.map(({ text, isPressing }) => (
        <li key={text} className={isPressing ? classes.pressing : classes.finding}>
          {isPressing ? <AlertIcon /> : <InfoIcon />}
          <span>{text}</span>
        </li>
      ))}
    </ul>
  );
}

function Usage({ clientId }: { clientId: string }) {
  const [label, setLabel] = useState<string>('24 h');
  const { hours, hoursABar } = SPANS.find((span) => span.label === label) ?? SPANS[0];
  const { data, failure, retry } = useReading(useQuery(ClientUsageDocument, { variables: { clientId, hours }, pollInterval: POLL_MS }));
  const usage = data?.client?.usage;
  return (
    <Panel
      label="Tokens issued and requests refused"
      head={<SegmentedControl size="xs" value={label} onChange={setLabel} data={SPANS.map((span) => span.label)} aria-label="Time span" />}
    >
      {failure && !usage && <Failed failure={failure} what="The use could not be read" onRetry={retry} />}
      {!failure && !usage && <Waiting rows={5} />}
      {failure && usage && <Stale failure={failure} onRetry={retry} />}
      {usage && <UsageChart hours={usage} hoursABar={hoursABar} />}
    </Panel>
  );
}

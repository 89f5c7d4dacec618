import { ActionIcon, Badge, Group, Text } from '@mantine/core';
import { PencilIcon, TrashIcon } from '@primer/octicons-react';
import { Link } from 'wouter';
import type { ClientRowFragment } from '../../api/generated';
import { useViewer } from '../../api/viewer';
import { broughtUpToDate } from '../../ui/bars';
import { useNow } from '../../ui/clock';
import { Sparkline } from '../../ui/sparkline';
import { Ago } from '../../ui/time';
import { counted } from '../../words/counted';
import { lifetimeInShort, lifetimeInWords } from '../../words/duration';
import { exactly, relatively } from '../../words/moment';
import { labelOf } from '../auth-method';
import { useClientDialogs } from '../dialogs-context';
import { countRequests } from '../refusals';
import { addressOf } from './address';
import classes from './client-cells.module.css';

/** The name of a client, which leads to its page. */
export function NameLink({ client: { name, clientId } }: { client: Pick<ClientRowFragment, 'name' | 'clientId'> }) {
  return (
    <Link href={addressOf(clientId)} className={classes.name} title={name} dir="auto">
      {name}
    </Link>
  );
}

/** A lifetime in words, in seconds on hover. @param isShort where there is room for few words only */
export function Lifetime({ seconds, isShort = false }: { seconds: number; isShort?: boolean }) {
  const exact = `${seconds.toLocaleString('en')} s`;
  const words = lifetimeInWords(seconds);
  const shown = isShort ? lifetimeInShort(seconds) : words;
  return <span title={shown === words ? exact : `${words} (${exact})`}>{shown}</span>;
}

/** How a client proves who it is, in the words of its page. */
export function Way({ client: { authMethod } }: { client: Pick<ClientRowFragment, 'authMethod'> }) {
  const way = labelOf(authMethod);
  return (
    <span className={classes.way} title={`It proves itself by ${way}`}>
      {way}
    </span>
  );
}

/** When a client was last used. */
export function LastUse({ at }: { at: string | null | undefined }) {
  return at ? (
    <Ago at={at} />
  ) : (
    <Text span inherit c="dimmed">
      never
    </Text>
  );
}

/** What is out of the ordinary: that a client gets no tokens, that a secret of its is about to end. */
export function Status({ client: { enabled, secrets } }: { client: Pick<ClientRowFragment, 'enabled' | 'secrets'> }) {
  const now = useNow();
  const ends = secrets.map(({ expiresAt }) => expiresAt).filter((end): end is string => end != null && Date.parse(end) > now);
  const next = ends.toSorted()[0];
  return (
    <Group gap={4}>
      {!enabled && <EnabledBadge enabled={enabled} />}
      {next && (
        <Badge
          color="notice"
          variant="light"
          tt="none"
          fw={500}
          className={classes.badge}
          title={`A secret key expires at ${exactly(next)}`}
        >
          key expires {relatively(next, now)}
        </Badge>
      )}
    </Group>
  );
}

/** Whether a client gets tokens. */
export function EnabledBadge({ enabled }: { enabled: boolean }) {
  return (
    <Badge color={enabled ? 'accent' : 'gray'} variant={enabled ? 'light' : 'outline'} tt="none" fw={500} className={classes.badge}>
      {enabled ? 'Enabled' : 'Disabled'}
    </Badge>
  );
}

/** How many tokens a client got in the last 24 hours, in number and by hour, and how many requests of its were refused. */
export function Usage({ client: { usage, lately } }: { client: Pick<ClientRowFragment, 'usage' | 'lately'> }) {
  const hours = broughtUpToDate(usage, lately);
  const { issued, refused, areManyRefused } = countRequests(hours);
  return (
    <Group gap={8} wrap="nowrap">
      <Sparkline values={hours.map((hour) => hour.issued)} label={`${counted(issued, 'token')} in the last 24 hours`} />
      <span className={classes.numbers}>
        <span aria-hidden="true">{issued.toLocaleString('en')}</span>
        {refused > 0 && (
          <Text span size="xs" c={areManyRefused ? 'var(--mantine-color-error)' : 'dimmed'} title="Requests refused in the last 24 hours">
            {refused.toLocaleString('en')} refused
          </Text>
        )}
      </span>
    </Group>
  );
}

/** What can be done with a client from the list. */
export function RowActions({ client: { name, clientId } }: { client: Pick<ClientRowFragment, 'name' | 'clientId'> }) {
  const { may } = useViewer();
  const { openEdit, openDelete } = useClientDialogs();
  if (!may('clients:write')) return null;
  return (
    <>
      <ActionIcon variant="subtle" color="gray" aria-label={`Edit ${name}`} title="Edit" onClick={() => openEdit(clientId)}>
        <PencilIcon />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-label={`Delete ${name}`} title="Delete" onClick={() => openDelete(clientId)}>
        <TrashIcon />
      </ActionIcon>
    </>
  );
}

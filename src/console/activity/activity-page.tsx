import { useApolloClient } from '@apollo/client/react';
import { Button, Group, NativeSelect, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { DownloadIcon, SyncIcon } from '@primer/octicons-react';
import { type ChangeEvent, useMemo, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useAction, useRefresh } from '../api/action';
import type { AuditFilter } from '../api/generated';
import { useViewer } from '../api/viewer';
import { download } from '../ui/download';
import { PageFrame } from '../ui/page-frame';
import { useTitle } from '../ui/title';
import { tellDone } from '../ui/toast';
import { Trouble } from '../ui/trouble';
import { zoneAt } from '../words/moment';
import { PLAIN_TEXT } from '../words/plain-text';
import classes from './activity-page.module.css';
import { AuditList } from './audit-list';
import { exportCsv } from './csv';
import { ACTIONS, OBJECTS } from './words';

const PAUSE_MS = 250;
/** No id and no name is longer. */
const LONGEST = 255;
const FIELDS = ['action', 'objectType', 'objectId', 'actorId', 'since', 'until'] as const;

type Field = (typeof FIELDS)[number];
type Values = Record<Field, string>;

/** The record of what was done: who, what, on what, when, from where. */
export function ActivityPage() {
  useTitle('Activity');
  const [values, change] = useFilter();
  const [settled] = useDebouncedValue(values, PAUSE_MS);
  const filter = useMemo(() => toFilter(settled), [settled]);
  const refresh = useRefresh();
  return (
    <PageFrame>
      <Group justify="space-between" mb="sm">
        <Title order={1}>Activity</Title>
        <Group gap={8}>
          <Button variant="default" leftSection={<SyncIcon />} onClick={refresh}>
            Refresh
          </Button>
          <Export filter={filter} />
        </Group>
      </Group>
      <Filter values={values} change={change} />
      <AuditList filter={filter} />
    </PageFrame>
  );
}

type Change = (field: Field, value: string) => void;

function Filter({ values, change }: { values: Values; change: Change }) {
  const propsOf = (field: Field) => ({
    value: values[field],
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLSelectElement>) => change(field, event.currentTarget.value),
  });
  return (
    <search className={classes.filter} aria-label="Filter the record">
      <NativeSelect label="What" data={optionsOf(ACTIONS)} {...propsOf('action')} />
      <NativeSelect label="On what" data={optionsOf(OBJECTS)} {...propsOf('objectType')} />
      <TextInput
        label="Its id, or a part"
        placeholder="client id, kid, host"
        maxLength={LONGEST}
        {...PLAIN_TEXT}
        {...propsOf('objectId')}
      />
      <TextInput label="Who, or a part" placeholder="client id, name" maxLength={LONGEST} {...PLAIN_TEXT} {...propsOf('actorId')} />
      <TextInput label={`From (${zoneOf(values.since)})`} type="datetime-local" {...propsOf('since')} />
      <TextInput label={`Until (${zoneOf(values.until)})`} type="datetime-local" {...propsOf('until')} />
    </search>
  );
}

/** In which zone a time is read that somebody entered: summer and winter differ. */
function zoneOf(text: string): string {
  const moment = new Date(text);
  return zoneAt(Number.isNaN(moment.getTime()) ? new Date() : moment);
}

/** The filter stands in the address, so that it can be kept and shared. */
function useFilter(): [Values, Change] {
  const [parameters, setParameters] = useSearchParams();
  const values = Object.fromEntries(FIELDS.map((field) => [field, parameters.get(field) ?? ''])) as Values;
  const change = (field: Field, value: string) => {
    const set = (before: URLSearchParams) => {
      const next = new URLSearchParams(before);
      if (value === '') next.delete(field);
      else next.set(field, value);
      return next;
    };
    setParameters(set, { replace: true });
  };
  return [values, change];
}

/** What the API can be asked; what is not sound in an address that somebody wrote counts as absent. */
function toFilter({ action, objectType, objectId, actorId, since, until }: Values): AuditFilter {
  return {
    ...(Object.hasOwn(ACTIONS, action) && { action: action as keyof typeof ACTIONS }),
    ...(Object.hasOwn(OBJECTS, objectType) && { objectType: objectType as keyof typeof OBJECTS }),
    ...(objectId.trim() && { objectIdContains: objectId.trim().slice(0, LONGEST) }),
    ...(actorId.trim() && { actorContains: actorId.trim().slice(0, LONGEST) }),
    ...momentOf('since', since),
    ...momentOf('until', until),
  };
}

function momentOf(name: 'since' | 'until', text: string): Pick<AuditFilter, 'since' | 'until'> {
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? {} : { [name]: new Date(moment).toISOString() };
}

function optionsOf(words: Record<string, string>) {
  const options = Object.entries(words).map(([value, label]) => ({ value, label }));
  return [{ value: '', label: 'all' }, ...options.toSorted((a, b) => a.label.localeCompare(b.label))];
}

function Export({ filter }: { filter: AuditFilter }) {
  const api = useApolloClient();
  const { tenant } = useViewer();
  const [count, setCount] = useState(0);
  const save = useAction(async () => {
    setCount(0);
    const { text, entries } = await exportCsv(api, filter, setCount);
    download({ text, fileName: `activity-${tenant.host.replace(/[^a-z0-9.-]/gi, '-')}.csv`, mediaType: 'text/csv' });
    tellDone(`${entries.toLocaleString('en')} entries were exported.`);
  });
  return (
    <Group gap={8}>
      <Trouble failure={save.failure} ifUnknown="Nothing was exported; try again." />
      <Button variant="default" leftSection={<DownloadIcon />} disabled={save.isBusy} onClick={() => save.run()}>
        {save.isBusy ? `Exporting, ${count.toLocaleString('en')} so far` : 'Export CSV'}
      </Button>
    </Group>
  );
}

import { useQuery } from '@apollo/client/react';
import { Table, Text, UnstyledButton } from '@mantine/core';
import { ChevronDownIcon, ChevronRightIcon } from '@primer/octicons-react';
import { Fragment, useState } from 'react';
import { AuditEventsDocument, type AuditEventsQuery, type AuditFilter, type AuditRowFragment } from '../api/generated';
import { useReading } from '../api/reading';
import { Cell, type Column, DataTable } from '../ui/data-table';
import { ShowMore } from '../ui/show-more';
import { Failed, Nothing, Stale, Waiting } from '../ui/states';
import { exactly } from '../words/moment';
import classes from './audit-list.module.css';
import { ACTIONS, actorOf, changesIn, OBJECTS } from './words';

const PAGE_SIZE = 50;
const PARTS_AT_ONCE = 20;
const COLUMNS: Column[] = [{ label: 'When' }, { label: 'Who' }, { label: 'What' }, { label: 'On what' }, { label: 'From', yields: 'next' }];

/** Entries of the record, the newest first, more of them when asked for. */
export function AuditList({ filter }: { filter: AuditFilter }) {
  // One list a filter: what comes late is for the list that asked.
  return <Entries key={JSON.stringify(filter)} filter={filter} />;
}

function Entries({ filter }: { filter: AuditFilter }) {
  const query = useQuery(AuditEventsDocument, { variables: { filter, first: PAGE_SIZE } });
  const { data, failure, isWaiting, retry } = useReading(query);
  const events = data?.auditEvents;
  if (!events && failure) return <Failed failure={failure} what="The record could not be read" onRetry={retry} />;
  if (!events) return <Waiting rows={10} />;
  const { hasNextPage, endCursor } = events.pageInfo;
  if (events.nodes.length === 0 && !hasNextPage)
    return <Nothing title="Nothing on record">No entry is like that. Entries are kept for as long as the operator set.</Nothing>;
  const more = async () => {
    let after = endCursor;
    // Of a long record a part is looked through at a time: there may be nothing in it.
    for (let part = 0; part < PARTS_AT_ONCE; part += 1) {
      const { data: next } = await query.fetchMore({ variables: { after }, updateQuery: append });
      if (!next || next.auditEvents.nodes.length > 0 || !next.auditEvents.pageInfo.hasNextPage) return;
      after = next.auditEvents.pageInfo.endCursor;
    }
  };
  return (
    <>
      {failure && <Stale failure={failure} onRetry={retry} />}
      <DataTable label="Activity" columns={COLUMNS} aria-busy={isWaiting}>
        {events.nodes.map((event) => (
          <Entry key={event.id} event={event} />
        ))}
      </DataTable>
      <ShowMore hasMore={hasNextPage} more={more}>
        {events.nodes.length === 0
          ? 'Nothing among the newest entries; there are older ones'
          : `${events.nodes.length.toLocaleString('en')} shown${hasNextPage ? ', there are more' : ', these are all'}`}
      </ShowMore>
    </>
  );
}

function append(before: AuditEventsQuery, { fetchMoreResult }: { fetchMoreResult: AuditEventsQuery }): AuditEventsQuery {
  const { nodes, pageInfo } = fetchMoreResult.auditEvents;
  return { ...before, auditEvents: { ...before.auditEvents, pageInfo, nodes: [...before.auditEvents.nodes, ...nodes] } };
}

function Entry({ event }: { event: AuditRowFragment }) {
  const [isOpen, setOpen] = useState(false);
  const hasMore = event.before !== null || event.after !== null;
  const Arrow = isOpen ? ChevronDownIcon : ChevronRightIcon;
  return (
    <Fragment>
      <Table.Tr role="row">
        <Cell of="When">
          <time dateTime={event.at}>{exactly(event.at)}</time>
        </Cell>
        <Cell of="Who" title={event.actorId ?? undefined}>
          <bdi>{actorOf(event)}</bdi>
        </Cell>
        <Cell of="What">
          {hasMore ? (
            <UnstyledButton className={classes.toggle} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              <Arrow size={12} /> {ACTIONS[event.action]}
            </UnstyledButton>
          ) : (
            <span className={classes.plain}>{ACTIONS[event.action]}</span>
          )}
        </Cell>
        <Cell of="On what" className={classes.object}>
          <Text span size="xs" c="dimmed">
            {OBJECTS[event.objectType]}
          </Text>{' '}
          <code>{event.objectId}</code>
        </Cell>
        <Cell of="From">{event.address ?? '–'}</Cell>
      </Table.Tr>
      {isOpen && (
        <Table.Tr role="row">
          <Table.Td role="cell" colSpan={COLUMNS.length} className={classes.detail}>
            <Changes event={event} />
          </Table.Td>
        </Table.Tr>
      )}
    </Fragment>
  );
}

function Changes({ event }: { event: AuditRowFragment }) {
  return (
    <dl className={classes.changes}>
      {changesIn(event).map(({ name, before, after }) => (
        <div key={name} className={classes.change}>
          <dt>{name}</dt>
          <dd>
            {before && <del>{before}</del>} {after && <ins>{after}</ins>}
          </dd>
        </div>
      ))}
      {event.requestId && (
        <div className={classes.change}>
          <dt>request</dt>
          <dd>{event.requestId}</dd>
        </div>
      )}
    </dl>
  );
}

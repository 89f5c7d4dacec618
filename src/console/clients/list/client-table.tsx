import { Table } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { KeyboardEvent, MouseEvent } from 'react';
import { useLocation } from 'wouter';
import type { ClientRowFragment } from '../../api/generated';
import { ActionsCell, Cell, type Column, DataTable } from '../../ui/data-table';
import { addressOf } from './address';
import { ClientCards } from './client-cards';
import { LastUse, Lifetime, NameLink, RowActions, Status, Usage, Way } from './client-cells';
import classes from './client-table.module.css';
import type { ListQuestion, Sort } from './list-question';

interface ClientTableProps {
  clients: readonly ClientRowFragment[];
  question: ListQuestion;
  ask(change: Partial<ListQuestion>): void;
}

/** A page of clients: a table, or where there is no room for one, cards. */
export function ClientTable({ clients, question, ask }: ClientTableProps) {
  const isNarrow = useMediaQuery('(max-width: 63.99em)');
  if (isNarrow) return <ClientCards clients={clients} />;
  const sortedBy = (sort: Sort) => sortingBy(sort, { question, ask });
  const columns: Column[] = [
    { label: 'Name', sorting: sortedBy('name') },
    { label: 'Client Id', sorting: sortedBy('client-id') },
    { label: 'Access token lifetime' },
    { label: 'Status' },
    { label: 'Last used', sorting: sortedBy('used'), yields: 'next' },
    { label: 'Last 24 hours', yields: 'first' },
  ];
  return (
    <DataTable label="Clients" columns={columns} hasActions highlightOnHover onKeyDown={moveBetweenRows}>
      {clients.map((client) => (
        <Row key={client.id} client={client} />
      ))}
    </DataTable>
  );
}

function Row({ client }: { client: ClientRowFragment }) {
  const [, navigate] = useLocation();
  const open = (event: MouseEvent<HTMLElement>) => {
    const isOnControl = (event.target as HTMLElement).closest('a, button');
    const isSelecting = window.getSelection()?.type === 'Range';
    if (isOnControl || isSelecting) return;
    if (event.ctrlKey || event.metaKey) window.open(addressOf(client.clientId), '_blank', 'noopener');
    else navigate(addressOf(client.clientId));
  };
  return (
    <Table.Tr role="row" className={classes.row} onClick={open}>
      <Cell of="Name" className={classes.name}>
        <NameLink client={client} />
      </Cell>
      <Cell of="Client Id" className={classes.id} title={client.clientId}>
        <code>{client.clientId}</code>
        <Way client={client} />
      </Cell>
      <Cell of="Access token lifetime">
        <Lifetime isShort seconds={client.accessTokenLifetime} />
      </Cell>
      <Cell of="Status">
        <Status client={client} />
      </Cell>
      <Cell of="Last used">
        <LastUse at={client.lastUsedAt} />
      </Cell>
      <Cell of="Last 24 hours">
        <Usage client={client} />
      </Cell>
      <ActionsCell>
        <RowActions client={client} />
      </ActionsCell>
    </Table.Tr>
  );
}

/** A column that turns round when it is pressed again; what was used last comes first at first. */
function sortingBy(sort: Sort, { question, ask }: Pick<ClientTableProps, 'question' | 'ask'>): Column['sorting'] {
  const isSorted = question.sort === sort;
  const order = question.isDescending ? 'descending' : 'ascending';
  return {
    order: isSorted ? order : 'none',
    turn: () => ask({ sort, isDescending: isSorted ? !question.isDescending : sort === 'used' }),
  };
}

/** The arrows go from row to row, Home and End to the first and the last. */
function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const row = (event.target as HTMLElement).closest('tbody tr');
  if (!row) return;
  const target = {
    ArrowDown: row.nextElementSibling,
    ArrowUp: row.previousElementSibling,
    Home: row.parentElement?.firstElementChild,
    End: row.parentElement?.lastElementChild,
  }[event.key];
  if (!target) return;
  event.preventDefault();
  target.querySelector<HTMLElement>('a')?.focus();
}

import { Table, UnstyledButton } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { ChevronDownIcon, ChevronUpIcon } from '@primer/octicons-react';
import type { KeyboardEvent, MouseEvent } from 'react';
import { useLocation } from 'wouter';
import type { ClientRowFragment } from '../api/generated';
import { ActionsCell, ActionsHead, DataTable, Heads } from '../look/data-table';
import { addressOf } from './address';
import { ClientCards } from './client-cards';
import { LastUse, Lifetime, NameLink, RowActions, Status, Usage } from './client-cells';
import classes from './client-table.module.css';
import type { ListQuestion, Sort } from './list-question';

interface ClientTableProps {
  clients: readonly ClientRowFragment[];
  question: ListQuestion;
  ask(change: Partial<ListQuestion>): void;
}

/** A page of clients: a table, or on a phone cards. */
export function ClientTable({ clients, question, ask }: ClientTableProps) {
  const isNarrow = useMediaQuery('(max-width: 47.99em)');
  if (isNarrow) return <ClientCards clients={clients} />;
  const sorting = { question, ask };
  const head = (
    <>
      <SortHeader column="name" label="Name" {...sorting} />
      <SortHeader column="client-id" label="Client Id" {...sorting} />
      <Heads labels={['Access token lifetime', 'Status']} />
      <SortHeader column="used" label="Last used" {...sorting} />
      <Heads labels={['Last 24 hours']} />
      <ActionsHead />
    </>
  );
  return (
    <DataTable label="Clients" head={head} highlightOnHover onKeyDown={moveBetweenRows}>
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
    <Table.Tr className={classes.row} onClick={open}>
      <Table.Td className={classes.name}>
        <NameLink client={client} />
      </Table.Td>
      <Table.Td className={classes.id}>
        <code>{client.clientId}</code>
      </Table.Td>
      <Table.Td>
        <Lifetime seconds={client.accessTokenLifetime} />
      </Table.Td>
      <Table.Td>
        <Status client={client} />
      </Table.Td>
      <Table.Td>
        <LastUse at={client.lastUsedAt} />
      </Table.Td>
      <Table.Td>
        <Usage hours={client.usage} />
      </Table.Td>
      <ActionsCell>
        <RowActions client={client} />
      </ActionsCell>
    </Table.Tr>
  );
}

interface SortHeaderProps extends Pick<ClientTableProps, 'question' | 'ask'> {
  column: Sort;
  label: string;
}

function SortHeader({ column, label, question, ask }: SortHeaderProps) {
  const isSorted = question.sort === column;
  const direction = question.isDescending ? 'descending' : 'ascending';
  const Arrow = question.isDescending ? ChevronDownIcon : ChevronUpIcon;
  const turn = () => ask({ sort: column, isDescending: isSorted ? !question.isDescending : column === 'used' });
  return (
    <Table.Th aria-sort={isSorted ? direction : 'none'}>
      <UnstyledButton className={classes.sort} onClick={turn}>
        {label}
        {isSorted && <Arrow size={12} />}
      </UnstyledButton>
    </Table.Th>
  );
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

import { Table, type TableProps } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './data-table.module.css';

/** A table on a surface of its own. What does not fit scrolls inside it. @param label what it is a table of */
export function DataTable({ label, head, children, ...props }: TableProps & { label: string; head: ReactNode }) {
  return (
    <div className={classes.surface}>
      <Table aria-label={label} className={classes.table} {...props}>
        <Table.Thead>
          <Table.Tr>{head}</Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  );
}

/** The heads of columns that do nothing but name them. */
export function Heads({ labels }: { labels: readonly string[] }) {
  return labels.map((label) => <Table.Th key={label}>{label}</Table.Th>);
}

/** The head of the column with what can be done; its name is for those who cannot see that. */
export function ActionsHead() {
  return (
    <Table.Th>
      <span className={classes.unseen}>Actions</span>
    </Table.Th>
  );
}

/** A cell with what can be done. */
export function ActionsCell({ children }: { children: ReactNode }) {
  return <Table.Td className={classes.actions}>{children}</Table.Td>;
}

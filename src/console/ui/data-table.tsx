import { Table, type TableProps, UnstyledButton } from '@mantine/core';
import { ChevronDownIcon, ChevronUpIcon } from '@primer/octicons-react';
import { createContext, type ReactNode, use } from 'react';
import classes from './data-table.module.css';

/** A column of a table, known by its label. */
export interface Column {
  label: string;
  /** Whether it gives way where there is little room: `first` before `next`. On a phone, where rows are cards, each is shown. */
  yields?: 'first' | 'next';
  sorting?: Sorting;
}

interface Sorting {
  /** `none` when the rows are in another column's order. */
  order: 'ascending' | 'descending' | 'none';
  turn(): void;
}

interface DataTableProps extends TableProps {
  /** What it is a table of. */
  label: string;
  columns: readonly Column[];
  /** Whether rows end in what can be done. */
  hasActions?: boolean;
}

const Columns = createContext<readonly Column[]>([]);

/** A table on a surface of its own: its head stays in sight, what does not fit scrolls inside it, and on a phone rows are cards. */
export function DataTable({ label, columns, hasActions = false, children, ...props }: DataTableProps) {
  return (
    <Columns value={columns}>
      <div className={classes.frame}>
        <div className={classes.surface}>
          {/* Roles, because cards are no table to some browsers. */}
          <Table role="table" aria-label={label} className={classes.table} {...props}>
            <Table.Thead role="rowgroup">
              <Table.Tr role="row">
                {columns.map((column) => (
                  <Head key={column.label} column={column} />
                ))}
                {hasActions && (
                  <Table.Th role="columnheader" className={classes.actions}>
                    <span className={classes.unseen}>Actions</span>
                  </Table.Th>
                )}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody role="rowgroup">{children}</Table.Tbody>
          </Table>
        </div>
      </div>
    </Columns>
  );
}

function Head({ column: { label, yields, sorting } }: { column: Column }) {
  const Arrow = sorting?.order === 'descending' ? ChevronDownIcon : ChevronUpIcon;
  return (
    <Table.Th role="columnheader" aria-sort={sorting?.order} data-yields={yields}>
      {sorting ? (
        <UnstyledButton className={classes.sort} onClick={sorting.turn}>
          {label}
          {sorting.order !== 'none' && <Arrow size={12} />}
        </UnstyledButton>
      ) : (
        label
      )}
    </Table.Th>
  );
}

interface CellProps {
  /** The label of its column. */
  of: string;
  className?: string;
  title?: string;
  children: ReactNode;
}

/** A cell of a column. The first of a row names the row. */
export function Cell({ of, children, ...props }: CellProps) {
  const columns = use(Columns);
  const index = columns.findIndex(({ label }) => label === of);
  const attributes = { 'data-label': of, 'data-yields': columns[index]?.yields, ...props };
  if (index > 0) {
    return (
      <Table.Td role="cell" {...attributes}>
        {children}
      </Table.Td>
    );
  }
  return (
    <Table.Th scope="row" role="rowheader" {...attributes}>
      {children}
    </Table.Th>
  );
}

/** A cell with what can be done. */
export function ActionsCell({ children }: { children: ReactNode }) {
  return (
    <Table.Td role="cell" className={classes.actions}>
      {children}
    </Table.Td>
  );
}

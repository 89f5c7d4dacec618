import { Group, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import classes from './page-frame.module.css';

/** The measure and the margins of a page. */
export function PageFrame({ children }: { children: ReactNode }) {
  return <div className={classes.frame}>{children}</div>;
}

interface PanelProps {
  /** What it is of: its heading. */
  label: string;
  /** Beside the heading. Without it the heading is for those alone who do not see the page: what it says is plain to see. */
  head?: ReactNode;
  children: ReactNode;
}

/** A surface that stands out from the page. */
export function Panel({ label, head, children }: PanelProps) {
  const id = useId();
  const title = (
    <Title order={2} id={id} fz="md" className={head === undefined ? classes.unseen : undefined}>
      {label}
    </Title>
  );
  return (
    <section className={classes.panel} aria-labelledby={id}>
      {head === undefined ? (
        title
      ) : (
        <Group justify="space-between" mb="sm">
          {title}
          {head}
        </Group>
      )}
      {children}
    </section>
  );
}

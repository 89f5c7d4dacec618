import type { ReactNode } from 'react';
import classes from './page-frame.module.css';

/** The measure and the margins of a page. */
export function PageFrame({ children }: { children: ReactNode }) {
  return <div className={classes.frame}>{children}</div>;
}

/** A surface that stands out from the page. */
export function Panel({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <section className={classes.panel} aria-label={label}>
      {children}
    </section>
  );
}

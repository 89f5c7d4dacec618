import { Button, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Failure } from '../api/failure';
import { useRetryIn } from './retry';
import classes from './states.module.css';

/** Stands for what is on its way, in its shape. It shows only when that takes over 200 ms. */
export function Waiting({ rows = 8, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div className={classes.waiting} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={20} radius="sm" width={index === 0 ? '40%' : '100%'} />
      ))}
    </div>
  );
}

interface FailedProps {
  failure: Failure;
  /** What could not be done, as a heading. */
  what: string;
  /** Whether it stands in place of a whole page. */
  isPage?: boolean;
  onRetry(): void;
}

/** What the page says in place of what could not be read, with a way on. It tries again by itself where waiting helps. */
export function Failed({ failure, what, isPage, onRetry }: FailedProps) {
  const seconds = useRetryIn(failure, onRetry);
  return (
    <Stack className={classes.state} role="alert" gap="xs">
      <Title order={isPage ? 1 : 2}>{what}</Title>
      <Text>{failure.sentence}</Text>
      <div>
        <Button variant="default" onClick={onRetry}>
          Try again{seconds !== undefined && ` (in ${seconds} s)`}
        </Button>
      </div>
    </Stack>
  );
}

interface NothingProps {
  title: string;
  children: ReactNode;
  action?: ReactNode;
  /** Whether it stands in place of a whole page. */
  isPage?: boolean;
}

/** What the page says where there is nothing, and what to do about it. */
export function Nothing({ title, children, action, isPage }: NothingProps) {
  return (
    <Stack className={classes.state} gap="xs">
      <Title order={isPage ? 1 : 2}>{title}</Title>
      <Text c="dimmed" maw={560}>
        {children}
      </Text>
      {action && <div>{action}</div>}
    </Stack>
  );
}

/** Says that what is shown is older than it seems, because reading it anew failed. */
export function Stale({ failure, onRetry }: { failure: Failure; onRetry(): void }) {
  const seconds = useRetryIn(failure, onRetry);
  return (
    <div className={classes.stale} role="alert">
      <Text size="sm">{failure.sentence} What is shown was read before.</Text>
      <Button variant="default" size="compact-sm" onClick={onRetry}>
        Try again{seconds !== undefined && ` (in ${seconds} s)`}
      </Button>
    </div>
  );
}

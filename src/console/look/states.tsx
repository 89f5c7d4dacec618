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

/** What the page says in place of what could not be read, with a way on. It tries again by itself when the server named a time. */
export function Failed({ failure, what, onRetry }: { failure: Failure; what: string; onRetry(): void }) {
  const seconds = useRetryIn(failure, onRetry);
  return (
    <Stack className={classes.state} role="alert" gap="xs">
      <Title order={2}>{what}</Title>
      <Text>{failure.sentence}</Text>
      <div>
        <Button variant="default" onClick={onRetry}>
          Try again{seconds !== undefined && ` (in ${seconds} s)`}
        </Button>
      </div>
    </Stack>
  );
}

/** What the page says where there is nothing, and what to do about it. */
export function Nothing({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <Stack className={classes.state} gap="xs">
      <Title order={2}>{title}</Title>
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

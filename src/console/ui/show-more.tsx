import { Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useAction } from '../api/action';
import { BusyButton } from './busy-button';
import { Trouble } from './trouble';

/** What stands below a list that grows: how much of it is shown, and a way to more. */
export function ShowMore({ children, hasMore, more }: { children: ReactNode; hasMore: boolean; more(): Promise<unknown> }) {
  const read = useAction(async () => void (await more()));
  return (
    <>
      <Group justify="space-between" mt="sm">
        <Text size="sm" c="dimmed">
          {children}
        </Text>
        {hasMore && (
          <BusyButton variant="default" size="xs" isBusy={read.isBusy} onClick={() => read.run()}>
            Show more
          </BusyButton>
        )}
      </Group>
      <Trouble failure={read.failure} ifUnknown="Try again." />
    </>
  );
}

import { Button, Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Action } from '../api/action';
import { BusyButton } from './busy-button';
import { Dialog, useHold } from './dialog';
import { Trouble } from './trouble';

interface ConfirmProps {
  title: string;
  /** What the button says and does. */
  label: string;
  action: Action<[]>;
  /** Whether it cannot be undone. */
  isDanger?: boolean;
  canConfirm?: boolean;
  /** What to do when the answer was lost. */
  ifUnknown?: string;
  onClose(): void;
  children: ReactNode;
}

/** Says what will happen, and asks whether it shall. */
export function Confirm({ title, label, action, isDanger = false, canConfirm = true, ifUnknown, onClose, children }: ConfirmProps) {
  return (
    <Dialog onClose={onClose} title={title} size={520}>
      <Hold isBusy={action.isBusy} />
      <Stack gap="md">
        {children}
        <Trouble failure={action.failure} {...(ifUnknown && { ifUnknown })} />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" disabled={action.isBusy} onClick={onClose}>
            Cancel
          </Button>
          <BusyButton {...(isDanger && { color: 'danger' })} disabled={!canConfirm} isBusy={action.isBusy} onClick={() => action.run()}>
            {label}
          </BusyButton>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Hold({ isBusy }: { isBusy: boolean }) {
  useHold(isBusy);
  return null;
}

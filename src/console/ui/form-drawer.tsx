import { Button, Drawer, Group, Stack, Text } from '@mantine/core';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { BusyButton } from './busy-button';
import { isPageShown, useReturnOfFocus } from './dialog';
import classes from './form-drawer.module.css';

/** A form beside the page. */
export interface FormDrawerProps {
  title: ReactNode;
  isDirty: boolean;
  isBusy: boolean;
  /** What the button says that saves it. */
  label?: string;
  /** Whether it can be saved at all, as it stands. */
  canSave?: boolean;
  onSave(): void;
  onClose(): void;
  children: ReactNode;
}

/** A drawer with a form. Escape and a click beside it close it when nothing in it is unsaved, and ask otherwise. */
export function FormDrawer({ title, label = 'Save', isDirty, isBusy, canSave = true, onSave, onClose, children }: FormDrawerProps) {
  const [isAsking, setAsking] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const hasTried = useRef(false);
  useLeaveWarning(isDirty);
  useReturnOfFocus();
  const keep = () => {
    setAsking(false);
    form.current?.querySelector('input')?.focus();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    hasTried.current = true;
    onSave();
  };
  // After each drawing: what the fields or the server have found wrong is there by then. Whoever has begun to mend it is left alone.
  useEffect(() => {
    const first = form.current?.querySelector<HTMLElement>('[aria-invalid=true]');
    if (!hasTried.current || isBusy || !first) return;
    hasTried.current = false;
    first.focus();
  });
  return (
    <Drawer
      opened
      position="right"
      size={480}
      title={title}
      onClose={() => {
        if (isBusy || !isPageShown()) return;
        if (isDirty) setAsking(true);
        else onClose();
      }}
      classNames={{ body: classes.body, content: classes.content, header: classes.head }}
    >
      <form ref={form} onSubmit={submit} onInput={() => (hasTried.current = false)} noValidate className={classes.form} aria-busy={isBusy}>
        <Stack gap="md" className={classes.fields}>
          {children}
        </Stack>
        <div className={classes.foot}>
          {isAsking ? <Discard onKeep={keep} onDiscard={onClose} /> : <Buttons {...{ label, isBusy, canSave, onClose }} />}
        </div>
      </form>
    </Drawer>
  );
}

function Buttons({ label, isBusy, canSave, onClose }: Pick<FormDrawerProps, 'label' | 'isBusy' | 'canSave' | 'onClose'>) {
  return (
    <Group justify="flex-end" gap={8}>
      <Button variant="default" disabled={isBusy} onClick={onClose}>
        Cancel
      </Button>
      <BusyButton type="submit" isBusy={isBusy} disabled={!canSave}>
        {label}
      </BusyButton>
    </Group>
  );
}

function Discard({ onKeep, onDiscard }: { onKeep(): void; onDiscard(): void }) {
  return (
    <Group justify="space-between" gap={8} role="alertdialog" aria-label="Discard what you typed?">
      <Text size="sm" fw={500}>
        Discard what you typed?
      </Text>
      <Group gap={8}>
        <Button variant="default" onClick={onKeep} autoFocus>
          Keep editing
        </Button>
        <Button color="danger" onClick={onDiscard}>
          Discard
        </Button>
      </Group>
    </Group>
  );
}

/** Lets the browser ask before the page goes away with something unsaved. */
export function useLeaveWarning(isNeeded: boolean): void {
  useEffect(() => {
    if (!isNeeded) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isNeeded]);
}

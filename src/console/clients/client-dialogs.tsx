import { Modal } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useMemo, useRef, useState } from 'react';
import { Boundary } from '../look/boundary';
// Here from the start: a secret that was made has to be shown, whatever can still be loaded by then.
import { SecretDialog } from '../secrets/secret-dialog';
import type { MadeSecret } from '../secrets/vault';
import { type ClientDialogsActions, ClientDialogsProvider } from './dialogs-context';

const DeleteDialog = lazy(() => import('./delete-dialog').then((module) => ({ default: module.DeleteDialog })));
const EditDrawer = lazy(() => import('./edit-drawer').then((module) => ({ default: module.EditDrawer })));
const NewDrawer = lazy(() => import('./new-drawer').then((module) => ({ default: module.NewDrawer })));
const RotateDialog = lazy(() => import('../secrets/rotate-dialog').then((module) => ({ default: module.RotateDialog })));

type Open = { kind: 'new' } | { kind: 'edit' | 'delete' | 'rotate'; clientId: string } | { kind: 'secret'; made: MadeSecret };

/** Gives what is below it the dialogs about clients, one at a time. Afterwards the focus is where it was before. */
export function ClientDialogs({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<Open>();
  const opener = useRef<Element>(null);
  const { actions, close } = useMemo(() => {
    const begin = (next: Open) => {
      setOpen((before) => {
        if (!before) opener.current = document.activeElement;
        // Nothing takes the place of what is open, least of all of a secret; only a secret follows on what made it.
        return before && next.kind !== 'secret' ? before : next;
      });
    };
    return { actions: createActions(begin), close: () => setOpen(undefined) };
  }, []);
  const end = () => {
    close();
    // The dialog takes the focus with it; what opened it may be gone as well.
    setTimeout(() => opener.current instanceof HTMLElement && opener.current.isConnected && opener.current.focus());
  };
  return (
    <ClientDialogsProvider value={actions}>
      {children}
      <Boundary key={open?.kind} frame={(broken) => framed(broken, end)}>
        <Suspense>{open && <OpenDialog open={open} onClose={end} />}</Suspense>
      </Boundary>
    </ClientDialogsProvider>
  );
}

function framed(broken: ReactNode, onClose: () => void): ReactNode {
  return (
    <Modal opened onClose={onClose}>
      {broken}
    </Modal>
  );
}

function OpenDialog({ open, onClose }: { open: Open; onClose(): void }) {
  switch (open.kind) {
    case 'new':
      return <NewDrawer onClose={onClose} />;
    case 'edit':
      return <EditDrawer clientId={open.clientId} onClose={onClose} />;
    case 'delete':
      return <DeleteDialog clientId={open.clientId} onClose={onClose} />;
    case 'rotate':
      return <RotateDialog clientId={open.clientId} onClose={onClose} />;
    case 'secret':
      return <SecretDialog made={open.made} onClose={onClose} />;
  }
}

function createActions(begin: (open: Open) => void): ClientDialogsActions {
  return {
    openNew: () => begin({ kind: 'new' }),
    openEdit: (clientId) => begin({ kind: 'edit', clientId }),
    openDelete: (clientId) => begin({ kind: 'delete', clientId }),
    openRotate: (clientId) => begin({ kind: 'rotate', clientId }),
    show: (made) => begin({ kind: 'secret', made }),
  };
}

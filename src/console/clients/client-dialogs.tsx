import { createContext, lazy, type ReactNode, Suspense, useContext, useMemo, useRef, useState } from 'react';
import type { MadeSecret } from '../secrets/vault';

const DeleteDialog = lazy(() => import('./delete-dialog').then((module) => ({ default: module.DeleteDialog })));
const EditDrawer = lazy(() => import('./edit-drawer').then((module) => ({ default: module.EditDrawer })));
const NewDrawer = lazy(() => import('./new-drawer').then((module) => ({ default: module.NewDrawer })));
const RotateDialog = lazy(() => import('../secrets/rotate-dialog').then((module) => ({ default: module.RotateDialog })));
const SecretDialog = lazy(() => import('../secrets/secret-dialog').then((module) => ({ default: module.SecretDialog })));

/** What can be done with clients, from wherever they are shown. */
export interface ClientDialogsActions {
  openNew(): void;
  openEdit(clientId: string): void;
  openDelete(clientId: string): void;
  openRotate(clientId: string): void;
  /** Shows a secret for the only time. */
  show(made: MadeSecret): void;
}

type Open = { kind: 'new' } | { kind: 'edit' | 'delete' | 'rotate'; clientId: string } | { kind: 'secret'; made: MadeSecret };

const DialogsContext = createContext<ClientDialogsActions | undefined>(undefined);

/** What can be done with clients. */
export function useClientDialogs(): ClientDialogsActions {
  const actions = useContext(DialogsContext);
  if (!actions) throw new Error('There are no dialogs here.');
  return actions;
}

/** Gives what is below it the dialogs about clients, one at a time. Afterwards the focus is where it was before. */
export function ClientDialogs({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<Open>();
  const opener = useRef<Element>(null);
  const { actions, close } = useMemo(() => {
    const begin = (next: Open) => {
      setOpen((before) => {
        if (!before) opener.current = document.activeElement;
        return next;
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
    <DialogsContext.Provider value={actions}>
      {children}
      <Suspense>{open && <OpenDialog open={open} onClose={end} />}</Suspense>
    </DialogsContext.Provider>
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

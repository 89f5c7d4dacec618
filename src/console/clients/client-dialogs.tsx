import { useWindowEvent } from '@mantine/hooks';
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Boundary } from '../ui/boundary';
import { Dialog, focusOr, isDialogOpen } from '../ui/dialog';
import { Waiting } from '../ui/states';
import { type ClientDialogsActions, ClientDialogsProvider } from './dialogs-context';
import type { MadeWorkload } from './proof/start-dialog';
// Here from the start: a secret that was made has to be shown, whatever can still be loaded by then.
import { SecretDialog } from './secrets/secret-dialog';
import type { MadeSecret } from './secrets/vault';

const DeleteDialog = lazy(() => import('./delete-dialog').then((module) => ({ default: module.DeleteDialog })));
const EditDrawer = lazy(() => import('./edit-drawer').then((module) => ({ default: module.EditDrawer })));
const NewDrawer = lazy(() => import('./new-drawer').then((module) => ({ default: module.NewDrawer })));
const StartDialog = lazy(() => import('./proof/start-dialog').then((module) => ({ default: module.StartDialog })));
const RotateDialog = lazy(() => import('./secrets/rotate-dialog').then((module) => ({ default: module.RotateDialog })));

/** A wait that is longer is seen. */
const SEEN_WAIT_MS = 200;

type Wanted =
  | { kind: 'new' }
  | { kind: 'edit' | 'delete' | 'rotate'; clientId: string }
  | { kind: 'start'; made: MadeWorkload }
  | { kind: 'secret'; made: MadeSecret };
type Open = Wanted & { id: number };

/** What is open, and the secrets that wait until it is closed. */
interface State {
  open: Open | undefined;
  waiting: readonly Open[];
}

/** Gives what is below it the dialogs about clients, one at a time. Afterwards the focus is where it was before. */
export function ClientDialogs({ children }: { children: ReactNode }) {
  const [{ open }, setState] = useState<State>({ open: undefined, waiting: [] });
  const opener = useRef<Element>(null);
  const ids = useRef(0);
  const actions = useMemo(() => {
    return createActions((wanted) => {
      ids.current += 1;
      const next = { ...wanted, id: ids.current };
      if (!isDialogOpen()) opener.current = document.activeElement;
      setState((before) => opened(before, next));
    });
  }, []);
  const close = (id: number) => {
    setState((before) => closed(before, id));
    // The dialog takes the focus with it, after this.
    setTimeout(() => !isDialogOpen() && focusOr(opener.current));
  };
  const end = () => open && close(open.id);
  const [path] = useLocation();
  // A dialog ends with the page that it was opened on; a secret that was made is shown wherever one is.
  useEffect(() => setState(({ open, waiting }) => ({ open: open?.kind === 'secret' ? open : undefined, waiting })), [path]);
  return (
    <ClientDialogsProvider value={actions}>
      {children}
      <Boundary key={open?.id} frame={(broken) => <Dialog onClose={end}>{broken}</Dialog>}>
        <Suspense fallback={<Coming onClose={end} />}>{open && <OpenDialog open={open} onClose={end} />}</Suspense>
      </Boundary>
    </ClientDialogsProvider>
  );
}

/** Nothing takes the place of what is open, but a secret that of what made it. A second secret waits for its turn. */
function opened({ open, waiting }: State, next: Open): State {
  if (open?.kind === 'secret' && next.kind === 'secret') return { open, waiting: [...waiting, next] };
  return { open: open && next.kind !== 'secret' ? open : next, waiting };
}

/** A dialog closes itself alone, however late it is. */
function closed(before: State, id: number): State {
  const [open, ...waiting] = before.waiting;
  return before.open?.id === id ? { open, waiting } : before;
}

/** A dialog whose code is on its way. It can be given up already, and does not come then. */
function Coming({ onClose }: { onClose(): void }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SEEN_WAIT_MS);
    return () => clearTimeout(timer);
  }, []);
  useWindowEvent('keydown', (event) => event.key === 'Escape' && onClose());
  return (
    isLate && (
      <Dialog onClose={onClose}>
        <Waiting rows={4} />
      </Dialog>
    )
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
    case 'start':
      return <StartDialog made={open.made} onClose={onClose} />;
    case 'secret':
      return <SecretDialog made={open.made} onClose={onClose} />;
  }
}

function createActions(begin: (wanted: Wanted) => void): ClientDialogsActions {
  return {
    openNew: () => begin({ kind: 'new' }),
    openEdit: (clientId) => begin({ kind: 'edit', clientId }),
    openDelete: (clientId) => begin({ kind: 'delete', clientId }),
    openRotate: (clientId) => begin({ kind: 'rotate', clientId }),
    openStart: (made) => begin({ kind: 'start', made }),
    show: (made) => begin({ kind: 'secret', made }),
  };
}

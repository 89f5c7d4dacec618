import { createContext, useContext } from 'react';
import type { MadeWorkload } from './proof/start-dialog';
import type { MadeSecret } from './secrets/vault';

/** What can be done with clients, from wherever they are shown. */
export interface ClientDialogsActions {
  openNew(): void;
  openEdit(clientId: string): void;
  openDelete(clientId: string): void;
  openRotate(clientId: string): void;
  /** Shows how a client without a secret gets a token. */
  openStart(made: MadeWorkload): void;
  /** Shows a secret for the only time. */
  show(made: MadeSecret): void;
}

const DialogsContext = createContext<ClientDialogsActions | undefined>(undefined);

/** Gives what is below it what can be done with clients. */
export const ClientDialogsProvider = DialogsContext.Provider;

/** What can be done with clients. */
export function useClientDialogs(): ClientDialogsActions {
  const actions = useContext(DialogsContext);
  if (!actions) throw new Error('There are no dialogs here.');
  return actions;
}

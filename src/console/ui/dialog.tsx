import { Modal, type ModalProps } from '@mantine/core';
import { createContext, type RefObject, useContext, useEffect, useRef } from 'react';
import { LAYERS_ID } from './theme';

interface DialogProps extends Pick<ModalProps, 'title' | 'size' | 'children'> {
  onClose(): void;
}

/** A dialog that is there for as long as it is drawn. Afterwards the focus is where it was before. */
export function Dialog({ onClose, children, ...props }: DialogProps) {
  const isHeld = useRef(false);
  useReturnOfFocus();
  return (
    <Modal opened onClose={() => !isHeld.current && isPageShown() && onClose()} {...props}>
      <HeldContext.Provider value={isHeld}>{children}</HeldContext.Provider>
    </Modal>
  );
}

const HeldContext = createContext<RefObject<boolean> | undefined>(undefined);

/** Keeps the dialog around it open while an answer is awaited: nobody would be told of it otherwise. */
export function useHold(isBusy: boolean): void {
  const isHeld = useContext(HeldContext);
  useEffect(() => {
    if (isHeld) isHeld.current = isBusy;
  }, [isHeld, isBusy]);
}

/** Gives the focus back to what had it before, unless another dialog has taken it. */
export function useReturnOfFocus(): void {
  const before = useRef(document.activeElement);
  useEffect(() => {
    const { current } = before;
    // What closes takes the focus with it, after this.
    return () => void setTimeout(() => !isDialogOpen() && focusOr(current));
  }, []);
}

/** Focuses an element, or the content of the page when that is gone. */
export function focusOr(element: Element | null): void {
  const target = element instanceof HTMLElement && element.isConnected ? element : document.getElementById('content');
  target?.focus({ preventScroll: true });
}

/** Whether a dialog is open, seen or not. */
export function isDialogOpen(): boolean {
  return document.querySelector('[aria-modal=true]') !== null;
}

/** Whether the page is shown: not while it waits for somebody whose session ended. Then keys are meant for the sign-in page. */
export function isPageShown(): boolean {
  return !document.getElementById(LAYERS_ID)?.closest('[hidden]');
}

import { useEffect, useRef } from 'react';
import { isDialogOpen, isPageShown } from './dialog';

/**
 * Does something when a key is pressed, whatever it takes to type it on this keyboard, and neither while somebody types
 * nor while a dialog is open.
 */
export function useShortcut(key: string, action: (() => void) | undefined): void {
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => {
    const act = (event: KeyboardEvent) => {
      if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey || !latest.current) return;
      if (isTyping(event.target) || isDialogOpen() || !isPageShown()) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener('keydown', act);
    return () => window.removeEventListener('keydown', act);
  }, [key]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

import { type RefObject, useEffect, useRef } from 'react';

/** An element that takes the focus when it appears, unless somebody is busy elsewhere on the page. */
export function useFocusAtStart<T extends HTMLElement>(): RefObject<T | null> {
  const element = useRef<T>(null);
  useEffect(() => {
    if (document.activeElement === document.body) element.current?.focus();
  }, []);
  return element;
}

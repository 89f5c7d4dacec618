import { useEffect } from 'react';

/**
 * GraphiQL calls each of its tabs one that holds buttons, which no tab may: to a screen reader they would be one thing
 * without a way to close it. They are what they look like, a list of buttons, one of which is the current one.
 */
export function useHonestTabs(): void {
  useEffect(() => {
    const observer = new MutationObserver(mend);
    observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ['aria-selected'] });
    mend();
    return () => observer.disconnect();
  }, []);
}

function mend(): void {
  for (const list of document.querySelectorAll('.graphiql-tabs[role=tablist]')) list.removeAttribute('role');
  for (const tab of document.querySelectorAll('.graphiql-tab:is([role], [aria-selected], [aria-controls])')) {
    for (const name of ['role', 'aria-selected', 'aria-controls']) tab.removeAttribute(name);
  }
  for (const button of document.querySelectorAll('.graphiql-tab-button')) {
    if (button.closest('.graphiql-tab-active')) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  }
}

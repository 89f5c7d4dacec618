const KEY = 'latchkey-place';

/** Remembers the page at hand over a visit to the identity provider. */
export function rememberPlace(): void {
  sessionStorage.setItem(KEY, location.pathname + location.search);
}

/** Goes back to the page that was remembered, once, when the browser comes in through the front door. */
export function returnToPlace(): void {
  const place = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (place?.startsWith('/') && !place.startsWith('//') && location.pathname === '/') history.replaceState(null, '', place);
}

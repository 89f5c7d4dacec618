/**
 * Why a text is not an origin as browsers send it; undefined when it is one.
 * @see https://www.rfc-editor.org/rfc/rfc6454#section-6.2
 */
export function originFault(text: string): string | undefined {
  if (text.includes('*')) return 'has a wildcard: name each origin';
  if (text === 'null') return 'is null, which pages of nowhere in particular send: name the origin';
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || !/^https?:\/\//i.test(text)) return 'is no scheme http or https with a host';
  return url.origin === text ? undefined : unlikeness(text, url);
}

/** What makes a text unlike the origin of the URL that it is. */
function unlikeness(text: string, url: URL): string {
  if (url.username || url.password) return 'has a user';
  if (text === `${url.origin}/`) return 'has a trailing slash';
  if (url.pathname !== '/' || /[?#]/.test(text)) return 'has more than a scheme, a host and a port';
  if (text.toLowerCase() === url.origin) return 'has upper-case letters, which browsers send in lower case';
  if (url.port === '' && /:\d*\/?$/.test(text)) return 'names the usual port, which browsers leave away';
  return 'is not written as browsers send it';
}

/** What a ready-made request is filled in with. */
export interface Credentials {
  /** The URL by which tokens name the server. */
  issuer: string;
  tokenUrl: string;
  clientId: string;
  /** In the clear: it goes into the texts, and is kept nowhere. */
  secret: string;
  /** The API that the token is for; when absent, the first of the client's. */
  audience?: string | undefined;
  /** What to ask for, of what the client may have at this audience; with none, all of it. */
  scopes: readonly string[];
}

/**
 * What a token request has in its form.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2
 * @see https://www.rfc-editor.org/rfc/rfc8707#section-2
 */
export function formOf({ audience, scopes }: Credentials): [name: string, value: string][] {
  const form: [string, string][] = [['grant_type', 'client_credentials']];
  if (audience !== undefined) form.push(['resource', audience]);
  if (scopes.length > 0) form.push(['scope', scopes.join(' ')]);
  return form;
}

/**
 * One half of a Basic header, encoded as it has to be before the halves are joined. Nothing is left of it that a
 * shell or a configuration file would take for its own: only `A-Z a-z 0-9 - . _ ~ %`. Secrets that the server
 * made stay as they are.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export function encodeForBasic(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
